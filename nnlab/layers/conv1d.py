"""The convolution along one axis."""

from dataclasses import dataclass
from typing import Annotated

from nnlab.core.arrays import Array, Shape
from nnlab.layers.conv import Convolution
from nnlab.layers.windows import Padding, Size
from nnlab.registry import Doc, OmittedAtDefault, layers


@layers.register("conv1d")
@dataclass(kw_only=True)
class Conv1D(Convolution):
    """Slide filters W along sequences or signals (N, C, L): each output is a filter times a window, summed up.

        y[n,f,i] = Σ_{c,u} W[f,c,u] x[n,c,i·s+u·d] + b[f]
        dW[f,c,u] = Σ_{n,i} dy[n,f,i] x[n,c,i·s+u·d]
        db[f] = Σ_{n,i} dy[n,f,i]
        dx[n,c,p] = Σ_{f,i} W[f,c,u] dy[n,f,i] where p = i·s+u·d

    s is the stride, d the dilation; x is padded by zeros. With G groups, W is (F, C/G, K) and filter f sees the
    channels of its group only. For sequences (T, D), whose features are the channels, ``permute`` swaps the axes
    before and after it.
    Equals ``textbook.Convolution1D``; computed as conv2d of images of one row.
    Source: Waibel et al. 1989, IEEE Transactions on ASSP 37 (3) (time-delay networks).
    """

    axes = 1

    kernel: Annotated[Size, Doc("length K of each filter")] = 3
    stride: Annotated[Size, Doc("step between positions of the filter")] = 1
    padding: Annotated[Padding, Doc("zero padding: places on each side, same (L_out = ⌈L/stride⌉) or valid (none)")] = 0
    dilation: Annotated[Size, OmittedAtDefault(), Doc("distance between the places of a window")] = 1

    @classmethod
    def examples(cls) -> "list[tuple[Conv1D, Shape]]":
        """One and several channels, paddings, a stride, dilation, groups, depthwise."""
        return [
            (cls(filters=2), (1, 5)),
            (cls(filters=3, kernel=2, stride=2, padding=1, bias=False), (2, 5)),
            (cls(filters=2, padding="same", dilation=2, l1=0.1, l2=0.2), (3, 6)),
            (cls(filters=4, kernel=2, groups=2), (4, 3)),
            (cls(filters=4, padding=2, dilation=2, groups=2), (2, 4)),
        ]

    def forward(self, x: Array, *, training: bool) -> Array:
        """As images of one row."""
        return super().forward(x[:, :, None], training=training)[:, :, 0]

    def backward_parameters(self, dy: Array) -> None:
        super().backward_parameters(dy[:, :, None])

    def backward(self, dy: Array) -> Array:
        return super().backward(dy[:, :, None])[:, :, 0]
