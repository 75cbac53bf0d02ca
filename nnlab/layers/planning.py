"""What a network costs and needs, layer by layer: memory, multiply-adds, the smallest batch, initial values."""

from collections.abc import Iterable, Iterator
from math import prod

from nnlab.core.random import RandomGenerator
from nnlab.layers.base import Layer


def all_layers(layers: Iterable[Layer]) -> Iterator[Layer]:
    """The layers, each followed by those that it is made of, however deep."""
    for layer in layers:
        yield layer
        yield from all_layers(inner for _, inner in layer.inner())


def activation_memory(layer: Layer) -> int:
    """About how many numbers a layer keeps in memory for each sample of a batch while training."""
    own = layer.activation_arrays * max(prod(layer.in_shape), prod(layer.out_shape))
    return own + layer.repetitions * sum(activation_memory(inner) for _, inner in layer.inner())


def multiply_adds(layer: Layer) -> int:
    """Multiplications with additions in the forward pass of one sample, as far as they are matrix products.

    Σ (numbers in W)·H_out·W_out: each weight is multiplied once at every position of the output, D_in·D_out for a
    linear layer and F·C·K²·H_out·W_out for a convolution; T times in a layer on sequences of T steps.
    """
    if inner := layer.inner():
        return layer.repetitions * sum(multiply_adds(part) for _, part in inner)
    weights = sum(parameter.size for parameter in layer.parameters if parameter.regularized)
    return weights * layer.weight_uses()


def smallest_batch(layer: Layer) -> int:
    """The fewest samples of a training batch: batch statistics of a single number normalise it to 0."""
    one_number = (each.batch_dependent and prod(each.in_shape[1:]) == 1 for each in all_layers([layer]))
    return 2 if any(one_number) else 1


def set_batch_size(layers: Iterable[Layer], batch_size: int | None) -> None:
    """Tell layers, and those that they are made of, the size of the batch of which they see a part; None: all of it."""
    for layer in layers:
        layer.batch_size = batch_size
        inside = None if batch_size is None else batch_size * layer.repetitions
        set_batch_size((inner for _, inner in layer.inner()), inside)


def draws_weights(layer: Layer) -> bool:
    """Whether any parameter has random initial values."""
    return any(parameter.regularized for parameter in layer.parameters)


def initialise(layer: Layer, rng: RandomGenerator) -> None:
    """Draw the initial values of the parameters, in the order of their declaration."""
    for parameter in layer.parameters:
        parameter.value[...] = parameter.initial(rng)
