"""The two-dimensional convolution."""

from dataclasses import dataclass
from math import prod
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array, Shape, column_sums
from nnlab.layers.depthwise import Depthwise
from nnlab.layers.im2col import Columns, filter_matrix, filters_of
from nnlab.layers.weighted import WeightedLayer
from nnlab.layers.windows import Paddings, Sizes, channels_last, image_shape, windows_over
from nnlab.registry import Doc, OmittedAtDefault, layers


@dataclass(kw_only=True)
class Convolution(WeightedLayer):
    """What convolutions of images and of sequences share: the matrix products, for images (N, C, H, W).

    Each group of filters sees an equal share of the channels; it is a convolution of its own.
    """

    activation_arrays = 3
    axes: ClassVar[int] = 2  # along which windows slide
    column_bytes = 2**21  # the size of the pieces in which windows become rows

    filters: Annotated[int, Ge(1), Le(10**6), Doc("number of filters F, the channels of the output")]
    kernel: Annotated[Sizes, Doc("height and width K of each filter: a number or [height, width]")] = 3
    stride: Annotated[Sizes, Doc("step between positions of the filter: a number or [down, across]")] = 1
    padding: Annotated[
        Paddings,
        Doc("zero padding: pixels on each side, [above, beside], same (H_out = ⌈H/stride⌉) or valid (none)"),
    ] = 0
    dilation: Annotated[
        Sizes, OmittedAtDefault(), Doc("distance between the pixels of a window: a number or [down, across]")
    ] = 1
    groups: Annotated[
        int,
        OmittedAtDefault(),
        Ge(1),
        Le(10**6),
        Doc("parts of the channels with filters of their own; as many as channels: depthwise"),
    ] = 1

    def build(self, in_shape: Shape) -> Shape:
        C, *lengths = image_shape(self, in_shape, self.axes)
        self.windows = windows_over(
            self, tuple(lengths), "kernel", self.kernel, self.stride, self.padding, self.dilation
        )
        if C % self.groups or self.filters % self.groups:
            raise self.shape_error(
                f"groups {self.groups} must divide the number of input channels ({C}) and of filters ({self.filters})"
            )
        channels, filters = C // self.groups, self.filters // self.groups
        self._groups = [slice(g * filters, (g + 1) * filters) for g in range(self.groups)]
        self._depthwise = channels == 1 < self.groups
        shape = (self.filters, channels, *self.windows.size[-self.axes :])
        self.W, self.b = self.weights_and_bias(shape, prod(shape[1:]), self.filters)
        return (self.filters, *self.windows.out[-self.axes :])

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = columns · matrix, piece by piece: each row is a window of x, each column of the matrix a filter."""
        padded = self.windows.pad(channels_last(x, self.workspace, "x"), self.workspace, 0)
        y = self.workspace.images("y", (len(x), self.filters, *self.windows.out), x.dtype)
        ordered = y.transpose(0, 2, 3, 1)
        if self._depthwise:
            self._each_channel = Depthwise(padded, self._as_images(self.W.value), self.windows, self.workspace)
            self._each_channel.forward(None if self.b is None else self.b.value, ordered)
            return y
        rows = ordered.reshape(-1, self.filters)
        self._columns: list[Columns] = []
        for channels, filters in zip(self._by_group("groups of x", padded), self._groups, strict=True):
            if self._columns:
                self._columns[-1].forget()
            columns = Columns(channels, self.windows, int(self.bias), self.workspace, self.column_bytes)
            self._columns.append(columns)
            matrix = self._matrix(filters)
            for piece in columns.pieces:
                np.matmul(columns.matrix(piece), matrix, out=rows[piece.rows, filters])
        return y

    def backward_parameters(self, dy: Array) -> None:
        """dW = columnsᵀ · dy, summed over the pieces; db = Σ_n,i,j dy is its last row, as the last column is ones."""
        if self.frozen:
            return
        rows = self._dy_rows(dy)
        if self._depthwise:
            self._gradients_of_channels(rows)
            return
        for g in reversed(range(self.groups)):  # the last one's columns may still be there
            self._gradients(g, rows)

    def backward(self, dy: Array) -> Array:
        """Also dx = dy · Wᵀ for each window, added up where windows overlap."""
        rows = self._dy_rows(dy)
        dx = self.workspace.array("dx", (len(dy), *self.windows.padded, self.in_shape[0]), dy.dtype)
        dx.fill(0)
        if self._depthwise:
            if not self.frozen:
                self._gradients_of_channels(rows)
            self._each_channel.input_gradient(self._ordered(rows), dx)
            return self.windows.crop(dx).transpose(0, 3, 1, 2)
        shares = self._by_group("groups of dx", dx)
        for g in reversed(range(self.groups)):  # the last one's columns may still be there
            if not self.frozen:
                self._gradients(g, rows)
            columns, filters = self._columns[g], self._groups[g]
            W = self._matrix(filters)[: columns.window_size]
            for piece in columns.pieces:
                gradient = np.matmul(rows[piece.rows, filters], W.T, out=columns.memory(piece))
                columns.scatter(gradient, piece, shares[g])
        if self.groups > 1:
            np.copyto(self._group_views(dx), shares)
        return self.windows.crop(dx).transpose(0, 3, 1, 2)

    def _group_views(self, x: Array) -> Array:
        """The channels of each group of padded images, (groups, N, H, W, C/groups), as a view."""
        return x.reshape(*x.shape[:3], self.groups, x.shape[3] // self.groups).transpose(3, 0, 1, 2, 4)

    def _by_group(self, name: str, x: Array) -> Array:
        """The same, but each group by itself in memory, which halves the time of windows of a few channels each."""
        if self.groups == 1:
            return x[None]
        views = self._group_views(x)
        copies = self.workspace.array(name, views.shape, x.dtype)
        np.copyto(copies, views)
        return copies

    def _dy_rows(self, dy: Array) -> Array:
        return channels_last(dy, self.workspace, "dy").reshape(-1, self.filters)

    def _ordered(self, rows: Array) -> Array:
        return rows.reshape(-1, *self.windows.out, self.filters)

    def _gradients_of_channels(self, rows: Array) -> None:
        self._each_channel.weight_gradient(self._ordered(rows), self._as_images(self.W.grad))
        if self.b is not None:
            column_sums(rows, out=self.b.grad)

    def _gradients(self, group: int, rows: Array) -> None:
        columns, filters = self._columns[group], self._groups[group]
        shape = (columns.width, filters.stop - filters.start)
        total = self.workspace.array("total", shape, rows.dtype)
        share = self.workspace.array("share", shape, rows.dtype)
        total.fill(0)
        for piece in reversed(columns.pieces):  # the last one's columns are still there
            total += np.matmul(columns.matrix(piece).T, rows[piece.rows, filters], out=share)
        dW = self._as_images(self.W.grad)[filters]
        dW[...] = filters_of(total[: columns.window_size], dW.shape)
        if self.b is not None:
            self.b.grad[filters] = total[-1]

    def _matrix(self, filters: slice) -> Array:
        b = None if self.b is None else self.b.value[filters]
        return filter_matrix(self._as_images(self.W.value)[filters], b, self.workspace)

    def _as_images(self, W: Array) -> Array:
        """W with its two axes of height and width, (F, C/groups, Kh, Kw), as a view."""
        return W.reshape(*W.shape[:2], *self.windows.size)


@layers.register("conv2d")
@dataclass(kw_only=True)
class Conv2D(Convolution):
    """Slide filters W over images: each output is the product of a filter and a window of x, summed up.

        y[n,f,i,j] = Σ_{c,u,v} W[f,c,u,v] x[n,c,i·s+u·d,j·s+v·d] + b[f]
        dW[f,c,u,v] = Σ_{n,i,j} dy[n,f,i,j] x[n,c,i·s+u·d,j·s+v·d]
        db[f] = Σ_{n,i,j} dy[n,f,i,j]
        dx[n,c,p,q] = Σ_{f,i,j} W[f,c,u,v] dy[n,f,i,j] where p = i·s+u·d, q = j·s+v·d

    s is the stride, d the dilation; x is padded by zeros. With G groups, W is (F, C/G, Kh, Kw) and filter f sees the
    channels of its group only, C/G from ⌊f·G/F⌋·C/G on. Computed as a matrix product of the windows, one row each
    (im2col), with W as a matrix: see im2col.py.
    Equals ``textbook.Convolution``; faster, since the windows of a few images at a time stay in the cache.
    Source: LeCun et al. 1989, Neural Computation 1 (4); "Deep Learning from Scratch", sections 7.2 and 7.4.
    """

    @classmethod
    def examples(cls) -> "list[tuple[Conv2D, Shape]]":
        """One and several channels, paddings, strides, no bias; pieces of one image; rectangles, dilation, groups."""
        one, several = cls(filters=2, kernel=2), cls(filters=2, kernel=2, l1=0.1, l2=0.2)
        grouped = cls(filters=4, kernel=2, groups=2, l2=0.1)
        for layer in (one, several, grouped):
            layer.column_bytes = 1
        return [
            (one, (1, 3, 4)),
            (several, (2, 3, 4)),
            (cls(filters=2), (1, 5, 4)),
            (cls(filters=3, kernel=2, stride=2, padding=1, bias=False), (2, 5, 4)),
            (cls(filters=2, kernel=3, stride=2, padding="same"), (3, 4, 5)),
            (cls(filters=2, kernel=[3, 2], stride=[1, 2], padding=[0, 1]), (2, 4, 3)),
            (cls(filters=2, kernel=[2, 3], dilation=[2, 1], padding="same"), (1, 4, 4)),
            (grouped, (4, 3, 3)),
            (cls(filters=6, kernel=2, dilation=2, groups=3, padding=1), (3, 3, 4)),
        ]
