"""Records what a training computes in one step, through wrappers around the methods that its loop calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.threads import Workers
from nnlab.engine.accumulation import MiniBatch
from nnlab.engine.data_parallel import split_batch
from nnlab.engine.joint_layer import JointLayer
from nnlab.engine.run_setup import RunSetup
from nnlab.insight.trace.layer_call import LayerCall, ObservedLayer, copied
from nnlab.insight.trace.named_layers import named_layers, outer_layers
from nnlab.layers.base import Layer
from nnlab.layers.composite import Composite
from nnlab.models.textbook_twins import twin_of_layer
from nnlab.textbook import Layer as TextbookLayer


@dataclass(eq=False)
class StepRecord:
    """Everything that one step computed, as far as it came; gradients and weights are flat vectors of all parameters.

    ``gradients`` are those of the mini-batch, ``mean_gradients`` of all mini-batches; then they get penalties, then
    they are clipped.
    """

    indices: Array
    x: Array
    targets: Array
    weights: Array
    optimizer_state: dict[str, Array]
    penalties: list[tuple[float, Array]]
    calls: dict[str, list[LayerCall]]
    samples: slice
    mini_batches: int = 1
    scores: Array | None = None
    dscores: Array | None = None
    data_loss: float | None = None
    activity_penalty: float = 0.0
    mean_loss: float | None = None
    gradients: Array | None = None
    mean_gradients: Array | None = None
    penalised_gradients: Array | None = None
    clipped_gradients: Array | None = None
    lr: float | None = None
    new_weights: Array | None = None
    new_optimizer_state: dict[str, Array] = field(default_factory=dict)
    objective: float | None = None


class Recorder:
    """Records the step ``step`` of a training whose set-up it is given before the training starts.

    With train.accumulate the forward and backward passes are those of the mini-batch that has row ``sample`` of the
    batch. ``wanted`` chooses the layers that are recorded, by name. The layers compute in the order of the model, where
    the engine may pool before relu: no digit depends on that.
    """

    def __init__(self, setup: RunSetup, step: int, sample: int, wanted: Callable[[str], bool]) -> None:
        self._setup, self._step, self._sample, self._wanted = setup, step, sample, wanted
        self._recording = False  # during the forward and backward pass that are recorded
        self._part = sample // setup.batches.batch_size
        self.record: StepRecord | None = None
        network = setup.network
        self._networks = [network, *getattr(network, "replicas", ())]
        observe(setup.batches, "batch", self._on_batch)
        observe(setup.accumulation, "add", self._on_gradient)

    def on_step(self, step: int, objective: float) -> None:
        """Keep what the update led to."""
        if self.record is not None:
            self.record.new_weights = self._setup.network.flat.values.copy()
            self.record.new_optimizer_state = copied(self._setup.optimizer.state())
            self.record.objective = objective

    def _on_batch(self, batch: tuple[Array, Array], step: int) -> None:
        if step != self._step:
            return
        setup, (x, targets) = self._setup, batch
        indices, size = setup.batches.state()["last_indices"], setup.batches.batch_size
        self.record = StepRecord(
            indices=indices.copy() if indices.size else np.arange(len(x)),
            x=x.copy(),
            targets=targets.copy(),
            weights=setup.network.flat.values.copy(),
            optimizer_state=copied(setup.optimizer.state()),
            penalties=[
                (term.value(), term.regularizer.gradient(term.W, np.empty_like(term.W))) for term in setup.regularizers
            ],
            calls={},
            samples=slice(self._part * size, min((self._part + 1) * size, len(x))),
        )
        self._recording = self._part == 0
        self._attach()

    def _on_gradient(self, _: None, part: MiniBatch, loss: float) -> None:
        record = self.record
        if record is None:
            return
        self._recording = part.number + 1 == self._part
        record.mini_batches = part.number + 1
        record.mean_loss = self._setup.accumulation.loss
        record.mean_gradients = self._setup.network.flat.gradients.copy()

    def _attach(self) -> None:
        """Wrap the methods that compute the step; earlier steps run without wrappers."""
        setup, samples = self._setup, self._record.samples
        parts = split_batch(samples.stop - samples.start, len(self._networks))
        calls: dict[Layer, ObservedLayer] = {}
        for network in self._networks:
            network.order[:] = network.layers
        for network, _ in zip(self._networks, parts, strict=False):
            for name, layer in named_layers(network):
                if self._wanted(name):
                    calls[layer] = self._attach_layer(name, layer, outer_layers(network, name))
        for joint in getattr(setup.network, "joint_layers", ()):
            self._attach_joint_layer(joint, [calls[layer] for layer in joint.replicas if layer in calls])
        observe(setup.loss, "forward", self._on_loss)
        observe(setup.loss, "backward", self._on_dscores)
        observe(setup.network, "activity_penalty", self._on_activity_penalty)
        observe(setup.network, "backward", self._on_backward)
        before(setup.controls, "clip", self._before_clip)
        observe(setup.controls, "clip", self._after_clip)
        before(setup.optimizer, "step", self._before_update)

    def _attach_layer(self, name: str, layer: Layer, outer: list[Composite]) -> ObservedLayer:
        calls = self._record.calls.setdefault(name, [])
        call = LayerCall(layer, copied(layer.buffers), None if calls else _twin(layer))
        calls.append(call)
        observed = ObservedLayer(call, outer, lambda: self._recording)
        observe(layer, "forward", lambda y, x, *, training: observed.on_forward(y, x))
        observe(layer, "backward", observed.on_backward)
        observe(layer, "backward_parameters", lambda _, dy: observed.on_backward(None, dy))
        return observed

    def _attach_joint_layer(self, joint: JointLayer, replicas: list[ObservedLayer]) -> None:
        """Of a layer whose products the replicas compute together each has the rows of its part of the batch."""

        def on_forward(y: Array, x: Array, parts: Sequence[slice], workers: Workers) -> None:
            for replica, part in zip(replicas, parts, strict=False):
                replica.on_forward(y[part], x[part])

        def on_backward(
            dx: Array | None, dy: Array, parts: Sequence[slice], workers: Workers, *, input_gradient: bool
        ) -> None:
            for replica, part in zip(replicas, parts, strict=False):
                replica.on_backward(None if dx is None else dx[part], dy[part])

        observe(joint, "forward", on_forward)
        observe(joint, "backward", on_backward)

    @property
    def _record(self) -> StepRecord:
        assert self.record is not None  # the batch comes first
        return self.record

    def _on_loss(self, loss: float, scores: Array, targets: Array) -> None:
        if self._recording:
            self._record.scores, self._record.data_loss = np.array(scores), float(loss)

    def _on_dscores(self, dscores: Array) -> None:
        if self._recording:
            self._record.dscores = np.array(dscores)

    def _on_activity_penalty(self, penalty: float) -> None:
        if self._recording:
            self._record.activity_penalty = float(penalty)

    def _on_backward(self, _: None, dscores: Array) -> None:
        if self._recording:
            self._record.gradients = self._setup.network.flat.gradients.copy()

    def _before_clip(self, gradient: Array) -> None:
        self._record.penalised_gradients = self._setup.network.flat.gradients.copy()

    def _after_clip(self, _: None, gradient: Array) -> None:
        self._record.clipped_gradients = self._setup.network.flat.gradients.copy()

    def _before_update(self, lr: float) -> None:
        self._record.lr = lr


def observe(target: object, name: str, seen: Callable[..., None]) -> None:
    """Call ``seen`` after each call of a method of one object, with the result and the arguments."""
    method: Callable[..., Any] = getattr(target, name)

    @wraps(method)
    def observed(*arguments: Any, **keywords: Any) -> Any:
        result = method(*arguments, **keywords)
        seen(result, *arguments, **keywords)
        return result

    setattr(target, name, observed)


def before(target: object, name: str, seen: Callable[..., None]) -> None:
    """Call ``seen`` before each call of a method of one object, with the arguments."""
    method: Callable[..., Any] = getattr(target, name)

    @wraps(method)
    def observed(*arguments: Any, **keywords: Any) -> Any:
        seen(*arguments, **keywords)
        return method(*arguments, **keywords)

    setattr(target, name, observed)


def _twin(layer: Layer) -> TextbookLayer | None:
    """The textbook layer with the weights that a layer has now; None for layers of plugins."""
    try:
        return twin_of_layer(layer)
    except KeyError:
        return None
