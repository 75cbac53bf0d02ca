"""Numbers gone wrong: where the first NaN or infinity stands, why that may be, and the last weights without one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite

import numpy as np

from nnlab.core.arrays import Array, arrays_under, copy_arrays
from nnlab.core.rows import Row
from nnlab.models.network import Network
from nnlab.regularizers import RegularizerTerm

# Features beyond this are far from the scale that starting values are drawn for.
LARGE_INPUT = 1e3


def all_finite(vector: Array) -> bool:
    """Whether a flat vector has neither NaN nor infinity; a sum of squares tells in one pass unless it overflows."""
    return isfinite(np.dot(vector, vector)) or bool(np.isfinite(vector).all())


def first_nonfinite(row: Row) -> tuple[str, float] | None:
    """The first number of an evaluation that is NaN or infinite, and its name."""
    return next(((name, number) for name, number in row.items() if number is not None and not isfinite(number)), None)


class LastFinite:
    """The weights at the last evaluation, of which every number was finite."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._state: Mapping[str, Array] = {}
        self._step: int | None = None

    def keep(self, step: int) -> None:
        """Remember the weights after so many updates."""
        self._step = step
        if not self._state:
            self._state = {name: array.copy() for name, array in self._network.state().items()}
            return
        for name, array in self._network.state().items():
            self._state[name][...] = array

    def restore(self) -> int | None:
        """Put them back and say of which step they are; None where there was no evaluation."""
        if self._step is not None:
            self._network.load_state(self._state)
        return self._step

    def state(self) -> dict[str, Array]:
        """The step, and as ``weights.linear1.W`` the weights where those of the network are others by now."""
        if self._step is None:
            return {}
        now = self._network.state()
        same = all(np.array_equal(array, now[name]) for name, array in self._state.items())
        weights = {} if same else {f"weights.{name}": array for name, array in self._state.items()}
        return {"step": np.array(self._step), **weights}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Go on from a saved state, after the network has; raises ShapeError when it is not one of this network's."""
        step, weights = np.array(0), arrays_under("weights", state)
        copy_arrays({key: state[key] for key in state if not key.startswith("weights.")}, {"step": step}, "last step")
        self.keep(step.item())
        if weights:
            copy_arrays(weights, self._state, "saved last good weights")


def nonfinite_output(network: Network, x: Array, *, training: bool = True) -> str:
    """The first layer whose outputs for a batch are not finite; empty where all are.

    In training buffers of the network, such as running means, may be changed.
    """
    if not np.isfinite(x).all():
        return "the inputs"
    for layer in network.order:
        x = layer.forward(x, training=training)
        if not np.isfinite(x).all():
            return f"the outputs of {network.name_of(layer)}"
    return ""


def nonfinite_penalty(network: Network, penalties: Sequence[RegularizerTerm]) -> str:
    """The largest of the weights whose penalty is not finite; empty where all are."""
    for penalty in penalties:
        if not isfinite(penalty.value()):
            named = [entry for entry in network.named_parameters() if np.shares_memory(entry[1].value, penalty.W)]
            name, _ = max(named, key=lambda entry: float(np.abs(entry[1].value).max()))
            return f"the penalty on {name}"
    return ""


def nonfinite_gradient(network: Network) -> tuple[float, str]:
    """A number that is not finite, of the gradient nearest to the loss that has one, and which that is."""
    trained = [(name, parameter) for name, parameter in network.named_parameters() if not parameter.frozen]
    *_, (number, name) = _wrong_numbers((name, parameter.grad) for name, parameter in trained)
    return number, f"the gradient of {name}"


def nonfinite_weight(network: Network) -> tuple[float, str]:
    """A number that is not finite, of the first tensor that has one, and which that is."""
    return next(_wrong_numbers((name, parameter.value) for name, parameter in network.named_parameters()))


def _wrong_numbers(named: Iterable[tuple[str, Array]]) -> Iterator[tuple[float, str]]:
    for name, array in named:
        wrong = array[~np.isfinite(array)]
        if wrong.size:
            yield float(wrong[0]), name


def evaluation_message(
    network: Network, wrong: tuple[str, float], batches: Iterable[Array], step: int, lr: float
) -> str:
    """Like :func:`message`, for a number measured on these batches, one of which is to blame."""
    (name, number), where, x = wrong, "", np.empty(0)
    for x in batches:
        where = nonfinite_output(network, x, training=False)
        if where:
            break
    part = "" if name.startswith(("train", "objective")) else f"{name.partition('_')[0]} "
    return message(f"the {name.replace('_', ' ')}", number, where, step, lr, x, f"the {part}inputs")


def message(what: str, wrong: float, where: str, step: int, lr: float, x: Array, inputs: str = "the inputs") -> str:
    """What went wrong, where it was seen first, and what most likely helps."""
    reach = float(np.abs(x).max(initial=0.0))
    first = f", first in {where}" if where else ""
    if not isfinite(reach) or reach > LARGE_INPUT:
        cause = f"{inputs} reach {reach:.3g}: scale them to about 1"
    elif step <= 1:
        cause = "starting weights that are too large: try a smaller model.init, and check the scale of the inputs"
    else:
        cause = (
            f"a learning rate that is too large (here {lr:g}): try a tenth of it, or check the scale of the inputs "
            "and initial weights"
        )
    return f"{what} became {wrong} at step {step}{first}; the usual cause is {cause}"
