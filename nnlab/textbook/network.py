"""A network of layers, and its training."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from nnlab.textbook.composite import backward, forward
from nnlab.textbook.layer import Layer
from nnlab.textbook.losses import Loss
from nnlab.textbook.optimizers import Arrays, Optimizer


class Network:
    """Layers in sequence, and the loss of their scores.

    The weights are called W1, b1, W2, b2, ...; the number counts the layers whose weights are trained.
    """

    def __init__(self, layers: Sequence[Layer], last_layer: Loss) -> None:
        self.layers, self.last_layer = layers, last_layer
        self.trained = [layer for layer in with_inner(layers) if layer.parameters and not layer.frozen]
        self.params = named(self.trained)

    def predict(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """The scores (N, K) of a batch."""
        return forward(self.layers, x, training)

    def loss(self, x: np.ndarray, t: np.ndarray, training: bool = False) -> float:
        """The loss with all regularisation terms, which training minimises."""
        loss = self.last_layer.forward(self.predict(x, training), t)
        loss += sum(layer.penalty() for layer in with_inner(self.layers))
        return loss + weight_penalty(self.trained)

    def gradient(self, x: np.ndarray, t: np.ndarray) -> Arrays:
        """The gradient of the loss of a batch in training: forward through all layers, then backward."""
        self.training_loss = self.loss(x, t, training=True)
        backward(self.layers, self.last_layer.backward())
        grads = named(self.trained, "d")
        for name, g in weight_penalty_gradients(self.trained).items():
            grads[name] = grads[name] + g
        return grads


def with_inner(layers: Iterable[Layer]) -> Iterator[Layer]:
    """The layers, each followed by those that it is made of."""
    for layer in layers:
        yield layer
        yield from with_inner(layer.inner)


def weight_names(layer: Layer) -> list[str]:
    """The names of the weights on which regularizers act: W, or Wx and Wh."""
    return [name for name in layer.parameters if name.startswith("W")]


def weight_penalty(layers: Iterable[Layer]) -> float:
    """What the regularizers of the layers add to the loss."""
    return sum(
        term.value(getattr(layer, name))
        for layer in layers
        for term in layer.regularizers
        for name in weight_names(layer)
    )


def weight_penalty_gradients(layers: Iterable[Layer]) -> Arrays:
    """The gradients of the regularizers' terms, by the names W1, W2, ... of the weights."""
    grads: Arrays = {}
    for number, layer in enumerate(layers, start=1):
        for name in weight_names(layer) if layer.regularizers else ():
            W = getattr(layer, name)
            grads[f"{name}{number}"] = np.sum([term.gradient(W) for term in layer.regularizers], axis=0)
    return grads


def named(layers: Iterable[Layer], d: str = "") -> Arrays:
    """The weights W1, b1, W2, b2, ... of the layers; with "d", their gradients by the names of the weights."""
    return {
        f"{name}{number}": getattr(layer, d + name)
        for number, layer in enumerate(layers, start=1)
        for name in layer.parameters
    }


def train(
    network: Network, optimizer: Optimizer, x: np.ndarray, t: np.ndarray, batches: Iterable[np.ndarray]
) -> list[float]:
    """One update for each batch, which is an array of indices of samples; the loss before each update."""
    losses = []
    for batch in batches:
        grads = network.gradient(x[batch], t[batch])
        optimizer.update(network.params, grads)
        losses.append(network.training_loss)
    return losses
