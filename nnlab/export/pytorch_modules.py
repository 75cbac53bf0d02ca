"""The modules of PyTorch that compute what layers compute, as source text, with the arrays of their state_dict."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from nnlab.errors import UsageError
from nnlab.export.pytorch_images import IMAGES
from nnlab.export.pytorch_module import Module, plain, unless, weights
from nnlab.export.pytorch_sequences import SEQUENCES
from nnlab.layers.base import Layer
from nnlab.layers.composite import Composite, Stack
from nnlab.plugins.plugin import no_twin
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
        if own := no_twin(layer, "PyTorch module"):
            raise UsageError(f"{layer.label}: {own}")
        raise UsageError(
            f"{layer.label}: has no counterpart in PyTorch that nnlab knows (it knows {', '.join(sorted(LAYERS))})"
        )
    return _LAYERS[kind](layer)


def _linear(layer: Any) -> Module:
    D_in, D_out = layer.W.shape
    return Module(f"nn.Linear({D_in}, {D_out}{unless(layer.bias, ', bias=False')})", weights(layer))


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


def _concat(layer: Any, updates: int) -> Module:
    """Names of branches get a prefix: a module of PyTorch has attributes such as ``type`` and ``half``."""
    prefix = "branch_" if isinstance(layer.branches, dict) else ""
    names = [f"{prefix}{name}" for name, _ in layer.named_branches()]
    branches = {name: _stack(stack, updates) for name, stack in zip(names, layer.stacks, strict=True)}
    return Module("Concat" if layer.axis == "first" else "ConcatFeatures", inside=branches)


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
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "instance_norm": _instance_norm,
    "lrn": _lrn,
    "dropout": lambda layer: Module(f"nn.Dropout({layer.rate})"),
    "activity_l1": plain("nn.Identity()"),  # penalties on activity act while training only
    "activity_l2": plain("nn.Identity()"),
    "softmax": plain("nn.Softmax(dim=-1)"),
    "log_softmax": plain("nn.LogSoftmax(dim=-1)"),
    **IMAGES,
    **SEQUENCES,
}
LAYERS = frozenset({*_LAYERS, *_COMPOSITES, "batch_norm"})
