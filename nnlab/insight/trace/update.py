"""The sections of a step's regularisation, clipping and update."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.flat_parameters import Parameter
from nnlab.eject.parts import clipping
from nnlab.engine.last_update import norm
from nnlab.engine.run_setup import RunSetup
from nnlab.insight.trace.agreement import difference, textbook_update
from nnlab.insight.trace.formulas import Code, body, formulas, method_code, sentence, textbook_code
from nnlab.insight.trace.named_layers import named_layers
from nnlab.insight.trace.parameter_axes import own_name, parameter_axes
from nnlab.insight.trace.recorder import StepRecord
from nnlab.insight.trace.sections import Section
from nnlab.insight.trace.tensors import Tensor
from nnlab.language import in_language
from nnlab.layers.base import Layer
from nnlab.models.textbook_twins import twin_of_optimizer, twin_of_regularizer
from nnlab.optim.base import Optimizer
from nnlab.registry import registered_name
from nnlab.regularizers import RegularizerTerm

MOST_NUMBERS = 2**22
"""The textbook's update of more parameters would take seconds."""

# How the formulas write a state vector.
_SIGNS = {"largest_v": "v̂"}


@dataclass(frozen=True, eq=False)
class OwnParameter:
    """A parameter with the layer that it belongs to, by its whole name."""

    layer_name: str
    layer: Layer
    parameter: Parameter

    @property
    def name(self) -> str:
        """``linear1.W``."""
        return f"{self.layer_name}.{own_name(self.parameter)}"

    def of(self, flat: Array) -> Array:
        """Its part of a flat vector."""
        return flat[self.parameter.slice].reshape(self.parameter.shape)


def own_parameters(setup: RunSetup, wanted: Callable[[str], bool]) -> list[OwnParameter]:
    """The trained parameters of the wanted layers, each once, with the innermost layer that it belongs to."""
    return [
        OwnParameter(name, layer, parameter)
        for name, layer in named_layers(setup.network)
        if wanted(name) and not layer.inner()
        for parameter in layer.parameters
        if not parameter.frozen
    ]


def penalty_sections(record: StepRecord, setup: RunSetup, wanted: Callable[[str], bool]) -> Iterator[Section]:
    """What each regularizer adds to the loss and to the gradients."""
    for term, (value, gradient) in zip(setup.regularizers, record.penalties, strict=True):
        start = _start(term, setup)
        tensors = [
            Tensor(
                f"{own.name} +",
                in_language("added to the gradient", "勾配に加える分"),
                gradient[own.parameter.slice.start - start : own.parameter.slice.stop - start].reshape(
                    own.parameter.shape
                ),
                parameter_axes(own.layer, own.parameter),
            )
            for own in own_parameters(setup, wanted)
            if start <= own.parameter.slice.start and own.parameter.slice.stop <= start + len(gradient)
        ]
        if not tensors or not term.regularizer.strength:
            continue
        name = registered_name(term.regularizer)
        try:
            twin = twin_of_regularizer(term.regularizer)
            code = [*textbook_code(twin, "value"), *textbook_code(twin, "gradient")]
        except KeyError:
            code = method_code(type(term.regularizer), "gradient")
        yield Section(
            "regularisation",
            in_language("Regularisation", "正則化") + f": {name}, λ = {term.regularizer.strength:g}",
            kind=name,
            about=sentence(term.regularizer),
            formulas=formulas(term.regularizer),
            code=code,
            tensors=tensors,
            numbers=[(in_language("added to the loss", "損失に加える分"), value)],
        )


def clipping_section(record: StepRecord, setup: RunSetup) -> Section | None:
    """How the gradient was clipped, where the spec says so."""
    settings = setup.experiment.train
    if (settings.clip_norm is None and settings.clip_value is None) or record.clipped_gradients is None:
        return None
    assert record.penalised_gradients is not None
    before, after = (
        norm([flat[: setup.network.flat.trained]]) for flat in (record.penalised_gradients, record.clipped_gradients)
    )
    chosen = [
        (limit, function)
        for limit, function in (
            (settings.clip_value, clipping.clip_value),
            (settings.clip_norm, clipping.clip_norm),
        )
        if limit is not None
    ]
    numbers = [(in_language("limit c", "上限 c"), limit) for limit, _ in chosen]
    numbers += [
        (in_language("‖g‖ before", "クリッピング前の ‖g‖"), before),
        (in_language("‖g‖ after", "クリッピング後の ‖g‖"), after),
    ]
    return Section(
        "clipping",
        in_language("Clipping", "勾配クリッピング"),
        formulas=[" ".join((function.__doc__ or "").split()) for _, function in chosen],
        code=[Code(function.__name__, body(inspect.getsource(function))) for _, function in chosen],
        numbers=numbers,
    )


def update_sections(record: StepRecord, setup: RunSetup, wanted: Callable[[str], bool]) -> list[Section]:
    """The rule of the update, then each layer's parameters before and after it, with gradient and state."""
    if record.new_weights is None or record.lr is None or record.clipped_gradients is None:
        return []
    optimizer, parameters = setup.optimizer, own_parameters(setup, wanted)
    states = [_states(optimizer, state) for state in (record.optimizer_state, record.new_optimizer_state)]
    name, t = registered_name(optimizer), int(record.optimizer_state["t"])
    try:
        code = textbook_code(twin_of_optimizer(optimizer), "update")
    except KeyError:
        code = method_code(type(optimizer), "update")
    numbers = [(in_language("learning rate η", "学習率 η"), record.lr), (in_language("update t", "更新 t"), t + 1)]
    found = [
        Section(
            "update",
            in_language("Update", "更新") + f": {name}",
            kind=name,
            about=sentence(optimizer),
            formulas=formulas(optimizer),
            code=code,
            numbers=numbers,
            agreement=_agreement(record, optimizer, parameters, states[0], t),
        )
    ]
    by_layer = groupby(parameters, key=lambda own: own.layer_name)
    return found + [_layer_update(record, list(each), states) for _, each in by_layer]


def _layer_update(record: StepRecord, parameters: list[OwnParameter], states: list[dict[str, Array]]) -> Section:
    assert record.new_weights is not None
    assert record.clipped_gradients is not None
    tensors, numbers = [], []
    for own in parameters:
        key, axes = own_name(own.parameter), parameter_axes(own.layer, own.parameter)
        old, new = own.of(record.weights), own.of(record.new_weights)
        change = new.astype(np.float64) - old
        tensors.append(Tensor(key, in_language("before", "更新前"), old, axes))
        about = in_language("gradient g that the rule uses", "更新に使う勾配 g")
        tensors.append(Tensor(f"g({key})", about, own.of(record.clipped_gradients), axes))
        for slot, state in states[0].items():
            sign = _SIGNS.get(slot, slot)
            tensors.append(Tensor(f"{sign}({key})", in_language("state before", "状態 (前)"), own.of(state), axes))
            after = own.of(states[1][slot])
            tensors.append(Tensor(f"{sign}′({key})", in_language("state after", "状態 (後)"), after, axes))
        tensors.append(Tensor(f"Δ{key}", in_language("after − before", "更新後 − 更新前"), change, axes))
        tensors.append(Tensor(f"{key}′", in_language("after", "更新後"), new, axes))
        if size := norm([old]):
            numbers.append((f"‖Δ{key}‖ / ‖{key}‖", norm([change]) / size))
    first = parameters[0]
    kind = registered_name(first.layer)
    return Section("update", first.layer_name, first.layer_name, kind, tensors=tensors, numbers=numbers)


def _states(optimizer: Optimizer, state: dict[str, Array]) -> dict[str, Array]:
    """The state vectors as the formula has them, in float64 where a rule keeps a multiple."""
    factors = {slot: optimizer.factor(slot) for slot in optimizer.slots}
    return {
        slot: state[slot] if factor == 1 else state[slot].astype(np.float64) * factor
        for slot, factor in factors.items()
    }


def _agreement(
    record: StepRecord, optimizer: Optimizer, parameters: list[OwnParameter], state: dict[str, Array], t: int
) -> float | None:
    if sum(own.parameter.size for own in parameters) > MOST_NUMBERS:
        return None
    assert record.new_weights is not None
    assert record.clipped_gradients is not None
    assert record.lr is not None
    arrays = {
        f"{'W' if own.parameter.regularized else 'b'} {own.name}": (
            own.of(record.weights),
            own.of(record.clipped_gradients),
            {slot: own.of(vector).astype(np.float64) for slot, vector in state.items()},
        )
        for own in parameters
    }
    new = textbook_update(optimizer, arrays, record.lr, t)
    if new is None:
        return None
    return difference(
        (own.of(record.new_weights), values) for own, values in zip(parameters, new.values(), strict=True)
    )


def _start(term: RegularizerTerm, setup: RunSetup) -> int:
    """Where the weights of a regularizer begin in the vector of all parameters, of which they are a view."""
    flat = setup.network.flat.values
    offset = term.W.__array_interface__["data"][0] - flat.__array_interface__["data"][0]
    return int(offset // flat.itemsize)
