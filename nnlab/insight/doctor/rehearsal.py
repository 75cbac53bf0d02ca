"""Some updates of a run made again, by the training loop itself: how large they are, and what another η would do."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from nnlab.config.experiment import Experiment
from nnlab.core.arrays import Array
from nnlab.core.rows import MAX_STEPS, Row
from nnlab.core.threads import Workers
from nnlab.data.dataset_cache import DatasetCache
from nnlab.engine.evaluation import Evaluation
from nnlab.engine.last_update import LastUpdate
from nnlab.engine.loop import train
from nnlab.engine.run_setup import RunSetup
from nnlab.insight.doctor.measurement import probe_samples
from nnlab.layers.planning import multiply_adds
from nnlab.optim.schedules import Constant

MOST_STEPS = 50
FEWEST_STEPS = 3
# Multiply-adds at most, unless the fewest steps take more.
MOST_WORK = 3e9


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """The objective before each update, and by layer ‖Δθ‖/‖θ‖ of each (NaN where θ was zero).

    ``start`` and ``end`` are the objective on the samples of :func:`probe_samples` before and after. ``diverged``: a
    number became NaN or infinite.
    """

    objectives: Array
    ratios: Mapping[str, Array]
    start: float
    end: float
    diverged: bool


class _Watcher:
    """Keeps objectives, update ratios and losses."""

    def __init__(self, setup: RunSetup, steps: int) -> None:
        self._last_update = LastUpdate(setup.network)
        self._steps = steps
        self.objectives: list[float] = []
        self.ratios: list[Mapping[str, tuple[float, float | None]]] = []
        self.losses: list[float] = []

    def on_step(self, step: int, objective: float) -> None:
        self._last_update.on_step()
        self.objectives.append(objective)
        self.ratios.append(self._last_update.norms())

    def on_evaluation(self, row: Row) -> None:
        self.losses.append(_number(row["objective"]))

    def enough(self) -> bool:
        """Whether all updates are made."""
        return len(self.objectives) >= self._steps


def rehearse(
    experiment: Experiment,
    cache: DatasetCache,
    *,
    most: int = MOST_STEPS,
    work: float = MOST_WORK,
) -> Rehearsal:
    """Train from the initial weights for ``most`` steps, or as many as ``work`` multiply-adds allow, but at least 3."""
    settings = replace(experiment.train, early_stopping=None, diagnostics=False, ema=None, eval_every=MAX_STEPS)
    if settings.schedule.plateau is not None:
        settings = replace(settings, schedule=Constant())
    compute = replace(experiment.compute, shards=1)
    changed = replace(experiment, train=settings, compute=compute, metrics=[])
    setup = RunSetup(changed, read=cache.read).allocate()
    each = 3 * setup.batches.batch_size * sum(map(multiply_adds, setup.network.layers))
    watcher = _Watcher(setup, int(np.clip(work / max(each, 1), FEWEST_STEPS, most)))
    setup.evaluation = _evaluation_of_a_few(setup)
    outcome = train(setup, [watcher], watcher.enough)
    layers = watcher.ratios[0] if watcher.ratios else {}
    ratios = {name: np.array([_number(row[name][1]) for row in watcher.ratios]) for name in layers}
    losses = watcher.losses or [float("nan")]
    diverged = outcome.status == "diverged"
    return Rehearsal(np.array(watcher.objectives), ratios, losses[0], losses[-1], diverged)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _evaluation_of_a_few(setup: RunSetup) -> Evaluation:
    return Evaluation(
        network=setup.network,
        loss=setup.experiment.loss.for_classes(setup.dataset.class_counts),
        regularizers=setup.regularizers,
        dataset=replace(setup.dataset, train=probe_samples(setup), test=None, validation=None),
        eval_train="all",
        chunk=setup.evaluation.chunk,
        workers=Workers(1),
    )
