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
    return sum(each.activation_arrays * max(prod(each.in_shape), prod(each.out_shape)) for each in all_layers([layer]))


def multiply_adds(layer: Layer) -> int:
    """Multiplications with additions in the forward pass of one sample, as far as they are matrix products.

    Σ (numbers in W)·H_out·W_out: each weight is multiplied once at every position of the output, D_in·D_out for a
    linear layer and F·C·K²·H_out·W_out for a convolution.
    """
    if inner := layer.inner():
        return sum(multiply_adds(part) for _, part in inner)
    weights = sum(parameter.size for parameter in layer.parameters if parameter.regularized)
    return weights * prod(layer.out_shape[1:])


def smallest_batch(layer: Layer) -> int:
    """The fewest samples of a training batch: batch statistics of a single number normalise it to 0."""
    one_number = (each.batch_dependent and prod(each.in_shape[1:]) == 1 for each in all_layers([layer]))
    return 2 if any(one_number) else 1


def draws_weights(layer: Layer) -> bool:
    """Whether any parameter has random initial values."""
    return any(parameter.regularized for parameter in layer.parameters)


def initialise(layer: Layer, rng: RandomGenerator) -> None:
    """Draw the initial values of the parameters, in the order of their declaration."""
    for parameter in layer.parameters:
        parameter.value[...] = parameter.initial(rng)
