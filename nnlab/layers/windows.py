"""Square windows that slide over images: what convolutions and pooling share."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array, Shape, shape_text
from nnlab.core.workspace import Workspace
from nnlab.layers.base import Layer

Size = Annotated[int, Ge(1), Le(10_000)]
Padding = Annotated[int, Ge(0), Le(10_000)] | Literal["same", "valid"]


@dataclass(frozen=True)
class Windows:
    """Windows of size x size at steps of ``stride`` over images of H x W with a border of padding around them.

    ``top`` and ``left`` count the rows and columns of padding before the image; ``padded`` is H, W with all padding
    and ``out`` the number of windows down and across.
    """

    size: int
    stride: int
    top: int
    left: int
    inner: tuple[int, int]
    padded: tuple[int, int]
    out: tuple[int, int]

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

    @property
    def overlap(self) -> bool:
        """Whether windows share pixels."""
        return self.stride < self.size

    @property
    def tile(self) -> bool:
        """Whether every pixel, padding included, is in exactly one window."""
        covered = (self.out[0] * self.size, self.out[1] * self.size)
        return self.stride == self.size and self.padded == covered

    def offsets(self) -> Iterator[tuple[int, int]]:
        """Each (i, j) within a window, row by row."""
        return ((i, j) for i in range(self.size) for j in range(self.size))

    def part(self, padded: Array, i: int, j: int) -> Array:
        """Pixel (i, j) of every window, (N, H_out, W_out, C), as a view."""
        return self.column(self.row(padded, i), j)

    def row(self, images: Array, i: int) -> Array:
        """Row i of every window: (N, H, ...) to (N, H_out, ...), as a view."""
        return images[:, i : i + self.stride * (self.out[0] - 1) + 1 : self.stride]

    def column(self, images: Array, j: int) -> Array:
        """Column j of every window: (N, ..., W, C) to (N, ..., W_out, C), as a view."""
        return images[:, :, j : j + self.stride * (self.out[1] - 1) + 1 : self.stride]


def image_shape(layer: Layer, in_shape: Shape) -> Shape:
    """The input shape of a layer, which must be that of images (C, H, W); raises ShapeError."""
    if len(in_shape) != 3:
        raise layer.shape_error(f"needs images (C, H, W), got {shape_text(in_shape)}")
    return in_shape


def windows_over(layer: Layer, in_shape: Shape, name: str, size: int, stride: int, padding: Padding) -> Windows:
    """The windows of a layer over its input; ``name`` says in messages what ``size`` is (kernel, size).

    Padding ``valid`` adds nothing; ``same`` makes H_out = ⌈H / stride⌉, with an odd row or column after the image.
    Raises ShapeError.
    """
    _, H, W = image_shape(layer, in_shape)
    if padding == "same":
        totals = [max((-(-length // stride) - 1) * stride + size - length, 0) for length in (H, W)]
        before = [total // 2 for total in totals]
    else:
        border = 0 if padding == "valid" else padding
        if border >= size:
            raise layer.shape_error(
                f"padding {border} must be smaller than the {name} {size}, or windows would be empty"
            )
        totals, before = [2 * border] * 2, [border] * 2
    padded = (H + totals[0], W + totals[1])
    if size > min(padded):
        around = f" with padding {padding}" if padded != (H, W) else ""
        raise layer.shape_error(f"{name} {size} exceeds input {H}x{W}{around}")
    if size > max(2 * max(H, W), 11):  # most places of every window would see nothing but padding
        raise layer.shape_error(f"{name} {size} is more than twice the input {H}x{W}; make it smaller")
    out = ((padded[0] - size) // stride + 1, (padded[1] - size) // stride + 1)
    return Windows(size, stride, before[0], before[1], (H, W), padded, out)


def channels_last(x: Array, workspace: Workspace, name: str) -> Array:
    """Images (N, C, H, W) as contiguous (N, H, W, C): a view where memory has that order, else a copy."""
    view = x.transpose(0, 2, 3, 1)
    if view.flags.c_contiguous:
        return view
    copy = workspace.array(name, view.shape, x.dtype)
    np.copyto(copy, view)
    return copy
