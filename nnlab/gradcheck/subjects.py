"""What can be checked: layers, losses, penalties and whole networks as scalar functions of named tensors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.core.flat_parameters import Parameter
from nnlab.core.random import AddressedStreams
from nnlab.core.task import CLASSES, Task
from nnlab.layers.base import Layer
from nnlab.layers.planning import activation_memory, all_layers
from nnlab.losses import Loss, rows
from nnlab.models.network import Network
from nnlab.regularizers import Regularizer

Tensors = dict[str, Array]

SAMPLES = 4
# Batch normalisation of few samples bends so sharply that even small differences are inexact.
MODEL_SAMPLES = 16
# Four do in networks on images, whose statistics are over pixels too: ResNet in 20 seconds instead of 80.
LARGE_MODEL = 2**16


@dataclass(frozen=True)
class Subject:
    """A scalar function of named tensors with its gradient as the code under test computes it.

    ``value`` may be called with real or complex tensors; ``kink_sides`` gives the side of each kink that the
    last call took.
    """

    name: str
    tensors: Tensors
    value: Callable[[Tensors], complex]
    gradients: Callable[[Tensors], Tensors]
    kink_sides: Callable[[Tensors], list[Array]]


def layer_subject(
    name: str, layer: Layer, in_shape: Shape, seed: int, *, training: bool = True, channels_last: bool = False
) -> Subject:
    """f = Σ direction · layer(x), with a fixed random direction, and the layer's own penalties on weights and outputs.

    ``channels_last``: images are in memory as N, H, W, C, as convolutions return them.
    """
    rng = np.random.default_rng(seed)
    layer.setup(in_shape, AddressedStreams(seed))
    direction = rng.standard_normal((SAMPLES, *layer.out_shape))
    parameters = {parameter.name: parameter for parameter in layer.parameters}
    tensors = {"x": layer.example_inputs(rng, SAMPLES)}
    tensors |= {key: rng.standard_normal(parameter.shape) for key, parameter in parameters.items()}
    fixed = _frozen(parameters, tensors) | _without_derivative([layer], tensors)

    keys = {id(parameter): key for key, parameter in parameters.items()}
    penalised = [(own, keys[id(weight)]) for own, weight in layer.regularizers()]
    laid_out = _channels_last if channels_last else np.asarray

    def value(at: Tensors) -> complex:
        _place(parameters, fixed | at)
        y = layer.forward(laid_out((fixed | at)["x"]), training=training)
        penalty = sum(term.value(at[key].reshape(-1)) for term, key in penalised)
        return complex((y * direction).sum()) + layer.activity_penalty() + penalty

    def gradients(at: Tensors) -> Tensors:
        value(at)
        dx = layer.backward(laid_out(direction))
        for term, key in penalised:
            term.add_gradient(at[key].reshape(-1), parameters[key].grad.reshape(-1))
        written = {"x": dx} | {key: parameter.grad for key, parameter in parameters.items()}
        return {key: gradient for key, gradient in written.items() if key in tensors}

    def kink_sides(at: Tensors) -> list[Array]:
        return _kink_sides([layer]) + [side for term, key in penalised for side in term.kink_sides(at[key].reshape(-1))]

    return Subject(name, tensors, value, gradients, kink_sides)


def loss_subject(name: str, loss: Loss, seed: int, task: Task = CLASSES) -> Subject:
    """f = the mean loss of random scores for random targets."""
    rng = np.random.default_rng(seed)
    targets = _random_targets((5,), SAMPLES, task, rng)

    def value(at: Tensors) -> complex:
        return complex(loss.per_sample(at["scores"], targets).mean())

    def gradients(at: Tensors) -> Tensors:
        value(at)
        return {"scores": loss.backward()}

    scores = rng.standard_normal((SAMPLES, 5))
    return Subject(name, {"scores": scores}, value, gradients, lambda at: _kink_sides([loss]))


def regularizer_subject(name: str, regularizer: Regularizer, seed: int) -> Subject:
    """f = the penalty of random weights."""
    W = np.random.default_rng(seed).standard_normal(20)

    def gradients(at: Tensors) -> Tensors:
        return {"W": regularizer.gradient(at["W"], np.empty_like(W))}

    return Subject(
        name,
        {"W": W},
        lambda at: complex(regularizer.value(at["W"])),
        gradients,
        lambda at: regularizer.kink_sides(at["W"]),
    )


def model_subject(
    name: str,
    network: Network,
    loss: Loss,
    terms: Sequence[Regularizer],
    seed: int,
    task: Task = CLASSES,
    samples: tuple[Array, Array] | None = None,
) -> Subject:
    """f = loss + penalties of a whole network on random samples, or as a function of its parameters on these.

    Weights are drawn with std √(2/fan_in) instead of the spec's: the check is of the formulas, and a gradient that
    vanishes (small weights, deep sigmoids) would drown in the rounding of a difference.
    """
    rng = np.random.default_rng(seed)
    parameters = dict(network.named_parameters())
    tensors = {}
    if samples is None:
        count = model_samples(network)
        targets = _random_targets(network.out_shape, count, task, rng)
        tensors["x"] = network.layers[0].example_inputs(rng, count)
    else:
        x, targets = samples
    for key, parameter in parameters.items():
        spread = np.sqrt(2 / _fan_in(parameter)) if parameter.regularized else 0.5
        tensors[key] = spread * rng.standard_normal(parameter.shape)
    fixed = _frozen(parameters, tensors)
    fixed |= _without_derivative(network.layers, tensors) if samples is None else {"x": x}
    return _network_subject(name, network, loss, terms, targets, tensors, fixed)


def model_samples(network: Network) -> int:
    """How many samples the gradients of a network are checked on."""
    large = sum(activation_memory(layer) for layer in network.layers) > LARGE_MODEL
    return SAMPLES if large else MODEL_SAMPLES


def trained_subject(
    name: str, network: Network, loss: Loss, terms: Sequence[Regularizer], x: Array, targets: Array
) -> Subject:
    """f = loss + penalties of a network as it is, on these samples, as a function of its trained parameters."""
    tensors = {key: parameter.value.astype(np.float64) for key, parameter in network.named_parameters()}
    fixed = _frozen(dict(network.named_parameters()), tensors) | {"x": x.astype(np.float64)}
    return _network_subject(name, network, loss, terms, targets, tensors, fixed)


def _network_subject(
    name: str,
    network: Network,
    loss: Loss,
    terms: Sequence[Regularizer],
    targets: Array,
    tensors: Tensors,
    fixed: Tensors,
) -> Subject:
    """Loss + penalties of a network as a function of ``tensors``; other parameters, and perhaps x, are ``fixed``."""
    parameters = dict(network.named_parameters())
    keys = {id(parameter): key for key, parameter in parameters.items()}
    weights = [key for key, parameter in parameters.items() if parameter.regularized and not parameter.frozen]
    penalised = [(term, key) for term in terms for key in weights]
    penalised += [(own, keys[id(weight)]) for layer in network.layers for own, weight in layer.regularizers()]

    def value(at: Tensors) -> complex:
        dtype = next(iter(at.values())).dtype  # layers compute in that of their input
        everything = {key: array.astype(dtype, copy=False) for key, array in fixed.items()} | at
        _place(parameters, everything)
        scores = network.forward(everything["x"], training=True)
        activity = sum(layer.activity_penalty() for layer in network.layers)
        penalty = sum(term.value(at[key].reshape(-1)) for term, key in penalised)
        return complex(loss.per_sample(*rows(scores, targets)).mean()) + activity + penalty

    def gradients(at: Tensors) -> Tensors:
        value(at)
        network.backward(loss.backward())
        written = {key: parameter.grad.copy() for key, parameter in parameters.items() if key in tensors}
        for term, key in penalised:
            term.add_gradient(at[key].reshape(-1), written[key].reshape(-1))
        if "x" not in tensors:
            return written
        value(at)
        return {"x": network.input_gradient(loss.backward())} | written

    def kink_sides(at: Tensors) -> list[Array]:
        return _kink_sides([*network.layers, loss]) + [
            side for term, key in penalised for side in term.kink_sides(at[key].reshape(-1))
        ]

    return Subject(name, tensors, value, gradients, kink_sides)


def _random_targets(out_shape: Shape, samples: int, task: Task, rng: np.random.Generator) -> Array:
    """Classes (N,) or (N, T), or numbers (N, K), for scores of this shape."""
    if task == CLASSES:
        return rng.integers(out_shape[-1], size=(samples, *out_shape[:-1]))
    return rng.standard_normal((samples, *out_shape))


def _fan_in(W: Parameter) -> int:
    """How many products one output sums: W is (in, out) in a linear layer, (out, in, kh, kw) in a convolution."""
    outputs = W.shape[0] if len(W.shape) == 4 else W.shape[-1]
    return W.size // outputs


def _frozen(parameters: dict[str, Parameter], tensors: Tensors) -> Tensors:
    """Take the frozen parameters out of the tensors to check: layers write no gradient for them."""
    return {key: tensors.pop(key) for key, parameter in parameters.items() if parameter.frozen}


def _without_derivative(layers: Sequence[Layer], tensors: Tensors) -> Tensors:
    """Take x out of the tensors to check where the output has no derivative by it, as that of an embedding."""
    return {} if all(layer.differentiable for layer in all_layers(layers)) else {"x": tensors.pop("x")}


def _place(parameters: dict[str, Parameter], at: Tensors) -> None:
    """Point every parameter at the tensors of this call, with room for a gradient."""
    for key, parameter in parameters.items():
        parameter.value = at[key]
        parameter.grad = np.empty(parameter.shape)


def _channels_last(x: Array) -> Array:
    """The same batch, laid out in memory as N, H, W, C where it is one of images."""
    return x.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2) if x.ndim == 4 else x


def _kink_sides(stack: Sequence[Layer | Loss]) -> list[Array]:
    return [side.copy() for part in stack if (side := part.kink_sides()) is not None]
