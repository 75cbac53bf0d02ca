"""The two-dimensional convolution."""

from dataclasses import dataclass
from math import prod
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array, Shape, column_sums, tall_product
from nnlab.layers.depthwise import Depthwise
from nnlab.layers.im2col import Columns, SumOfProducts, filter_matrix, filters_of, windows_of_dy_pay
from nnlab.layers.weighted import WeightedLayer
from nnlab.layers.windows import Paddings, Sizes, channels_last, image_shape, windows_over
from nnlab.layers.winograd import Winograd, winograd_pays
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
        # For each group its channels of x and its filters, which are channels of y.
        self._groups = [
            (slice(g * channels, (g + 1) * channels), slice(g * filters, (g + 1) * filters)) for g in range(self.groups)
        ]
        self._depthwise = channels == 1 < self.groups
        self._winograd = self.groups == 1 and winograd_pays(self.windows, C, self.filters)
        self._windows_of_dy, self._windows_of_dy_for_dW = (
            windows_of_dy_pay(self.windows, channels, filters, input_gradient=needed) for needed in (True, False)
        )
        shape = (self.filters, channels, *self.windows.size[-self.axes :])
        self.W, self.b = self.weights_and_bias(shape, prod(shape[1:]), self.filters)
        return (self.filters, *self.windows.out[-self.axes :])

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = columns · matrix, piece by piece: each row is a window of x, each column of the matrix a filter."""
        self._images = images = channels_last(x, self.workspace, "x")
        y = self.workspace.images("y", (len(x), self.filters, *self.windows.out), x.dtype)
        ordered = y.transpose(0, 2, 3, 1)
        if self._depthwise:
            padded = self.windows.pad(images, self.workspace, 0)
            self._each_channel = Depthwise(padded, self._as_images(self.W.value), self.windows, self.workspace)
            self._each_channel.forward(None if self.b is None else self.b.value, ordered)
            return y
        if self._winograd:
            self._tiles = Winograd(images, self._as_images(self.W.value), self.windows, self.workspace)
            self._tiles.forward(None if self.b is None else self.b.value, ordered)
            return y
        rows = ordered.reshape(-1, self.filters)
        self._columns: list[Columns] = []
        for channels, filters in self._groups:
            self._forget_columns()
            columns = Columns(images[..., channels], self.windows, int(self.bias), self.workspace, self.column_bytes)
            self._columns.append(columns)
            b = None if self.b is None else self.b.value[filters]
            matrix = filter_matrix(self._as_images(self.W.value)[filters], b, self.workspace)
            for piece in columns.pieces:
                tall_product(columns.matrix(piece), matrix, out=rows[piece.rows, filters])
        return y

    def backward_parameters(self, dy: Array) -> None:
        """dW = columnsᵀ · dy, summed over the pieces; db = Σ_n,i,j dy."""
        if self.frozen:
            return
        rows = self._dy_rows(dy)
        if self._depthwise:
            self._gradients_of_channels(rows)
        elif self._winograd:
            self._backward_by_tiles(rows, None)
        elif self._windows_of_dy_for_dW:
            self._backward_by_windows_of_dy(rows, None)
        else:
            for g in reversed(range(self.groups)):  # the last one's columns may still be there
                self._gradients(g, rows)

    def backward(self, dy: Array) -> Array:
        """Also dx, from tiles, from the windows of dy or back to those of x, whichever is fastest."""
        rows = self._dy_rows(dy)
        if self._depthwise:
            if not self.frozen:
                self._gradients_of_channels(rows)
            padded = self.workspace.array("dx", (len(dy), *self.windows.padded, self.in_shape[0]), dy.dtype)
            padded.fill(0)
            self._each_channel.input_gradient(self._ordered(rows), padded)
            return self.windows.crop(padded).transpose(0, 3, 1, 2)
        dx = self.workspace.array("dx", self._images.shape, dy.dtype)
        if self._winograd:
            self._backward_by_tiles(rows, dx)
        elif self._windows_of_dy:
            self._backward_by_windows_of_dy(rows, dx)
        else:
            self._backward_by_scattering(rows, dx)
        return dx.transpose(0, 3, 1, 2)

    def _backward_by_tiles(self, rows: Array, dx: Array | None) -> None:
        if self.b is not None and not self.frozen:
            column_sums(rows, out=self.b.grad)
        self._tiles.backward(self._ordered(rows), dx, None if self.frozen else self._as_images(self.W.grad))

    def _backward_by_windows_of_dy(self, rows: Array, dx: Array | None) -> None:
        """dx is a convolution of dy with the filters turned by 180°, and dW = xᵀ · the same columns, those of dy."""
        if self.b is not None and not self.frozen:
            column_sums(rows, out=self.b.grad)
        x_rows, dy = self._images.reshape(-1, self.in_shape[0]), self._ordered(rows)
        for channels, filters in self._groups:
            self._forget_columns()
            columns = Columns(dy[..., filters], self.windows.of_gradient, 0, self.workspace, self.column_bytes)
            W = self._as_images(self.W.value)[filters].transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]
            matrix = filter_matrix(W, None, self.workspace)
            total = SumOfProducts((len(W), columns.width), dy.dtype, self.workspace)
            for piece in columns.pieces:
                windows = columns.matrix(piece)
                if dx is not None:
                    tall_product(windows, matrix, out=dx.reshape(x_rows.shape)[piece.rows, channels])
                if not self.frozen:
                    total.add(x_rows[piece.rows, channels], windows)
            if not self.frozen:
                turned = self._as_images(self.W.grad)[filters].transpose(1, 2, 3, 0)[:, ::-1, ::-1]
                np.copyto(turned, total.value.reshape(turned.shape))

    def _backward_by_scattering(self, rows: Array, dx: Array) -> None:
        """The gradient of each window is dy · Wᵀ, which is added to dx where the window was."""
        for g in reversed(range(self.groups)):  # the last one's columns may still be there
            if not self.frozen:
                self._gradients(g, rows)
            columns, (channels, filters) = self._columns[g], self._groups[g]
            W = filter_matrix(self._as_images(self.W.value)[filters], None, self.workspace)
            for piece in columns.pieces:
                gradient = np.matmul(rows[piece.rows, filters], W.T, out=columns.memory(piece))
                columns.scatter(gradient, piece, dx[..., channels])

    def _forget_columns(self) -> None:
        if self._columns:
            self._columns[-1].forget()

    def _dy_rows(self, dy: Array) -> Array:
        return channels_last(dy, self.workspace, "dy").reshape(-1, self.filters)

    def _ordered(self, rows: Array) -> Array:
        return rows.reshape(-1, *self.windows.out, self.filters)

    def _gradients_of_channels(self, rows: Array) -> None:
        self._each_channel.weight_gradient(self._ordered(rows), self._as_images(self.W.grad))
        if self.b is not None:
            column_sums(rows, out=self.b.grad)

    def _gradients(self, group: int, rows: Array) -> None:
        columns, (_, filters) = self._columns[group], self._groups[group]
        total = SumOfProducts((columns.width, filters.stop - filters.start), rows.dtype, self.workspace)
        for piece in reversed(columns.pieces):  # the last one's columns are still there
            total.add(columns.matrix(piece), rows[piece.rows, filters])
        dW = self._as_images(self.W.grad)[filters]
        dW[...] = filters_of(total.value[: columns.window_size], dW.shape)
        if self.b is not None:
            self.b.grad[filters] = total.value[-1]

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
    (im2col), with W as a matrix: see im2col.py; 3x3 and 5x5 filters of many channels with fewer: winograd.py.
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
