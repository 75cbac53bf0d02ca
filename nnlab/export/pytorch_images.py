"""The modules of PyTorch for convolution and pooling, of images and along one axis."""

from collections.abc import Callable, Sequence
from typing import Any

from nnlab.export.pytorch_module import Module, unless, weights

_AVG_POOL_INSIDE = {1: "AvgPool1dInside", 2: "AvgPoolInside"}
CLASSES = {
    name: f'''
class {name}(nn.AvgPool{axes}d):
    """The mean of the pixels of each window that lie inside, with padding of any width on each side."""

    def __init__(self, padding, **sizes):
        super().__init__(**sizes)
        self.border = padding

    def forward(self, x):
        total = super().forward(nn.functional.pad(x, self.border))
        return total / super().forward(nn.functional.pad(torch.ones_like(x[:1, :1]), self.border))
'''
    for axes, name in _AVG_POOL_INSIDE.items()
}
Named = list[tuple[str, Module]]


def _border(layer: Any) -> tuple[int, ...]:
    """Padding left, right, above and below, in the order of ``torch.nn.functional.pad``."""
    top, left, bottom, right = layer.windows.border
    return (left, right, top, bottom)[: 2 * layer.axes]


def _padding(border: Sequence[int]) -> str:
    """The argument ``padding`` for a border that is as wide left as right and above as below."""
    return unless(not any(border), f", padding={_sizes(border[::-2])}")


def _sizes(sizes: Sequence[int]) -> int | tuple[int, ...]:
    """One number where all axes have the same."""
    return sizes[0] if len(set(sizes)) == 1 else tuple(sizes)


def _is_even(border: Sequence[int]) -> bool:
    return tuple(border[::2]) == tuple(border[1::2])


def _conv(layer: Any) -> Named:
    axes, border, windows = layer.axes, _border(layer), layer.windows
    size, stride, dilation = (_sizes(pair[-axes:]) for pair in (windows.size, windows.stride, windows.dilation))
    sizes = f"{layer.in_shape[0]}, {layer.filters}, kernel_size={size}, stride={stride}"
    settings = unless(dilation == 1, f", dilation={dilation}") + unless(layer.groups == 1, f", groups={layer.groups}")
    settings += unless(layer.bias, ", bias=False")
    if _is_even(border):
        return [("", Module(f"nn.Conv{axes}d({sizes}{_padding(border)}{settings})", weights(layer)))]
    return [
        ("_padding", Module(f"nn.ZeroPad{axes}d({border})")),
        ("", Module(f"nn.Conv{axes}d({sizes}{settings})", weights(layer))),
    ]


def _pooling(layer: Any) -> tuple[str, tuple[int, ...], bool]:
    """Arguments of a pooling layer, its border, and whether PyTorch takes that: at most half a window, and even."""
    border, windows = _border(layer), layer.windows
    size, stride = windows.size[-layer.axes :], windows.stride[-layer.axes :]
    half = all(2 * width <= length for width, length in zip(border[::-2], size, strict=True))
    return f"kernel_size={_sizes(size)}, stride={_sizes(stride)}", border, _is_even(border) and half


def _max_pool(layer: Any) -> Named:
    axes, (sizes, border, simple) = layer.axes, _pooling(layer)
    if simple:
        return [("", Module(f"nn.MaxPool{axes}d({sizes}{_padding(border)})"))]
    return [
        ("_padding", Module(f'nn.ConstantPad{axes}d({border}, -float("inf"))')),
        ("", Module(f"nn.MaxPool{axes}d({sizes})")),
    ]


def _avg_pool(layer: Any) -> Module:
    axes, (sizes, border, simple) = layer.axes, _pooling(layer)
    if not any(border):
        return Module(f"nn.AvgPool{axes}d({sizes})")
    if simple:
        return Module(f"nn.AvgPool{axes}d({sizes}{_padding(border)}, count_include_pad=False)")
    return Module(f"{_AVG_POOL_INSIDE[axes]}({border}, {sizes})")


def _global_avg_pool(layer: Any) -> Named:
    axes = len(layer.in_shape) - 1
    return [("", Module(f"nn.AdaptiveAvgPool{axes}d(1)")), ("_flatten", Module("nn.Flatten()"))]


IMAGES: dict[str, Callable[[Any], Module | Named]] = {
    "conv1d": _conv,
    "conv2d": _conv,
    "max_pool": _max_pool,
    "max_pool1d": _max_pool,
    "avg_pool": _avg_pool,
    "avg_pool1d": _avg_pool,
    "global_avg_pool": _global_avg_pool,
    "global_avg_pool1d": _global_avg_pool,
    "upsample": lambda layer: Module(f"nn.Upsample(scale_factor={layer.factor})"),
}
