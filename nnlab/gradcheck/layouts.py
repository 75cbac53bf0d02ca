"""Shapes of example arrays: one layout for each kind of layer, the likely ones first."""

from collections.abc import Sequence
from dataclasses import dataclass

from nnlab.core.arrays import Shape
from nnlab.gradcheck.implementation import Sizes

LABELS = {"t", "label", "labels", "target", "targets", "y_true", "t_true", "ts"}
LOSS_WORDS = ("loss", "softmax_loss", "svm", "entropy", "hinge", "mse", "squared", "huber", "error")
IMAGE_WORDS = ("conv", "pool", "spatial", "image", "2d", "im2col")


@dataclass(frozen=True)
class Layout:
    """Shapes by the role of an argument: one kind of layer."""

    kind: str
    out_first: bool = False
    one_hot: bool = False
    positive: bool = False
    pool: int = 2
    kernel_square: bool = False

    def shapes(self, sizes: Sizes) -> dict[str, Shape]:
        """The shape of each role."""
        N, D, M, H = sizes.samples, 7, 7 if sizes.square else 3, 7 if sizes.square else 5
        x: Shape = (N, D)
        weight: Shape = (M, D) if self.out_first else (D, M)
        bias: Shape = (M,)
        channel: Shape = (D,)
        match self.kind:
            case "image":
                N, C, F, rows, columns = min(N, 3), 2, 2 if sizes.square else 4, 5, 5 if sizes.square else 7
                kernel = (3, 3) if sizes.square or self.kernel_square else (3, 5)
                x, weight, bias, channel = (N, C, rows, columns), (F, C, *kernel), (F,), (C,)
            case "pool":
                edge = 4 if self.pool == 2 else 5
                x, bias, channel = (min(N, 3), 2, edge, edge if sizes.square else edge + 2), (M,), (2,)
            case "groups":
                x, bias, channel = (min(N, 3), 4, 2, 3), (M,), (1, 4, 1, 1)
            case "folded":
                x, weight, bias, channel = (N, 2, 4), (M, 8) if self.out_first else (8, M), (M,), (2, 4)
            case "sequence":
                x, bias, channel = (N, 3, D), (M,), (D,)
            case "vector":
                x = (N,)
            case "scalar":
                x = bias = channel = weight = ()
        gates = 4 if "lstm" in self.kind else 3 if "gru" in self.kind else 1
        if self.kind.startswith(("lstm", "gru", "rnn")):
            x = (N, D) if self.kind.endswith("step") else (N, 3, D)
            bias = (gates * H,)
        hidden = H
        return {
            "w1": (D, hidden), "b1": (hidden,), "w2": (hidden, M), "b2": (M,),
            "x": x, "w": weight, "b": bias, "channel": channel, "h": (N, H), "wx": (D, gates * H), "wh": (H, gates * H),
            "labels": x[:2] if self.kind == "sequence" else x[:1] or (1,), "outputs": (M,),
            "classes": (2,) if self.kind == "vector" else x[-1:] or (1,),
        }  # fmt: skip


def layouts_for(name: str, parameters: Sequence[str]) -> list[Layout]:
    """Layouts to try in order, the likely ones first."""
    word = name.lower().replace("_", "")
    labelled = bool(LABELS & set(parameters))
    dense = [Layout("dense", one_hot=labelled), Layout("dense", one_hot=not labelled), Layout("dense", out_first=True)]
    if labelled and ("sigmoid" in word or "binary" in word or "logistic" in word):
        dense.append(Layout("vector"))
    images = [Layout("image"), Layout("image", kernel_square=True), Layout("pool"), Layout("pool", pool=3)]
    rest = [
        *dense,
        Layout("dense", one_hot=labelled, positive=True),
        Layout("folded"),
        Layout("sequence"),
        *images,
        Layout("groups"),
        Layout("scalar"),
    ]
    first: list[Layout] = []
    recurrent = next((kind for kind in ("lstm", "gru", "rnn") if kind in word), None)
    if recurrent or {"wx", "wh"} <= {parameter.lower() for parameter in parameters}:
        step, whole = Layout(f"{recurrent or 'rnn'} step"), Layout(f"{recurrent or 'rnn'} sequence")
        whole_first = "time" in word or {"h0", "xs"} & set(parameters) or ("step" not in word and "forward" in word)
        first = [whole, step] if whole_first else [step, whole]
    elif "group" in word:
        first = [Layout("groups")]
    elif "pool" in word and "conv" not in word:
        first = [Layout("pool"), Layout("pool", pool=3)]
    elif any(key in word for key in IMAGE_WORDS):
        first = images
    elif "temporal" in word or "time" in word:
        first = [Layout("sequence")]
    elif {"x", "y"} == set(parameters) and not any(key in word for key in LOSS_WORDS):
        first = [Layout("dense"), Layout("scalar")]
    return [*first, *(layout for layout in rest if layout not in first)]
