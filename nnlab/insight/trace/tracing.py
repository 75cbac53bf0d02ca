"""``nnlab.trace``: one training step of a spec or run, laid open."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from nnlab.config.experiment import Experiment
from nnlab.config.loading import Spec, as_experiment, is_text, load_experiment
from nnlab.config.overrides import Overrides
from nnlab.core.arrays import Array, shape_text
from nnlab.data.dataset_source import DatasetSource
from nnlab.engine.last_update import norm
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import UsageError
from nnlab.insight.trace.layer_arrays import backwards, layer_arrays
from nnlab.insight.trace.loss_sections import loss_sections
from nnlab.insight.trace.named_layers import check_layer, is_part_of, named_layers
from nnlab.insight.trace.passes import (
    backward_section,
    batch_section,
    forward_section,
    of_sample,
)
from nnlab.insight.trace.recorder import StepRecord
from nnlab.insight.trace.sections import Box, Section, Trace
from nnlab.insight.trace.stepping import record_step, start_from_checkpoint
from nnlab.insight.trace.update import clipping_section, penalty_sections, update_sections
from nnlab.language import in_language
from nnlab.records.reader import read_run
from nnlab.records.run_names import find_run_or_spec
from nnlab.registry import registered_name
from nnlab.saved_run import experiment_of_run, moved_data_hint
from nnlab.train.run import one_blas_thread


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to trace: a step, one row of its batch (None: all), one layer with those inside it (None: all)."""

    step: int = 1
    sample: int | None = None
    layer: str | None = None


def trace(
    spec: Spec,
    overrides: Overrides = (),
    *,
    step: int = 1,
    sample: int | None = None,
    layer: str | None = None,
    runs: str | Path = "runs",
) -> Trace:
    """One training step of a spec or run: every tensor of its forward pass, backward pass and update.

    ``step`` counts from 1; the steps before are trained as a run trains them. ``sample`` is a row of the batch, from 0,
    ``layer`` a name such as ``linear1`` or ``residual1.conv2d1``. ``trace(...).tensor("linear1.dW")`` is an array.
    Raises UsageError for a step, row or layer that there is not, Diverged where training diverges before the step.
    """
    request = Request(step=step, sample=sample, layer=layer)
    if isinstance(spec, Path | str) and not is_text(spec):
        target = find_run_or_spec(str(spec), Path(runs), "run")
        if target.is_dir():
            return trace_run(target, request, overrides)
        return trace_experiment(load_experiment(target, overrides), request, source=target.name)
    experiment = as_experiment(spec, overrides)
    return trace_experiment(experiment, request, source=experiment.name)


def trace_run(
    path: Path,
    request: Request,
    overrides: Overrides = (),
    *,
    data: Path | None = None,
    fetch: Callable[[DatasetSource], None] = lambda source: None,
    report: Callable[[int], None] = lambda step: None,
) -> Trace:
    """A step of a run, from its newest checkpoint before it; compared with the loss that the run recorded."""
    record = read_run(path)
    experiment = experiment_of_run(path, overrides, data)
    fetch(experiment.data)
    with moved_data_hint(experiment):
        setup = RunSetup(experiment).allocate()
    recorded = None
    if not overrides:
        start_from_checkpoint(setup, path, request.step)
        losses = dict(zip(record.steps["step"].tolist(), record.steps["loss"].tolist(), strict=True))
        recorded = losses.get(request.step)
    return _traced(setup, request, path.resolve().name, recorded, report)


def trace_experiment(
    experiment: Experiment,
    request: Request,
    *,
    source: str,
    report: Callable[[int], None] = lambda step: None,
) -> Trace:
    """A step of an experiment."""
    return _traced(RunSetup(experiment).allocate(), request, source, None, report)


def _traced(
    setup: RunSetup, request: Request, source: str, recorded: float | None, report: Callable[[int], None]
) -> Trace:
    layer, sample = request.layer, request.sample
    if layer is not None:
        check_layer(layer, [name for name, _ in named_layers(setup.network)])
    if not 1 <= request.step <= setup.iterations:
        raise UsageError(
            f"--step: must be from 1 to {setup.iterations}, the updates of this training, got {request.step}"
        )
    size = setup.batches.batch_size * setup.experiment.train.accumulate
    if sample is not None and not 0 <= sample < size:
        raise UsageError(f"--sample: must be from 0 to {size - 1}, a row of the batch, got {sample}")
    started = setup.start

    def computes(name: str) -> bool:
        return is_part_of(name, layer) or (layer is not None and layer.startswith(f"{name}."))

    record, failure = record_step(setup, request.step, sample=sample or 0, wanted=computes, report=report)
    if sample is not None and sample >= len(record.x):
        raise UsageError(f"--sample: the batch of step {request.step} has {len(record.x)} rows, counted from 0")
    # Two threads wait for each other on a busy machine; the numbers of a step that diverged may overflow.
    with one_blas_thread(), np.errstate(all="ignore"):
        sections = _sections(record, setup, partial(is_part_of, layer=layer), whole=layer is None)
    if sample is not None:
        sections = [of_sample(section, sample, record) for section in sections]
    return Trace(
        name=setup.experiment.name,
        source=source,
        step=request.step,
        iterations=setup.iterations,
        dtype=str(setup.experiment.dtype),
        parameters=setup.network.parameter_count,
        objective=record.objective,
        sections=sections,
        notes=_notes(setup, started),
        recorded=recorded,
        failure=failure,
        sample=sample,
        boxes=_boxes(setup, record),
    )


def _sections(record: StepRecord, setup: RunSetup, wanted: Callable[[str], bool], *, whole: bool) -> list[Section]:
    """The sections in the order of the algorithm; those of no layer only where the ``whole`` step is wanted."""
    arrays = list(layer_arrays(record, record.gradients))
    shown = [each for each in arrays if wanted(each.name)]
    last = setup.network.names[-1]
    loss, gradient = loss_sections(record, setup)
    found = [batch_section(record, setup)] if whole else []
    found += [forward_section(each, record, each.name == last, alone=not whole) for each in shown]
    if whole and loss is not None:
        found.append(loss)
    if record.dscores is not None:
        found += [gradient] if gradient is not None and whole else []
        found += [backward_section(each, each.name == last, alone=not whole) for each in backwards(shown)]
    if record.penalised_gradients is not None:
        found += penalty_sections(record, setup, wanted)
        clipping = clipping_section(record, setup)
        found += [clipping] if clipping is not None and whole else []
    return found + update_sections(record, setup, wanted)


def _notes(setup: RunSetup, started: int) -> list[str]:
    notes = []
    if started:
        notes.append(
            in_language(
                f"trained from the checkpoint after step {started}", f"ステップ {started} のチェックポイントから再開"
            )
        )
    if setup.shard_count > 1:
        notes.append(
            in_language(
                f"each batch is computed in {setup.shard_count} parts, as in training; they are joined here",
                f"学習と同様にバッチを {setup.shard_count} 個に分けて計算し、ここでは連結している",
            )
        )
    if setup.experiment.train.ema is not None:
        notes.append(
            in_language("the averaged weights of train.ema are not shown", "train.ema の平均した重みは表示しない")
        )
    return notes


def _boxes(setup: RunSetup, record: StepRecord) -> list[Box]:
    """The layers of the network for its picture, with the norm of their gradients."""
    network, flat = setup.network, record.gradients
    return [
        Box(
            name,
            registered_name(layer),
            shape_text(layer.out_shape),
            sum(parameter.size for parameter in layer.parameters),
            _gradient_norm(layer_slices, flat),
        )
        for name, layer in zip(network.names, network.layers, strict=True)
        for layer_slices in [[parameter.slice for parameter in layer.parameters if not parameter.frozen]]
    ]


def _gradient_norm(slices: Sequence[slice], flat: Array | None) -> float | None:
    if flat is None or not slices:
        return None
    return norm([flat[part] for part in slices])
