"""Example arguments by name, as CS231n's assignments and Deep Learning from Scratch name them."""

import inspect
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.errors import UsageError
from nnlab.gradcheck.implementation import Arguments, Example, Sizes
from nnlab.gradcheck.layouts import LABELS, LOSS_WORDS, Layout
from nnlab.text import quote

NUMBER_LOSSES = ("mse", "squared", "huber", "mae", "l1loss", "l2loss", "smoothl1", "identitywithloss")
LARGEST = 10_000_000
NOT_TENSORS = {"running_mean", "running_var", "mask"}
DICTIONARIES: dict[str, dict[str, Any]] = {
    "conv_param": {"stride": 2, "pad": 1},
    "pool_param": {"pool_height": 2, "pool_width": 2, "stride": 2},
    "dropout_param": {"mode": "train", "p": 0.4, "seed": 123},
    "bn_param": {"mode": "train"},
    "ln_param": {},
    "gn_param": {},
}
# What replaces a default too: a default of 1 or 0.5 would hide a missing factor.
SETTINGS: dict[str, Any] = {
    "dropout_ratio": 0.4, "ratio": 0.4, "p": 0.4, "keep_prob": 0.6, "p_drop": 0.4, "drop_prob": 0.4, "rate": 0.4,
    "stride": 2, "pad": 1, "padding": 1,
    "train_flg": True, "train_flag": True, "train": True, "training": True, "is_training": True, "mode": "train",
}  # fmt: skip
REQUIRED_ONLY: dict[str, Any] = {
    "pool_h": 2, "pool_w": 2, "pool_height": 2, "pool_width": 2, "pool_size": 2, "kernel_size": 2, "size": 2,
    "alpha": 0.1, "slope": 0.1, "negative_slope": 0.1, "leak": 0.1, "leakiness": 0.1, "beta_": 1.0, "G": 2, "groups": 2,
    "reg": 0.1, "lam": 0.1, "lamda": 0.1, "weight_decay": 0.1, "weight_decay_lambda": 0.1, "l2": 0.1, "delta": 1.0,
    "input_size": 7, "in_features": 7, "input_dim": 7, "n_in": 7, "hidden_size": 5, "hidden_dim": 5, "n_hidden": 5,
    "output_size": 3, "out_features": 3, "output_dim": 3, "n_out": 3, "units": 3,
    "eps": 1e-5, "epsilon": 1e-5, "momentum": 0.9, "seed": 0, "axis": 1,
}  # fmt: skip


def example_of(
    name: str,
    parameters: Mapping[str, inspect.Parameter],
    layout: Layout,
    given: Mapping[str, Any],
    sizes: Sizes,
    seed: int,
) -> Example:
    """Arguments for a layout; those that the user gave stay, a tuple of sizes among them is a shape."""
    rng = np.random.default_rng(seed)
    shapes = layout.shapes(sizes)
    arguments: Arguments = {}
    tensors = []
    for parameter in parameters.values():
        own = given.get(parameter.name, inspect.Parameter.empty)
        if own is inspect.Parameter.empty:
            if not _fill(arguments, name, parameter, layout, shapes, rng, set(parameters)):
                continue
        else:
            arguments[parameter.name] = given_array(parameter.name, own, rng)
        value = arguments[parameter.name]
        if (
            isinstance(value, np.ndarray)
            and value.dtype.kind == "f"
            and not _is_target(name, parameter.name, parameters)
        ):
            tensors.append(parameter.name)
    if not tensors:
        tensors = [name for name, value in given.items() if isinstance(value, float) and name in arguments]
        arguments |= {name: np.asarray(arguments[name]) for name in tensors}
    return Example(arguments, tuple(tensors))


def given_array(name: str, own: Any, rng: np.random.Generator) -> Any:
    """What the user passed: random numbers for a tuple of sizes, arrays in float64, other values as they are.

    Raises UsageError for sizes that cannot be, and for arrays that are empty, ragged or not finite.
    """
    if isinstance(own, tuple) and all(isinstance(size, int) for size in own):
        if not all(0 < size <= LARGEST for size in own) or prod(own) > LARGEST:
            raise UsageError(f"{name}: a shape has sizes from 1 and at most {LARGEST:,} numbers, got {quote(own)}")
        return rng.standard_normal(own)
    value = as_float64(name, own)
    if isinstance(value, np.ndarray) and (not value.size or value.size > LARGEST):
        raise UsageError(f"{name}: an array must have from 1 to {LARGEST:,} numbers, got shape {value.shape}")
    if isinstance(value, np.ndarray) and value.dtype.kind == "f" and not np.isfinite(value).all():
        raise UsageError(f"{name}: the numbers must be finite")
    return value


def as_float64(name: str, value: Any) -> Any:
    """Arrays of floats in float64, lists as arrays; other values as they are. Raises UsageError for ragged lists."""
    if isinstance(value, list):
        try:
            value = np.array(value)
        except ValueError:
            raise UsageError(f"{name}: the rows of a list must have the same length") from None
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(np.float64)
    return value


def _is_target(name: str, parameter: str, parameters: Mapping[str, Any]) -> bool:
    if parameter in NOT_TENSORS or parameter.lower() in LABELS:
        return True
    loss = any(key in name.lower() for key in LOSS_WORDS) or name.lower().startswith("softmaxwith")
    return parameter == "y" and loss and len(parameters) > 1


def _fill(
    arguments: Arguments,
    name: str,
    parameter: inspect.Parameter,
    layout: Layout,
    shapes: dict[str, Shape],
    rng: np.random.Generator,
    names: set[str],
) -> bool:
    """Add an example for one parameter; False where its default serves."""
    key, word = parameter.name, parameter.name.lower()
    default = parameter.default
    required = default is inspect.Parameter.empty
    if _is_target(name, key, dict.fromkeys(names)) and key not in NOT_TENSORS:
        arguments[key] = _targets(name, layout, shapes, rng, names)
    elif key == "mask" and required:
        arguments[key] = rng.random(shapes["labels"]) < 0.7
    elif key in DICTIONARIES or word.endswith("_param"):
        arguments[key] = DICTIONARIES.get(key, {}) | (
            {"pool_height": 3, "pool_width": 3} if key == "pool_param" and layout.pool == 3 else {}
        )
    elif key in SETTINGS:
        pooling = layout.kind == "pool" and word in {"pad", "padding"}
        arguments[key] = 0 if pooling else SETTINGS[key]
        if not required and isinstance(default, bool) and word not in {"pad", "padding", "stride"}:
            arguments[key] = bool(arguments[key])
    elif not required:
        return False
    elif key in REQUIRED_ONLY and not (key in {"alpha", "beta_", "momentum"} and layout.kind == "scalar"):
        arguments[key] = (
            layout.pool if word.startswith("pool") or word in {"kernel_size", "size"} else REQUIRED_ONLY[key]
        )
    elif word in {"ids", "idx", "indices", "tokens", "words"} or (word in {"x", "xs"} and "embed" in name.lower()):
        arguments[key] = _indices(rng, shapes["x"][:1] or (1,), steps="time" in name.lower() or word == "x")
    else:
        role = _role(word, {other.lower() for other in names})
        noise = rng.standard_normal(shapes[role])
        noise = 0.05 + 0.9 * rng.random(shapes[role]) if layout.positive and role == "x" else noise
        arguments[key] = np.asarray(
            1 + 0.3 * noise if word in {"gamma", "scale"} else 0.5 * noise if role in {"wx", "wh"} else noise
        )
    return True


def _indices(rng: np.random.Generator, samples: Shape, *, steps: bool) -> Array:
    """Rows of a table to look up, one of them twice: the gradients of both must be added."""
    found = rng.integers(7, size=(*samples, 3) if steps else samples)
    found.flat[-1] = found.flat[0]
    return found


def _targets(name: str, layout: Layout, shapes: dict[str, Shape], rng: np.random.Generator, names: set[str]) -> Array:
    if any(key in name.lower().replace("_", "") for key in NUMBER_LOSSES):
        return rng.standard_normal(shapes["x"])
    weighted = any(_role(other.lower(), names) == "w" for other in names)
    (classes,) = shapes["outputs" if weighted else "classes"]
    labels = rng.integers(max(classes, 1), size=shapes["labels"])
    return np.eye(classes)[labels] if layout.one_hot else labels


def _role(word: str, names: set[str]) -> str:
    if word in {"w1", "b1", "w2", "b2"} and word[0] + "2" in names:
        return word
    if word in {"wx", "w_x", "wxh", "w_xh"}:
        return "wx"
    if word in {"wh", "w_h", "whh", "w_hh"}:
        return "wh"
    if word in {"h", "h0", "h_prev", "prev_h", "hprev", "c", "prev_c", "c_prev", "c0", "h_next"}:
        return "h"
    if word in {"gamma", "beta", "scale", "shift"}:
        return "channel"
    if word.startswith("w") and word.rstrip("0123456789") in {"w", "weight", "weights", "w_"}:
        return "w"
    if word.rstrip("0123456789") in {"b", "bias", "biases", "b_"}:
        return "b"
    return "x"
