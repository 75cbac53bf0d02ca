"""Traced steps against the textbook's classes in float64."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from traced_specs import SPECS, engine_after, spec_of
from trainings import make_experiment, make_setup

from nnlab import textbook
from nnlab.config.bundled import bundled_config
from nnlab.config.loading import load_experiment
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import UsageError
from nnlab.insight.trace.sections import Trace
from nnlab.insight.trace.tracing import Request, trace, trace_experiment
from nnlab.models.textbook_twins import twin_of_network, twin_of_optimizer
from nnlab.registry import optimizers

TOLERANCE = 1e-12


def differences(setup: RunSetup, found: Trace) -> Iterator[tuple[str, float]]:
    """Each tensor of a trace against the textbook's network with the same weights on the same batch."""
    x, t = found.tensor("batch.x").astype(np.float64), found.tensor("batch.label")
    loss, counts = setup.experiment.loss, setup.dataset.class_counts
    twin = twin_of_network(setup.network, loss, counts, setup.experiment.penalty)
    setup.network.streams.step = found.step  # seeds the dropout masks
    y = x
    for name, layer in zip(setup.network.names, twin.layers, strict=True):
        y = layer.forward(y, training=True)
        yield f"{name}.y", relative(found.tensor(f"{name}.y"), y)
    yield "loss", relative(dict(section_of(found, "loss").numbers)["loss L"], twin.last_layer.forward(y, t))
    dy = twin.last_layer.backward()
    yield "dscores", relative(found.tensor("backward.dx"), dy)
    for name, layer in reversed(list(zip(setup.network.names, twin.layers, strict=True))):
        dy = layer.backward(dy)
        if f"{name}.dx" in found.names:
            yield f"{name}.dx", relative(found.tensor(f"{name}.dx"), dy)
    largest = 0.0
    gradients = []
    for section in found.sections:
        if section.phase == "backward" and section.layer and "." not in section.layer:
            inner = dict(zip(setup.network.names, twin.layers, strict=True))[section.layer]
            for tensor in section.tensors:
                if tensor.name[1:] in inner.parameters:
                    expected = getattr(inner, tensor.name)
                    largest = max(largest, float(np.abs(expected).max()))
                    gradients.append(float(np.abs(tensor.values - expected).max()))
    yield "gradients of parameters", max(gradients) / largest


def relative(a: object, b: object) -> float:
    scale = float(np.abs(b).max())  # type: ignore[call-overload]
    return float(np.abs(np.asarray(a) - b).max()) / scale if scale else float(np.abs(a).max())  # type: ignore[call-overload,operator]


def section_of(found: Trace, phase: str):
    return next(section for section in found.sections if section.phase == phase)


def check(setup: RunSetup, found: Trace) -> None:
    measured = dict(differences(setup, found))
    assert max(measured.values()) < TOLERANCE, measured
    assert found.agreement is not None
    assert found.agreement < TOLERANCE


@pytest.mark.parametrize("step", [1, 2, 10])
def test_spiral_relu_agrees_with_the_textbook(step: int) -> None:
    experiment = load_experiment(bundled_config("spiral_relu"))
    setup = RunSetup(experiment).allocate()
    if step > 1:
        engine_after(setup, step - 1)
    check(setup, trace_experiment(experiment, Request(step=step), source="spiral_relu"))


@pytest.mark.parametrize("step", [1, 2, 10])
@pytest.mark.parametrize("name", SPECS)
def test_models_agree_with_the_textbook(tmp_path: Path, name: str, step: int) -> None:
    setup = make_setup(tmp_path, spec_of(name))
    if step > 1:
        engine_after(setup, step - 1)
    check(setup, trace_experiment(make_experiment(tmp_path, spec_of(name)), Request(step=step), source=name))


@pytest.mark.parametrize("step", [1, 3])
@pytest.mark.parametrize("joint_weights", [1, 2**19])
@pytest.mark.parametrize("name", ["mlp", "convnet", "time_distributed"])
def test_tensors_of_batches_in_parts_agree_with_the_textbook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, joint_weights: int, step: int
) -> None:
    """At step 3 the batch of 12 has 2 samples left for 3 parts."""
    monkeypatch.setattr("nnlab.engine.joint_layer.JOINT_WEIGHTS", joint_weights)
    setup = make_setup(tmp_path, spec_of(name), "compute.shards=3")
    if step > 1:
        engine_after(setup, step - 1)
    experiment = make_experiment(tmp_path, spec_of(name), "compute.shards=3")
    found = trace_experiment(experiment, Request(step=step), source=name)
    check(setup, found)
    layers = setup.network.names
    assert {f"{layer}.y" for layer in layers} | {f"{layer}.dx" for layer in layers[1:]} <= set(found.names)


@pytest.mark.parametrize("name", optimizers.names())
def test_update_of_each_rule_agrees_with_the_textbook(tmp_path: Path, name: str) -> None:
    """The textbook's rule makes all three steps itself, from the gradients that the traces show."""
    experiment = make_experiment(tmp_path, spec_of("mlp"), f"optimizer={{name: {name}, lr: 0.02}}")
    rule = twin_of_optimizer(experiment.optimizer)
    values: textbook.Arrays = {}
    for step in (1, 2, 3):
        found = trace_experiment(experiment, Request(step=step), source="mlp")
        names = [f"{layer}.{key}" for layer in ("linear1", "linear2") for key in ("W", "b")]
        keys = {f"{name.rpartition('.')[2]} {name}": name for name in names}  # weights begin with W
        values = values or {key: found.tensor(name).copy() for key, name in keys.items()}
        rule.update(values, {key: found.tensor(f"{name[:-1]}g({name[-1]})") for key, name in keys.items()})
        for key, name in keys.items():
            np.testing.assert_allclose(found.tensor(f"{name}′"), values[key], rtol=TOLERANCE, atol=1e-14)
        (update,) = [section for section in found.sections if section.phase == "update" and not section.layer]
        assert update.agreement is not None
        assert update.agreement < TOLERANCE


def test_gradient_of_the_update_has_penalties_and_clipping(tmp_path: Path) -> None:
    found = trace_experiment(
        make_experiment(tmp_path, spec_of("mlp"), "train.clip_norm=0.01"), Request(step=2), source="mlp"
    )
    parts = [found.tensor("linear1.dW")]
    parts += [
        tensor.values
        for section in found.sections
        if section.phase == "regularisation"
        for tensor in section.tensors
        if tensor.name == "linear1.W +"
    ]
    assert len(parts) == 3, "l1 and l2"
    numbers = dict(section_of(found, "clipping").numbers)
    factor = numbers["limit c"] / numbers["‖g‖ before"]
    np.testing.assert_allclose(found.tensor("linear1.g(W)"), sum(parts) * factor, rtol=1e-12)
    assert numbers["‖g‖ after"] == pytest.approx(0.01)


def test_phases_are_in_the_order_of_the_algorithm(tmp_path: Path) -> None:
    found = trace_experiment(make_experiment(tmp_path, spec_of("residual")), Request(), source="residual")
    order = [f"{section.phase} {section.layer}".strip() for section in found.sections]
    assert order == [
        "batch",
        *("forward linear1", "forward residual1", "forward residual1.linear1", "forward residual1.sigmoid1"),
        *("forward residual1.linear2", "forward concat1", "forward concat1.branch1.linear1", "forward linear2"),
        "loss",
        *("backward", "backward linear2", "backward concat1", "backward concat1.branch1.linear1"),
        *("backward residual1", "backward residual1.linear2", "backward residual1.sigmoid1"),
        *("backward residual1.linear1", "backward linear1"),
        "regularisation",
        *("update", "update linear1", "update residual1.linear1", "update residual1.linear2"),
        *("update concat1.branch1.linear1", "update linear2"),
    ]


def test_layer_and_sample_choose_what_is_shown(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path, spec_of("residual"))
    whole = trace_experiment(experiment, Request(), source="residual")
    part = trace_experiment(experiment, Request(sample=3, layer="residual1.linear1"), source="residual")
    assert {section.layer for section in part.sections} == {"residual1.linear1", ""}
    assert {section.phase for section in part.sections} == {"forward", "backward", "regularisation", "update"}
    for name in ("y", "dx"):
        row = part.tensor(f"residual1.linear1.{name}")
        assert np.array_equal(row, whole.tensor(f"residual1.linear1.{name}")[3:4])
    assert np.array_equal(part.tensor("residual1.linear1.dW"), whole.tensor("residual1.linear1.dW"))


def test_insides_of_layers_are_shown(tmp_path: Path) -> None:
    found = trace_experiment(make_experiment(tmp_path, spec_of("batch_norm")), Request(), source="batch_norm")
    x, mask = found.tensor("batch_norm1.x"), found.tensor("dropout1.mask")
    np.testing.assert_allclose(found.tensor("batch_norm1.mean"), x.mean(axis=0), atol=1e-15)
    np.testing.assert_allclose(found.tensor("batch_norm1.var"), x.var(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.tensor("batch_norm1.running_mean′"), 0.1 * x.mean(axis=0), rtol=1e-12, atol=1e-16)
    assert set(np.unique(mask)) <= {0, 1 / 0.7}
    lstm = trace_experiment(make_experiment(tmp_path, spec_of("lstm")), Request(), source="lstm")
    gates = {name: lstm.tensor(f"lstm1.{name}") for name in "fgioc"}
    assert {gate.shape for gate in gates.values()} == {(5, 4, 3)}, "each sample, each time step"
    np.testing.assert_allclose(gates["o"] * np.tanh(gates["c"]), lstm.tensor("lstm1.y"), rtol=1e-14)
    dz = np.concatenate([lstm.tensor(f"lstm1.da_{gate}") for gate in "fgio"], axis=2)
    np.testing.assert_allclose(dz.sum(axis=(0, 1)), lstm.tensor("lstm1.db"), rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request(step=0), "--step: must be from 1 to 12"),
        (Request(step=13), "--step: must be from 1 to 12"),
        (Request(sample=5), "--sample: must be from 0 to 4"),
        (Request(sample=-1), "--sample: must be from 0 to 4"),
        (Request(step=3, sample=4), "the batch of step 3 has 2 rows"),
        (Request(layer="linar1"), "no layer is called 'linar1'; did you mean 'linear1'"),
    ],
)
def test_what_is_not_there_is_an_error(tmp_path: Path, request_: Request, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        trace_experiment(make_experiment(tmp_path, spec_of("mlp")), request_, source="mlp")


def test_run_is_compared_with_its_recorded_loss_and_begins_at_a_checkpoint(tmp_path: Path, no_pictures: None) -> None:
    import nnlab

    spec = tmp_path / "mlp.yaml"
    spec.write_text(spec_of("mlp").replace("eval_every", "checkpoint_every: 5, eval_every"), encoding="utf-8")
    run = nnlab.run(spec, tmp_path / "runs")
    for step in (1, 12):
        found = trace(run.path, step=step)
        assert found.recorded == found.objective is not None
        assert ("checkpoint after step" in " ".join(found.notes)) == (step > 1)
    plain = trace(spec, step=12)
    assert plain.recorded is None
    assert np.array_equal(plain.tensor("linear1.W′"), trace(run.path, step=12).tensor("linear1.W′"))


def test_unknown_tensor_is_an_error_with_the_nearest_name(tmp_path: Path) -> None:
    found = trace_experiment(make_experiment(tmp_path, spec_of("mlp")), Request(), source="mlp")
    with pytest.raises(UsageError, match=r"no tensor is called 'linear1.dw'; did you mean 'linear1.dW'"):
        found.tensor("linear1.dw")


def test_layers_on_each_step_have_samples_and_steps_as_axes(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path, spec_of("time_distributed"))
    whole = trace_experiment(experiment, Request(), source="made")
    inner, outer = (whole.tensor(f"time_distributed1.residual1{name}.y") for name in (".linear1", ""))
    x = whole.tensor("time_distributed1.x")
    assert inner.shape == (5, 4, 3), "N, T, D"
    np.testing.assert_allclose(outer, inner + x, rtol=1e-14)
    W = whole.tensor("time_distributed1.residual1.linear1.W")
    np.testing.assert_allclose(inner, x @ W, rtol=1e-12)
    part = trace_experiment(experiment, Request(sample=2), source="made")
    assert np.array_equal(part.tensor("time_distributed1.residual1.linear1.y"), inner[2:3])


def test_loss_of_a_prediction_for_each_step_is_the_mean_over_all_of_them(tmp_path: Path) -> None:
    data = "dtype: float64\ndata: {name: binary_addition, bits: 3, samples: 8, test_samples: 4}\n"
    spec = f"{data}model: {{name: recurrent, cell: rnn, units: 2}}\n"
    train = "optimizer: {name: sgd, lr: 0.1}\ntrain: {iterations: 2, batch_size: 4}\n"
    found = trace_experiment(make_experiment(tmp_path, spec + train), Request(), source="made")
    loss = section_of(found, "loss")
    T = found.tensor("loss.losses").shape[1]
    assert loss.notes == [f"N of the formula counts all predictions, N·T = {4 * T}"]
    assert dict(loss.numbers)["loss L"] == pytest.approx(found.tensor("loss.losses").mean(), rel=1e-14)
    label, p = found.tensor("loss.label"), found.tensor("loss.p")
    one_hot = np.eye(p.shape[-1])[label]
    np.testing.assert_allclose(found.tensor("backward.dx"), (p - one_hot) / (4 * T), rtol=1e-12, atol=1e-16)
