"""Divergence: where the first NaN or infinity stands, its likely cause, and the last weights that were finite."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from nnlab.core.arrays import Array, arrays_under, copy_arrays
from nnlab.core.rows import Row
from nnlab.core.state import KeptWeights
from nnlab.models.network import Network
from nnlab.optim.base import Squares
from nnlab.regularizers import RegularizerTerm

# Inputs beyond this are far from the scale that weight initialisers assume.
LARGE_INPUT = 1e3


@dataclass(frozen=True)
class Origin:
    """The first tensor that holds NaN or infinity: ``phrase`` with its name, such as linear1.W, in place of {}."""

    phrase: str
    layer: str = ""
    tensor: str = ""

    def __str__(self) -> str:
        return self.phrase.format(".".join(filter(None, (self.layer, self.tensor))))


class NonFinite(Exception):
    """``quantity`` became NaN or infinite at ``step``; ``x`` are the samples that it was computed from."""

    def __init__(
        self, quantity: str, value: float, step: int, origin: Origin | None, x: Array, inputs: str = "the inputs"
    ) -> None:
        super().__init__(quantity, value, step, origin)
        self.quantity, self.value, self.step, self.origin = quantity, value, step, origin
        self._largest, self._inputs = float(np.abs(x).max(initial=0.0)), inputs

    def message(self, lr: float) -> str:
        """What happened, where it was seen first, and what most likely helps."""
        if not isfinite(self._largest) or self._largest > LARGE_INPUT:
            cause = f"{self._inputs} reach {self._largest:.3g}: scale them to about 1"
        elif self.step <= 1:
            cause = "starting weights that are too large: try a smaller model.init, and check the scale of the inputs"
        else:
            cause = (
                f"a learning rate that is too large (here {lr:g}): try a tenth of it, or check the scale of the inputs "
                "and initial weights"
            )
        first = f", first in {self.origin}" if self.origin else ""
        return f"{self.quantity} became {self.value} at step {self.step}{first}; the usual cause is {cause}"


def check_objective(objective: float, network: Network, regularizers: Sequence[RegularizerTerm], x: Array) -> None:
    """Raise NonFinite where the objective of the batch x is not finite."""
    if not isfinite(objective):
        origin = nonfinite_output(network, x) or nonfinite_penalty(network, regularizers) or Origin("the loss itself")
        raise NonFinite("the objective", objective, network.streams.step, origin, x)


def check_update(squares: Squares, network: Network, x: Array) -> None:
    """Raise NonFinite where the gradient of the batch x is not finite, or a weight after the update that it led to."""
    if isfinite(squares.gradient) and isfinite(squares.values):
        return
    if not all_finite(network.flat.trained_gradients, squares.gradient):
        value, origin = nonfinite_gradient(network)
        raise NonFinite("the gradient", value, network.streams.step, origin, x)
    if not all_finite(network.flat.trained_values, squares.values):
        value, origin = nonfinite_weight(network)
        raise NonFinite("a weight", value, network.streams.step, origin, x)


def check_evaluation(row: Row, network: Network, inputs: Callable[[str], Iterable[Array]]) -> None:
    """Raise NonFinite where a number of the row is not finite; ``inputs`` gives the samples that a column is about."""
    for column, value in row.items():
        if value is None or isfinite(value):
            continue
        origin, x = None, np.empty(0)
        for x in inputs(column):
            origin = nonfinite_output(network, x, training=False)
            if origin:
                break
        split = "" if column.startswith(("train", "objective")) else f"{column.partition('_')[0]} "
        step = int(row["step"] or 0)
        raise NonFinite(f"the {column.replace('_', ' ')}", value, step, origin, x, f"the {split}inputs")


def all_finite(vector: Array, square: float) -> bool:
    """Whether a flat vector has no NaN or infinity, by its sum of squares: a second look only where that overflows."""
    return isfinite(square) or bool(np.isfinite(vector).all())


def nonfinite_output(network: Network, x: Array, *, training: bool = True) -> Origin | None:
    """The first layer whose outputs for a batch are not finite; None where all are.

    In training this may change buffers of the network, such as running means.
    """
    if not np.isfinite(x).all():
        return Origin("the inputs")
    for layer in network.order:
        x = layer.forward(x, training=training)
        if not np.isfinite(x).all():
            return Origin("the outputs of {}", network.name_of(layer))
    return None


def nonfinite_penalty(network: Network, regularizers: Sequence[RegularizerTerm]) -> Origin | None:
    """The largest of the weights whose penalty is not finite; None where all are."""
    for regularizer in regularizers:
        if not isfinite(regularizer.value()):
            named = [entry for entry in network.named_parameters() if np.shares_memory(entry[1].value, regularizer.W)]
            name, _ = max(named, key=lambda entry: float(np.abs(entry[1].value).max()))
            return _origin("the penalty on {}", name)
    return None


def nonfinite_gradient(network: Network) -> tuple[float, Origin]:
    """The value and the tensor of the non-finite gradient that is nearest to the loss."""
    trained = [(name, parameter) for name, parameter in network.named_parameters() if not parameter.frozen]
    *_, (value, name) = _nonfinite((name, parameter.grad) for name, parameter in trained)
    return value, _origin("the gradient of {}", name)


def nonfinite_weight(network: Network) -> tuple[float, Origin]:
    """The value and the tensor of the first parameter that is not finite."""
    value, name = next(_nonfinite((name, parameter.value) for name, parameter in network.named_parameters()))
    return value, _origin("{}", name)


def _nonfinite(named: Iterable[tuple[str, Array]]) -> Iterator[tuple[float, str]]:
    for name, array in named:
        wrong = array[~np.isfinite(array)]
        if wrong.size:
            yield float(wrong[0]), name


def _origin(phrase: str, parameter: str) -> Origin:
    layer, _, tensor = parameter.partition(".")
    return Origin(phrase, layer, tensor)


class LastFinite(KeptWeights):
    """The weights at the last evaluation, of which every number was finite.

    Weights drawn from the seed are drawn again in place of a copy, and those that no update follows are the network's
    own: a training with evaluations at both ends alone copies none.
    """

    _network: Network

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self._initial_buffers: dict[str, Array] | None = None  # beside weights that can be drawn again

    def keep(self, step: int, *, unchanged: bool = False) -> None:
        """Keep the current weights in place of the last; ``unchanged``: the network's stay the same from now on."""
        self._initial_buffers = None
        if step == 0 and not unchanged and self._network.flat.redrawable:
            self._initial_buffers = {name: array.copy() for name, array in self._buffers().items()}
        if unchanged or self._initial_buffers is not None:
            self.step, self.arrays = step, {}
        else:
            super().keep(step)

    def restore(self) -> int | None:
        """Restore the weights and return their step; None where nothing was kept."""
        if self._initial_buffers is not None:
            self._network.draw_initial_values()
            copy_arrays(self._initial_buffers, self._buffers(), "buffers")
        elif self.arrays:
            super().restore()
        return self.step

    def _copy_drawn_weights(self) -> None:
        """Draw the weights of the seed, and keep them as a copy; the network has its own again afterwards."""
        now = self._network.state()
        other = {name: array.copy() for name, array in now.items()}
        self.restore()
        for name, array in now.items():
            drawn = array.copy()
            array[...] = other[name]
            other[name][...] = drawn
        self.arrays, self._initial_buffers = other, None

    def _buffers(self) -> dict[str, Array]:
        parameters = {name for name, _ in self._network.named_parameters()}
        return {name: array for name, array in self._network.state().items() if name not in parameters}

    def state(self) -> dict[str, Array]:
        """The step, and as ``weights.linear1.W`` the weights where those of the network are different by now."""
        if self.step is None:
            return {}
        if self._initial_buffers is not None:
            self._copy_drawn_weights()
        now = self._network.state()
        same = all(np.array_equal(array, now[name]) for name, array in self.arrays.items())
        weights = {} if same else {f"weights.{name}": array for name, array in self.arrays.items()}
        return {"step": np.array(self.step), **weights}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Resume from a saved state after the network has; raises ShapeError where that does not fit."""
        step = np.array(0)
        copy_arrays({key: state[key] for key in state if not key.startswith("weights.")}, {"step": step}, "last step")
        weights = arrays_under("weights", state) or self._network.state()
        self.load(step.item(), weights, "saved last good weights")
        self._initial_buffers = None
