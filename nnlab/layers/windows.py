"""Windows that slide over images, or along one axis: what convolutions and pooling share."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Le, MaxLen, MinLen

from nnlab.core.arrays import Array, Shape, shape_text
from nnlab.core.workspace import Workspace
from nnlab.layers.base import Layer

Size = Annotated[int, Ge(1), Le(10_000)]
Border = Annotated[int, Ge(0), Le(10_000)]
Padding = Border | Literal["same", "valid"]
Sizes = Size | Annotated[list[Size], MinLen(2), MaxLen(2)]
"""A number for both axes, or [down, across]."""
Paddings = Border | Literal["same", "valid"] | Annotated[list[Border], MinLen(2), MaxLen(2)]

Pair = tuple[int, int]


@dataclass(frozen=True)
class Windows:
    """Windows at steps of ``stride`` over images of H x W with a border of padding around them.

    A window has ``size`` pixels down and across, ``dilation`` apart, and covers ``extent``. ``top`` and ``left`` count
    the rows and columns of padding before the image; ``padded`` is H, W with all padding and ``out`` the number of
    windows down and across.
    """

    size: Pair
    stride: Pair
    dilation: Pair
    extent: Pair
    top: int
    left: int
    inner: Pair
    padded: Pair
    out: Pair

    def pad(self, x: Array, workspace: Workspace, fill: float) -> Array:
        """Images (N, H, W, C) with the border around them; the images themselves where there is none."""
        if self.padded == self.inner:
            return x
        N, C = x.shape[0], x.shape[3]
        padded = workspace.array("padded", (N, *self.padded, C), x.dtype)
        padded.fill(fill)
        np.copyto(self.crop(padded), x)
        return padded

    def crop(self, padded: Array) -> Array:
        """The images without their border, as a view."""
        H, W = self.inner
        return padded[:, self.top : self.top + H, self.left : self.left + W]

    @property
    def border(self) -> tuple[int, int, int, int]:
        """The rows and columns of padding: top, left, bottom, right."""
        bottom, right = (total - length for total, length in zip(self.padded, self.inner, strict=True))
        return (self.top, self.left, bottom - self.top, right - self.left)

    @cached_property
    def overlap(self) -> bool:
        """Whether windows share pixels."""
        return any(stride < extent for stride, extent in zip(self.stride, self.extent, strict=True))

    @cached_property
    def tile(self) -> bool:
        """Whether every pixel, padding included, is in exactly one window."""
        covered = (self.out[0] * self.size[0], self.out[1] * self.size[1])
        return self.stride == self.size and self.padded == covered

    @cached_property
    def of_gradient(self) -> "Windows":
        """For stride 1, windows over the gradient of the output: one for each pixel of the images, all that saw it."""
        top, left = (extent - 1 - before for extent, before in zip(self.extent, (self.top, self.left), strict=True))
        H, W = self.inner
        padded = (H + self.extent[0] - 1, W + self.extent[1] - 1)
        return replace(self, top=top, left=left, inner=self.out, padded=padded, out=self.inner)

    def offsets(self) -> Iterator[Pair]:
        """Each (i, j) within a window, row by row."""
        return ((i, j) for i in range(self.size[0]) for j in range(self.size[1]))

    def part(self, padded: Array, i: int, j: int) -> Array:
        """Pixel (i, j) of every window, (N, H_out, W_out, C), as a view."""
        return self.column(self.row(padded, i), j)

    def row(self, images: Array, i: int) -> Array:
        """Row i of every window: (N, H, ...) to (N, H_out, ...), as a view."""
        start, stride = i * self.dilation[0], self.stride[0]
        return images[:, start : start + stride * (self.out[0] - 1) + 1 : stride]

    def column(self, images: Array, j: int) -> Array:
        """Column j of every window: (N, ..., W, C) to (N, ..., W_out, C), as a view."""
        start, stride = j * self.dilation[1], self.stride[1]
        return images[:, :, start : start + stride * (self.out[1] - 1) + 1 : stride]


def image_shape(layer: Layer, in_shape: Shape, axes: int = 2) -> Shape:
    """The input shape of a layer: images (C, H, W) or, of one axis, channels (C, L); raises ShapeError."""
    if len(in_shape) != axes + 1:
        needed = "images (C, H, W)" if axes == 2 else "channels at each place (C, L)"
        raise layer.shape_error(f"needs {needed}, got {shape_text(in_shape)}")
    return in_shape


def windows_over(
    layer: Layer,
    lengths: Shape,
    name: str,
    size: int | Sequence[int],
    stride: int | Sequence[int],
    padding: int | str | Sequence[int],
    dilation: int | Sequence[int] = 1,
) -> Windows:
    """The windows of a layer over images of ``lengths`` (H, W) or along one axis (L,), which becomes (1, L).

    ``name`` says in messages what ``size`` is (kernel, size). Padding ``valid`` adds nothing; ``same`` makes
    H_out = ⌈H / stride⌉, with an odd row or column after the image. Raises ShapeError.
    """
    sizes, strides, dilations = (_each(value, lengths) for value in (size, stride, dilation))
    extents = tuple(gap * (count - 1) + 1 for gap, count in zip(dilations, sizes, strict=True))
    covers = f" with dilation {dilation} ({shape_text(extents)} pixels)" if extents != sizes else ""
    window = f"{name} {size}{covers}"
    if padding == "same":
        totals = [
            max((-(-length // step) - 1) * step + extent - length, 0)
            for length, step, extent in zip(lengths, strides, extents, strict=True)
        ]
        before = [total // 2 for total in totals]
    else:
        before = list(_each(0 if isinstance(padding, str) else padding, lengths))
        if any(border >= extent for border, extent in zip(before, extents, strict=True)):
            raise layer.shape_error(f"padding {padding} must be smaller than the {window}, or windows would be empty")
        totals = [2 * border for border in before]
    padded = tuple(length + total for length, total in zip(lengths, totals, strict=True))
    if any(extent > length for extent, length in zip(extents, padded, strict=True)):
        around = f" with padding {padding}" if padded != lengths else ""
        raise layer.shape_error(f"{window} exceeds input {shape_text(lengths)}{around}")
    if max(extents) > max(2 * max(lengths), 11):  # most places of every window would see nothing but padding
        raise layer.shape_error(f"{window} is more than twice the input {shape_text(lengths)}; make it smaller")
    out = tuple((length - extent) // step + 1 for length, extent, step in zip(padded, extents, strides, strict=True))
    top, left = _pair(before, 0)
    size, stride, dilation, extent, inner, padded, out = (
        _pair(values, 1) for values in (sizes, strides, dilations, extents, lengths, padded, out)
    )
    return Windows(size, stride, dilation, extent, top, left, inner, padded, out)


def _each(value: int | Sequence[int], lengths: Shape) -> Shape:
    """A number for each axis."""
    return (value,) * len(lengths) if isinstance(value, int) else tuple(value)


def _pair(values: Sequence[int], first: int) -> Pair:
    """The numbers of two axes; where there is one axis only, ``first`` is the other's."""
    down, across = (first, *values)[-2:]
    return down, across


def channels_last(x: Array, workspace: Workspace, name: str) -> Array:
    """Images (N, C, H, W) as contiguous (N, H, W, C): a view where memory has that order, else a copy."""
    view = x.transpose(0, 2, 3, 1)
    if view.flags.c_contiguous:
        return view
    copy = workspace.array(name, view.shape, x.dtype)
    np.copyto(copy, view)
    return copy
