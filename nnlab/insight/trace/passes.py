"""The sections of a step's batch, forward pass, loss and backward pass."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nnlab.core.arrays import Array
from nnlab.engine.run_setup import RunSetup
from nnlab.insight.trace.agreement import difference, prepared
from nnlab.insight.trace.formulas import formulas, gradient_formulas, layer_code, sentence
from nnlab.insight.trace.layer_arrays import LayerArrays, comparable
from nnlab.insight.trace.loss_sections import target_tensor
from nnlab.insight.trace.parameter_axes import own_name, parameter_axes
from nnlab.insight.trace.recorder import StepRecord
from nnlab.insight.trace.sections import Section
from nnlab.insight.trace.tensors import Tensor, sample_axes
from nnlab.language import in_language
from nnlab.registry import registered_name
from nnlab.text import one_line

MOST_NAMES = 20
"""Names of classes that are listed."""


def batch_section(record: StepRecord, setup: RunSetup) -> Section:
    """The batch: which samples, their inputs and targets."""
    x, targets = record.x, record.targets
    axes = ("N", "T") if _takes_tokens(setup) else sample_axes(x.shape[1:], one_dimensional=_is_one_dimensional(setup))
    tensors = [
        Tensor(
            "indices",
            in_language("training samples, counted from 0", "訓練データの番号 (0 から)"),
            record.indices,
            ("N",),
            True,
        ),
        Tensor("x", in_language("inputs", "入力"), x, axes, True),
        target_tensor(targets),
    ]
    notes = []
    names = setup.dataset.class_names
    if targets.dtype.kind != "f" and len(names) <= MOST_NAMES and list(names) != [str(k) for k in range(len(names))]:
        listed = ", ".join(f"{k} {one_line(name)}" for k, name in enumerate(names))
        notes.append(in_language(f"labels: {listed}", f"ラベル: {listed}"))
    if record.mini_batches > 1:
        part = record.samples
        notes.append(
            in_language(
                f"{record.mini_batches} mini-batches (train.accumulate); forward and backward are of the one "
                f"with rows {part.start} to {part.stop - 1}",
                f"ミニバッチ {record.mini_batches} 個 (train.accumulate)。"
                f"順伝播と逆伝播は行 {part.start} から {part.stop - 1} のもの",
            )
        )
    return Section("batch", in_language("Batch", "バッチ"), tensors=tensors, notes=notes)


def forward_section(arrays: LayerArrays, record: StepRecord, last: bool, *, alone: bool) -> Section:
    """What a layer computes from its input; where it is not shown ``alone`` its input was shown before."""
    layer, call, agreement = arrays.layer, arrays.call, None
    tensors = []
    if arrays.x is not None:
        x = Tensor("x", in_language("input", "入力"), arrays.x, _x_axes(arrays), True, repeated=not alone)
        tensors.append(x)
    if not layer.inner():
        tensors += [
            Tensor(
                own_name(parameter),
                in_language("parameter", "パラメータ") + in_language(" (frozen)", " (固定)") * parameter.frozen,
                record.weights[parameter.slice].reshape(parameter.shape),
                parameter_axes(layer, parameter),
            )
            for parameter in layer.parameters
        ]
        for key, array in arrays.details.items():
            tensors.append(_inside(key, array, arrays))
        for key, buffer in call.buffers.items():
            tensors.append(Tensor(key, in_language("before", "更新前"), buffer, ("D",)))
            tensors.append(Tensor(f"{key}′", in_language("after", "更新後"), call.buffers_after[key], ("D",)))
    if arrays.y is not None:
        tensors.append(Tensor("y", in_language("output", "出力"), arrays.y, _y_axes(arrays, last), True))
    if (own := comparable(arrays)) and call.twin is not None and own.x is not None:
        agreement = difference([(own.y, prepared(call.twin, own.details).forward(own.x, training=True))])
    return Section(
        "forward",
        arrays.name,
        arrays.name,
        arrays.kind,
        sentence(layer),
        formulas(layer),
        layer_code(layer, call.twin, "forward"),
        tensors,
        agreement=agreement,
    )


def backward_section(arrays: LayerArrays, last: bool, *, alone: bool) -> Section:
    """The gradients that a layer computes from that of its output; its forward section comes first."""
    layer, call, agreement, notes = arrays.layer, arrays.call, None, []
    tensors = []
    if arrays.dy is not None:
        tensors.append(Tensor("dy", "∂L/∂y", arrays.dy, _y_axes(arrays, last), True, repeated=not alone))
        tensors += [_inside(key, array, arrays) for key, array in arrays.backward_details.items()]
    else:
        notes.append(
            in_language(
                "not computed: no layer before or in it is trained", "計算しない: これより前に学習するパラメータがない"
            )
        )
    if not layer.inner() and arrays.dy is not None:
        tensors += [
            Tensor(f"d{name}", f"∂L/∂{name}", gradient, parameter_axes(layer, parameter))
            for parameter in layer.parameters
            if (gradient := arrays.gradients.get(name := own_name(parameter))) is not None
        ]
    if arrays.dx is not None:
        tensors.append(Tensor("dx", "∂L/∂x", arrays.dx, _x_axes(arrays), True))
    elif arrays.dy is not None:
        notes.append(
            in_language(
                "dx is not computed: the layers before it have nothing to train",
                "dx は計算しない: 前に学習する層がない",
            )
        )
    if (own := comparable(arrays)) and call.twin is not None and own.dy is not None:
        pairs: list[tuple[Array | None, Array]] = [(own.dx, call.twin.backward(own.dy))]
        if own.gradients:
            # As one vector: db may be a sum of terms that nearly cancel, whose rounding says nothing of db alone.
            expected = {name: getattr(call.twin, f"d{name}") for name in own.gradients}
            pairs.append((_one_vector(own.gradients), _one_vector(expected)))
        agreement = difference(pairs)
    return Section(
        "backward",
        arrays.name,
        arrays.name,
        arrays.kind,
        "",
        gradient_formulas(layer),
        layer_code(layer, call.twin, "backward"),
        tensors,
        notes=notes,
        agreement=agreement,
    )


def of_sample(section: Section, sample: int, record: StepRecord) -> Section:
    """A section with one row of the batch in place of all; what belongs to no sample stays."""
    start = 0 if section.phase == "batch" else record.samples.start
    tensors = []
    for tensor in section.tensors:
        shifted = replace(tensor, first=start)
        tensors.append(shifted.of_sample(sample - start) if tensor.batch else tensor)
    return replace(section, tensors=tensors)


def _one_vector(arrays: dict[str, Array]) -> Array:
    return np.concatenate([array.reshape(-1) for array in arrays.values()])


def _inside(key: str, array: Array, arrays: LayerArrays) -> Tensor:
    """An array inside a layer; one with samples has the axes of its input or output."""
    batch = array.ndim > 1
    axes: tuple[str, ...] = ("C",) if len(arrays.layer.in_shape) == 3 else ("D",)
    if batch and arrays.y is not None:
        axes = _y_axes(arrays, False) if array.ndim == arrays.y.ndim else ("N", *("",) * (array.ndim - 1))
    return Tensor(key, _about(key), array, axes, batch)


def _about(key: str) -> str:
    """What an array inside a layer is."""
    if key.startswith("da"):
        return in_language("∂L/∂a, with a the input of the gate", "ゲートの入力 a についての ∂L/∂a")
    words = {
        "mask": in_language("0 where a number is dropped, else 1/(1 − rate)", "捨てる所は 0、他は 1/(1 − rate)"),
        "mean": in_language("of the batch", "バッチの平均"),
        "var": in_language("of the batch", "バッチの分散"),
        "std": in_language("√(var + eps) of each sample", "データごとの √(var + eps)"),
        "xn": in_language("x normalised", "正規化した x"),
        "f": in_language("forget gate", "忘却ゲート"),
        "g": in_language("candidate", "候補"),
        "i": in_language("input gate", "入力ゲート"),
        "o": in_language("output gate", "出力ゲート"),
        "c": in_language("cell", "記憶セル"),
        "z": in_language("update gate", "更新ゲート"),
        "r": in_language("reset gate", "リセットゲート"),
        "n": in_language("candidate", "候補"),
    }
    return words.get(key, in_language("inside the layer", "層の内部"))


def _x_axes(arrays: LayerArrays) -> tuple[str, ...]:
    if arrays.kind == "embedding":
        return ("N", "T")
    return _axes(arrays, arrays.layer.in_shape, arrays.x, classes=False)


def _y_axes(arrays: LayerArrays, last: bool) -> tuple[str, ...]:
    return _axes(arrays, arrays.layer.out_shape, arrays.y, classes=last)


def _axes(arrays: LayerArrays, shape: Sequence[int], array: Array | None, *, classes: bool) -> tuple[str, ...]:
    axes = sample_axes(shape, classes=classes, one_dimensional=arrays.kind.endswith("1d"))
    return ("N", "T", *axes[1:]) if array is not None and array.ndim == len(axes) + 1 else axes


def _takes_tokens(setup: RunSetup) -> bool:
    return registered_name(setup.network.layers[0]) == "embedding"


def _is_one_dimensional(setup: RunSetup) -> bool:
    return registered_name(setup.network.layers[0]).endswith("1d")
