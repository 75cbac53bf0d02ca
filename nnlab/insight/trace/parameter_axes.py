"""The letters of the axes of parameters."""

from nnlab.core.flat_parameters import Parameter
from nnlab.layers.base import Layer
from nnlab.registry import registered_name

AXES = {
    ("linear", "W"): ("D_in", "D_out"),
    ("linear", "b"): ("D_out",),
    ("conv2d", "W"): ("F", "C", "Kh", "Kw"),
    ("conv2d", "b"): ("F",),
    ("conv1d", "W"): ("F", "C", "Kl"),
    ("conv1d", "b"): ("F",),
    ("embedding", "W"): ("V", "D"),
    ("rnn", "Wx"): ("D", "U"),
    ("rnn", "Wh"): ("U", "U"),
    ("rnn", "b"): ("U",),
    ("lstm", "Wx"): ("D", "4·U"),
    ("lstm", "Wh"): ("U", "4·U"),
    ("lstm", "b"): ("4·U",),
    ("gru", "Wx"): ("D", "3·U"),
    ("gru", "Wh"): ("U", "3·U"),
    ("gru", "b"): ("3·U",),
    ("gru", "bh"): ("U",),
}


def parameter_axes(layer: Layer, parameter: Parameter) -> tuple[str, ...]:
    """D_in, D_out for a linear W; F, C, Kh, Kw for a convolution's; letters of a sample where the shape is one's."""
    name = own_name(parameter)
    found = AXES.get((registered_name(layer), name))
    if found:
        return found
    letters = ("C", "H", "W") if len(layer.out_shape) == 3 else ("T", "D") if len(layer.out_shape) == 2 else ("D",)
    return letters[: len(parameter.shape)] if parameter.shape == layer.out_shape[: len(parameter.shape)] else ()


def own_name(parameter: Parameter) -> str:
    """The name within the innermost layer: W for ``linear1.W``."""
    return parameter.name.rpartition(".")[2]
