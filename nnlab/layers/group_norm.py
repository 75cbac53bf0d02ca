"""Group and instance normalisation."""

from dataclasses import dataclass
from math import prod
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from nnlab.core.arrays import Array, Shape, shape_text
from nnlab.layers.base import FROZEN
from nnlab.layers.sample_norm import EPS, SampleNorm
from nnlab.registry import Doc, layers


class ChannelGroupNorm(SampleNorm):
    """Neighbouring channels form groups, each normalised over its channels and pixels; one gamma and beta a channel."""

    def normalise_groups(self, in_shape: Shape, groups: int) -> Shape:
        """Declare gamma and beta, and normalise ``groups`` groups of channels by themselves."""
        channels, *pixels = in_shape
        if channels // groups * prod(pixels) == 1:
            raise self.shape_error(f"each mean would be over one number: {shape_text(in_shape)} in {groups} groups")
        self.declare_scales((channels,))
        self._count, self._width = groups, channels // groups
        self._pixels = tuple(range(2, len(pixels) + 2))
        return in_shape

    def mean(self, name: str, x: Array) -> Array:
        """The mean over pixels, then over the channels of each group, once for each channel: (N, C, 1, 1) or (N, D)."""
        channels = x
        if self._pixels:
            kept = name if self._width == 1 else "channel means"
            channels = self.workspace.array(kept, (*x.shape[:2], *(1 for _ in self._pixels)), x.dtype)
            np.mean(x, axis=self._pixels, keepdims=True, out=channels)
        if self._width == 1:
            return channels
        grouped = (len(x), self._count, self._width)
        means = self.workspace.array("group means", (*grouped[:2], 1), x.dtype)
        np.mean(channels.reshape(grouped), axis=2, keepdims=True, out=means)
        spread = self.workspace.array(name, channels.shape, x.dtype)
        np.copyto(spread.reshape(grouped), means)
        return spread


@layers.register("group_norm")
@dataclass(kw_only=True)
class GroupNorm(ChannelGroupNorm):
    """Give each group of channels of a sample mean 0 and variance 1, then scale and shift each channel.

        mean = Σ x / n
        var = Σ (x − mean)² / n
        std = √(var + eps)
        xn = (x − mean) / std
        y = gamma · xn + beta
        dgamma = Σ dy · xn
        dbeta = Σ dy
        dxn = gamma · dy
        dx = (dxn − Σ dxn / n − xn · Σ (dxn · xn) / n) / std

    The sums of mean, var and dx are over the n pixels of the group's channels, or over a group of n features; gamma
    and beta are one number a channel. Independent of the batch, so training and evaluation are the same. With one
    group the means are those of layer_norm.
    Equals ``textbook.GroupNormalization``, in memory that is reused at each step.
    Source: Wu & He 2018, arXiv 1803.08494.
    """

    groups: Annotated[int, Ge(1), Le(10**7), Doc("number of groups, which divides the number of channels")]
    eps: Annotated[float, Gt(0), Le(1), EPS] = 1e-5
    frozen: Annotated[bool, FROZEN] = False

    @classmethod
    def examples(cls) -> "list[tuple[GroupNorm, Shape]]":
        return [(cls(groups=2), (6,)), (cls(groups=2), (4, 2, 2)), (cls(groups=1), (3, 2, 2))]

    def build(self, in_shape: Shape) -> Shape:
        """(D,) to (D,), or (C, H, W) to (C, H, W)."""
        if len(in_shape) not in (1, 3):
            raise self.shape_error(f"needs features (D,) or images (C, H, W), got {shape_text(in_shape)}")
        channels = in_shape[0]
        if channels % self.groups:
            divisors = [str(count) for count in range(1, min(channels, 64) + 1) if channels % count == 0]
            raise self.shape_error(
                f"groups {self.groups} does not divide the {channels} channels; use {', '.join(divisors)}"
            )
        return self.normalise_groups(in_shape, self.groups)


@layers.register("instance_norm")
@dataclass(kw_only=True)
class InstanceNorm(ChannelGroupNorm):
    """Give each channel of an image mean 0 and variance 1 over its pixels, then scale and shift it.

        mean = Σ x / n
        var = Σ (x − mean)² / n
        std = √(var + eps)
        xn = (x − mean) / std
        y = gamma · xn + beta
        dgamma = Σ dy · xn
        dbeta = Σ dy
        dxn = gamma · dy
        dx = (dxn − Σ dxn / n − xn · Σ (dxn · xn) / n) / std

    The sums of mean, var and dx are over the n pixels of a channel; gamma and beta are one number a channel.
    Independent of the batch, so training and evaluation are the same.
    Equals ``textbook.InstanceNormalization``, in memory that is reused at each step.
    Source: Ulyanov, Vedaldi & Lempitsky 2016, arXiv 1607.08022.
    """

    eps: Annotated[float, Gt(0), Le(1), EPS] = 1e-5
    frozen: Annotated[bool, FROZEN] = False

    @classmethod
    def examples(cls) -> "list[tuple[InstanceNorm, Shape]]":
        return [(cls(), (3, 2, 3))]

    def build(self, in_shape: Shape) -> Shape:
        """(C, H, W) to (C, H, W)."""
        if len(in_shape) != 3:
            raise self.shape_error(f"needs images (C, H, W), got {shape_text(in_shape)}")
        return self.normalise_groups(in_shape, in_shape[0])
