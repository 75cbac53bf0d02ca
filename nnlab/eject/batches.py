"""The batches of a script: how they are drawn, and how their images are augmented."""

from collections import Counter
from collections.abc import Iterator, Sequence
from inspect import isfunction

from nnlab.data.pipeline.augmentation import IMAGES_AT_ONCE, Augmentation
from nnlab.eject.expressions import Call, Expression
from nnlab.eject.parts import augmentation as parts_augmentation
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import UsageError
from nnlab.registry import hyperparameters, registered_name


def steps_per_epoch(*, drops_last: bool, accumulates: bool) -> str:
    """The number of updates in an epoch, as an expression."""
    size = "(ACCUMULATE * BATCH_SIZE)" if accumulates else "BATCH_SIZE"
    return f"len(x_train) // {size}" if drops_last else f"ceil(len(x_train) / {size})"


def batches(setup: RunSetup, *, legacy: bool) -> Call:
    """The call that gives the indices of one batch after the other."""
    train = setup.experiment.train
    kind = "drawn" if train.sampling == "replacement" else "full_shuffled" if train.drop_last else "shuffled"
    size = "ACCUMULATE * BATCH_SIZE" if train.accumulate > 1 else "BATCH_SIZE"
    arguments: list[Expression] = ["len(x_train)", size]
    return Call(f"legacy_{kind}_batches", [*arguments, "rng"]) if legacy else Call(f"{kind}_batches", arguments)


def augmentation_lines(chosen: Sequence[Augmentation], batch_size: int, *, legacy: bool) -> Iterator[str]:
    """The lines that change a batch x, one augmentation after the other, each with its own stream."""
    before: Counter[str] = Counter()
    for index, augmentation in enumerate(chosen):
        name = registered_name(augmentation)
        if not isfunction(getattr(parts_augmentation, name, None)):
            raise UsageError(f"data.augment.{index}: {name} is not one of nnlab's own, so no script can have it")
        settings = ", ".join(repr(getattr(augmentation, key.name)) for key in hyperparameters(type(augmentation)))
        rng = "rng" if legacy else f'stream(AUGMENT, crc32(b"{name}"), {before[name]}, step)'
        before[name] += 1
        if batch_size <= IMAGES_AT_ONCE:
            yield f"x = {name}(x, {settings}, {rng})"
            continue
        if not legacy:
            yield f"{name}_rng = {rng}"
            rng = f"{name}_rng"
        parts = f"{name}(x[start : start + {IMAGES_AT_ONCE}], {settings}, {rng})"
        yield f"x = np.concatenate([{parts} for start in range(0, len(x), {IMAGES_AT_ONCE})])"
