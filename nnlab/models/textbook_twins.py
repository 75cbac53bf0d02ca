"""The textbook class for each component, and objects of it with the same settings and weights, in float64."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from nnlab import textbook
from nnlab.core.arrays import Array
from nnlab.core.initialisers import Initialiser
from nnlab.layers.base import Layer
from nnlab.losses import Loss
from nnlab.models.network import Network
from nnlab.optim.base import Optimizer
from nnlab.registry import hyperparameters, registered_name
from nnlab.regularizers import Regularizer


def twin_of_layer(layer: Layer) -> textbook.Layer:
    """A textbook layer with copies of the layer's weights and running averages, in float64."""
    twin = LAYERS[registered_name(layer)](layer)
    twin.frozen = layer.frozen
    own = {id(regularizer): regularizer for regularizer, _ in layer.regularizers() if twin.parameters}
    twin.regularizers = [twin_of_regularizer(regularizer) for regularizer in own.values()]
    return twin


def twin_of_loss(loss: Loss, counts: Array) -> textbook.Loss:
    """A textbook loss for training samples of which counts[k] are of class k."""
    return LOSSES[registered_name(loss)](loss, counts)


def twin_of_regularizer(regularizer: Regularizer) -> textbook.L1 | textbook.L2:
    """A textbook regularizer of the same strength."""
    return REGULARIZERS[registered_name(regularizer)](regularizer.strength)


def twin_of_optimizer(optimizer: Optimizer) -> Any:
    """A textbook update rule before its first step."""
    return OPTIMIZERS[registered_name(optimizer)](**_settings(optimizer))


def twin_of_initialiser(initialiser: Initialiser) -> Callable[..., Array]:
    """A function of shape and generator that draws the initial weights."""
    return partial(INITIALISERS[registered_name(initialiser)], **_settings(initialiser))


def _settings(component: Any) -> dict[str, Any]:
    return {key.name: getattr(component, key.name) for key in hyperparameters(type(component))}


def twin_of_network(
    network: Network, loss: Loss, counts: Array, regularizers: Sequence[Regularizer] = ()
) -> textbook.Network:
    """A textbook network with the weights that a network has now; ``regularizers`` act on all weights."""
    twin = textbook.Network([twin_of_layer(layer) for layer in network.layers], twin_of_loss(loss, counts))
    everywhere = [twin_of_regularizer(regularizer) for regularizer in regularizers]
    for layer in twin.trained:
        if textbook.weight_names(layer):
            layer.regularizers = [*everywhere, *layer.regularizers]
    return twin


class StepMasks:
    """The uniform numbers that a dropout layer draws at the current step of its streams."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer

    def random(self, size: tuple[int, ...]) -> Array:
        """Numbers from 0 to 1 in the precision in which the layer draws them."""
        rng = self.layer.streams.dropout(*self.layer.address)
        numbers: Array = rng.random(size, np.float32) if isinstance(rng, np.random.Generator) else rng.random(size)
        return numbers


def _parameters(layer: Layer) -> dict[str, Array]:
    """Copies of the layer's own weights by name: W and b, or gamma and beta."""
    return {parameter.name.rpartition(".")[2]: np.array(parameter.value, np.float64) for parameter in layer.parameters}


def _padding(layer: Any) -> Any:
    return 0 if layer.padding == "valid" else layer.padding


def _convolution(layer: Any) -> textbook.Layer:
    arrays = _parameters(layer)
    settings = (arrays["W"], arrays.get("b"), layer.stride, _padding(layer))
    if layer.groups == layer.dilation == 1:
        return textbook.Convolution(*settings)
    return textbook.GroupedConvolution(*settings, layer.dilation, layer.groups)


def _convolution_1d(layer: Any) -> textbook.Layer:
    settings = (layer.stride, _padding(layer), layer.dilation, layer.groups)
    arrays = _parameters(layer)
    return textbook.Convolution1D(arrays["W"], arrays.get("b"), *settings)


def _pool(cls: type[Any]) -> Callable[[Any], textbook.Layer]:
    return lambda layer: cls(layer.size, layer.stride, _padding(layer))


def _batch_norm(layer: Any) -> textbook.Layer:
    twin = textbook.BatchNormalization(**_parameters(layer), momentum=layer.momentum, eps=layer.eps)
    twin.running_mean = np.array(layer.buffers["running_mean"])
    twin.running_var = np.array(layer.buffers["running_variance"])
    return twin


def _residual(layer: Layer) -> textbook.Layer:
    twins = {name: twin_of_layer(inner) for name, inner in layer.inner()}
    projection = twins.pop("projection", None)
    return textbook.Residual(list(twins.values()), projection)


def _concat(layer: Any) -> textbook.Layer:
    branches = [[twin_of_layer(inner) for inner in stack.layers] for stack in layer.stacks]
    return textbook.Concatenate(branches, 1 if layer.axis == "first" else -1)


def _linear(layer: Layer) -> textbook.Layer:
    return (textbook.Affine if len(layer.in_shape) == 1 else textbook.TimeAffine)(**_parameters(layer))


def _time_distributed(layer: Layer) -> textbook.Layer:
    ((_, inner),) = layer.inner()
    return textbook.TimeDistributed(twin_of_layer(inner))


def _cross_entropy(loss: Any, counts: Array) -> textbook.SoftmaxWithLoss:
    weights = loss.class_weights
    if weights == "balanced":
        return textbook.SoftmaxWithLoss(loss.smoothing, textbook.balanced_class_weights(counts))
    return textbook.SoftmaxWithLoss(loss.smoothing, None if weights is None else np.array(weights))


LAYERS: dict[str, Callable[[Any], textbook.Layer]] = {
    "identity": lambda layer: textbook.Identity(),
    "sigmoid": lambda layer: textbook.Sigmoid(),
    "tanh": lambda layer: textbook.Tanh(),
    "relu": lambda layer: textbook.Relu(),
    "leaky_relu": lambda layer: textbook.LeakyRelu(layer.slope),
    "elu": lambda layer: textbook.Elu(layer.alpha),
    "gelu": lambda layer: textbook.Gelu(layer.approximate),
    "swish": lambda layer: textbook.Swish(layer.beta),
    "softplus": lambda layer: textbook.Softplus(),
    "prelu": lambda layer: textbook.PRelu(**_parameters(layer)),
    "linear": _linear,
    "flatten": lambda layer: textbook.Flatten(),
    "reshape": lambda layer: textbook.Reshape(layer.out_shape),
    "image_rows": lambda layer: textbook.ImageRows(),
    "last_step": lambda layer: textbook.LastStep(),
    "reverse": lambda layer: textbook.Reverse(),
    "time_distributed": _time_distributed,
    "permute": lambda layer: textbook.Permute(layer.order),
    "conv1d": _convolution_1d,
    "embedding": lambda layer: textbook.Embedding(**_parameters(layer)),
    "rnn": lambda layer: textbook.TimeRNN(**_parameters(layer), activation=layer.activation),
    "lstm": lambda layer: textbook.TimeLSTM(**_parameters(layer)),
    "gru": lambda layer: textbook.TimeGRU(**_parameters(layer), reset_after=layer.reset_after),
    "conv2d": _convolution,
    "max_pool": _pool(textbook.Pooling),
    "avg_pool": _pool(textbook.AveragePooling),
    "global_avg_pool": lambda layer: textbook.GlobalAveragePooling(),
    "max_pool1d": _pool(textbook.Pooling1D),
    "avg_pool1d": _pool(textbook.AveragePooling1D),
    "global_avg_pool1d": lambda layer: textbook.GlobalAveragePooling1D(),
    "softmax": lambda layer: textbook.Softmax(),
    "log_softmax": lambda layer: textbook.LogSoftmax(),
    "upsample": lambda layer: textbook.Upsample(layer.factor),
    "batch_norm": _batch_norm,
    "layer_norm": lambda layer: textbook.LayerNormalization(**_parameters(layer), eps=layer.eps),
    "group_norm": lambda layer: textbook.GroupNormalization(**_parameters(layer), groups=layer.groups, eps=layer.eps),
    "instance_norm": lambda layer: textbook.InstanceNormalization(**_parameters(layer), eps=layer.eps),
    "lrn": lambda layer: textbook.LocalResponseNormalization(layer.size, layer.alpha, layer.beta, layer.k),
    "dropout": lambda layer: textbook.Dropout(layer.rate, StepMasks(layer)),
    "activity_l1": lambda layer: textbook.ActivityL1(layer.strength),
    "activity_l2": lambda layer: textbook.ActivityL2(layer.strength),
    "residual": _residual,
    "concat": _concat,
}
LOSSES: dict[str, Callable[[Any, Array], textbook.Loss]] = {
    "cross_entropy": _cross_entropy,
    "mean_squared_error": lambda loss, counts: textbook.MeanSquaredError(),
    "mean_absolute_error": lambda loss, counts: textbook.MeanAbsoluteError(),
    "huber": lambda loss, counts: textbook.Huber(loss.delta),
}
REGULARIZERS: dict[str, type[textbook.L1] | type[textbook.L2]] = {"l1": textbook.L1, "l2": textbook.L2}
OPTIMIZERS: dict[str, type[Any]] = {
    "sgd": textbook.SGD,
    "momentum": textbook.Momentum,
    "nesterov": textbook.Nesterov,
    "adagrad": textbook.AdaGrad,
    "rmsprop": textbook.RMSProp,
    "adadelta": textbook.AdaDelta,
    "adam": textbook.Adam,
    "nadam": textbook.Nadam,
    "adamw": textbook.AdamW,
    "amsgrad": textbook.AMSGrad,
    "adamax": textbook.AdaMax,
    "lion": textbook.Lion,
}
INITIALISERS: dict[str, Callable[..., Array]] = {
    "normal": textbook.normal,
    "xavier": textbook.xavier,
    "he": textbook.he,
    "glorot": textbook.glorot,
    "lecun": textbook.lecun,
    "truncated": textbook.truncated,
    "orthogonal": textbook.orthogonal,
    "given": textbook.given,
}
