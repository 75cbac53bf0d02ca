"""The modules of PyTorch that compute what layers compute, as source text, with the arrays of their state_dict."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from nnlab.core.arrays import Array
from nnlab.errors import UsageError
from nnlab.export.pytorch_module import Module, plain
from nnlab.export.pytorch_sequences import SEQUENCES
from nnlab.layers.base import Layer
from nnlab.layers.composite import Composite, Stack
from nnlab.registry import registered_name


def sequential(named: Iterable[tuple[str, Layer]], updates: int = 0) -> Module:
    """``nn.Sequential`` of these layers after ``updates`` updates; raises UsageError for one that PyTorch has not."""
    return Module("nn.Sequential", inside=_modules(named, updates))


def _modules(named: Iterable[tuple[str, Layer]], updates: int) -> dict[str, Module]:
    found: dict[str, Module] = {}
    for name, layer in named:
        made = _made(layer, updates)
        for suffix, module in made if isinstance(made, list) else [("", made)]:
            found[name + suffix] = module
    return found


def _made(layer: Layer, updates: int) -> "Module | list[tuple[str, Module]]":
    kind = registered_name(layer)
    if kind == "batch_norm":
        return _batch_norm(layer, updates)
    if isinstance(layer, Composite) and kind in _COMPOSITES:
        return _COMPOSITES[kind](layer, updates)
    if kind not in _LAYERS:
        raise UsageError(
            f"{layer.label}: has no counterpart in PyTorch that nnlab knows (it knows {', '.join(sorted(LAYERS))})"
        )
    return _LAYERS[kind](layer)


def _weights(layer: Any) -> dict[str, Array]:
    """weight and bias of a layer with W and b; of linear layers PyTorch keeps the transpose (D_out, D_in)."""
    W = layer.W.value
    state = {"weight": W.T if W.ndim == 2 else W}
    return state if layer.b is None else state | {"bias": layer.b.value}


def _linear(layer: Any) -> Module:
    D_in, D_out = layer.W.shape
    return Module(f"nn.Linear({D_in}, {D_out}{_unless(layer.bias, ', bias=False')})", _weights(layer))


def _unless(condition: object, text: str) -> str:
    return "" if condition else text


def _border(layer: Any) -> tuple[int, int, int, int]:
    """Padding left, right, above and below, in the order of ``torch.nn.functional.pad``."""
    top, left, bottom, right = layer.windows.border
    return left, right, top, bottom


def _padding(border: tuple[int, int, int, int]) -> str:
    """The argument ``padding`` for a border that is as wide left as right and above as below."""
    left, _, top, _ = border
    if not left and not top:
        return ""
    return f", padding={_sizes((top, left))}"


def _sizes(pair: tuple[int, int]) -> int | tuple[int, int]:
    """One number where both axes have the same."""
    return pair[0] if pair[0] == pair[1] else pair


def _is_even(border: tuple[int, int, int, int]) -> bool:
    left, right, top, below = border
    return left == right and top == below


def _conv(layer: Any) -> list[tuple[str, Module]]:
    border, bias = _border(layer), _unless(layer.bias, ", bias=False")
    windows = layer.windows
    sizes = f"{layer.in_shape[0]}, {layer.filters}, kernel_size={_sizes(windows.size)}, stride={_sizes(windows.stride)}"
    sizes += _unless(windows.dilation == (1, 1), f", dilation={_sizes(windows.dilation)}")
    sizes += _unless(layer.groups == 1, f", groups={layer.groups}")
    if _is_even(border):
        return [("", Module(f"nn.Conv2d({sizes}{_padding(border)}{bias})", _weights(layer)))]
    return [
        ("_padding", Module(f"nn.ZeroPad2d({border})")),
        ("", Module(f"nn.Conv2d({sizes}{bias})", _weights(layer))),
    ]


def _pooling(layer: Any) -> tuple[str, tuple[int, int, int, int], bool]:
    """Arguments of a pooling layer, its border, and whether PyTorch takes that: at most half a window, and even."""
    border = _border(layer)
    windows = layer.windows
    left, _, top, _ = border
    half = 2 * top <= windows.size[0] and 2 * left <= windows.size[1]
    sizes = f"kernel_size={_sizes(windows.size)}, stride={_sizes(windows.stride)}"
    return sizes, border, _is_even(border) and half


def _max_pool(layer: Any) -> list[tuple[str, Module]]:
    sizes, border, simple = _pooling(layer)
    if simple:
        return [("", Module(f"nn.MaxPool2d({sizes}{_padding(border)})"))]
    return [
        ("_padding", Module(f'nn.ConstantPad2d({border}, -float("inf"))')),
        ("", Module(f"nn.MaxPool2d({sizes})")),
    ]


def _avg_pool(layer: Any) -> Module:
    sizes, border, simple = _pooling(layer)
    if not any(border):
        return Module(f"nn.AvgPool2d({sizes})")
    if simple:
        return Module(f"nn.AvgPool2d({sizes}{_padding(border)}, count_include_pad=False)")
    return Module(f"AvgPoolInside({border}, {sizes})")


def _batch_norm(layer: Any, updates: int) -> Module:
    dimensions = 1 if len(layer.in_shape) == 1 else 2
    settings = f"eps={layer.eps}, momentum={round(1 - layer.momentum, 12)}"
    dtype = layer.gamma.value.dtype
    state = {
        "weight": layer.gamma.value,
        "bias": layer.beta.value,
        "running_mean": layer.buffers["running_mean"].astype(dtype),
        "running_var": layer.buffers["running_variance"].astype(dtype),
        "num_batches_tracked": np.array(updates, np.int64),
    }
    return Module(f"nn.BatchNorm{dimensions}d({layer.in_shape[0]}, {settings})", state)


def _layer_norm(layer: Any) -> Module:
    state = {"weight": layer.gamma.value, "bias": layer.beta.value}
    return Module(f"nn.LayerNorm({layer.in_shape}, eps={layer.eps})", state)


def _group_norm(layer: Any) -> Module:
    state = {"weight": layer.gamma.value, "bias": layer.beta.value}
    return Module(f"nn.GroupNorm({layer.groups}, {layer.in_shape[0]}, eps={layer.eps})", state)


def _instance_norm(layer: Any) -> Module:
    state = {"weight": layer.gamma.value, "bias": layer.beta.value}
    return Module(f"nn.InstanceNorm2d({layer.in_shape[0]}, eps={layer.eps}, affine=True)", state)


def _swish(layer: Any) -> Module:
    return Module("nn.SiLU()" if layer.beta == 1 else f"Swish({layer.beta})")


def _prelu(layer: Any) -> Module:
    """PyTorch's channels are the axis after the batch; of a sequence (T, D) the features are the last."""
    kind = "nn.PReLU" if len(layer.in_shape) != 2 or layer.shared else "PReLULast"
    return Module(f"{kind}({layer.a.value.size})", {"weight": layer.a.value})


def _lrn(layer: Any) -> Module:
    """PyTorch divides α by the size, which the paper and nnlab do not, and counts an even size to one side only."""
    size = layer.size // 2 * 2 + 1
    return Module(f"nn.LocalResponseNorm({size}, alpha={layer.alpha * size}, beta={layer.beta}, k={layer.k})")


def _stack(stack: Stack, updates: int) -> Module:
    if not stack.named:
        return Module("nn.Identity()")
    return sequential([(name.rpartition(".")[2], layer) for name, layer in stack.named], updates)


def _residual(layer: Composite, updates: int) -> Module:
    f, shortcut = layer.stacks
    projection = Module("nn.Identity()")
    for _, inner in shortcut.named:
        (projection,) = _modules([("", inner)], updates).values()
    return Module("Residual", inside={"layers": _stack(f, updates), "projection": projection})


def _concat(layer: Composite, updates: int) -> Module:
    branches = {f"branch{number}": _stack(stack, updates) for number, stack in enumerate(layer.stacks, start=1)}
    return Module("Concat", inside=branches)


def _time_distributed(layer: Composite, updates: int) -> Module:
    (stack,) = layer.stacks
    return Module("TimeDistributed", inside=_modules(stack.named, updates))


_COMPOSITES: dict[str, Callable[[Composite, int], Module]] = {
    "residual": _residual,
    "concat": _concat,
    "time_distributed": _time_distributed,
}
_LAYERS: dict[str, Callable[[Any], "Module | list[tuple[str, Module]]"]] = {
    "identity": plain("nn.Identity()"),
    "sigmoid": plain("nn.Sigmoid()"),
    "tanh": plain("nn.Tanh()"),
    "relu": plain("nn.ReLU()"),
    "leaky_relu": lambda layer: Module(f"nn.LeakyReLU({layer.slope})"),
    "elu": lambda layer: Module(f"nn.ELU({layer.alpha})"),
    "gelu": lambda layer: Module(f'nn.GELU("{layer.approximate}")'),
    "swish": _swish,
    "softplus": plain("nn.Softplus(threshold=40)"),  # PyTorch's own 20 leaves out e^-20, 2e-9
    "prelu": _prelu,
    "linear": _linear,
    "flatten": plain("nn.Flatten()"),
    "conv2d": _conv,
    "max_pool": _max_pool,
    "avg_pool": _avg_pool,
    "global_avg_pool": lambda layer: [("", Module("nn.AdaptiveAvgPool2d(1)")), ("_flatten", Module("nn.Flatten()"))],
    "upsample": lambda layer: Module(f"nn.Upsample(scale_factor={layer.factor})"),
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "instance_norm": _instance_norm,
    "lrn": _lrn,
    "dropout": lambda layer: Module(f"nn.Dropout({layer.rate})"),
    "activity_l1": plain("nn.Identity()"),  # penalties on activity act while training only
    "activity_l2": plain("nn.Identity()"),
    **SEQUENCES,
}
LAYERS = frozenset({*_LAYERS, *_COMPOSITES, "batch_norm"})
