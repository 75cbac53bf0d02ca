"""Guesses by formula: which product or sum of known arrays backward computes, and which one is right."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from nnlab.core.arrays import Array
from nnlab.gradcheck.evidence import SAME, Diagnosis, Evidence


def wrong_formula(e: Evidence) -> Diagnosis | None:
    """Both gradients as formulas of the arguments, the output and dout."""
    if e.numerical.size < 2 or not e.known.all():
        return None
    found = right = ""
    for text, value in formulas(e):
        if value.shape != e.numerical.shape:
            continue
        if not found and e.residual(value) < SAME:
            found = text
        if not right and e.residual(value, e.numerical) < SAME:
            right = text
        if found and right:
            break
    if found and right:
        return _compared(e, found, right)
    if found and (coupled := _coupled(e)):
        text = f"backward gives {found}, number by number, but each output depends on every input of its {coupled}"
        return Diagnosis("missing term", f"{text}: the terms of the other outputs are missing")
    return None


def only_found(e: Evidence) -> Diagnosis | None:
    """A formula that is not the right one, where the right one is not known."""
    for text, value in formulas(e):
        if value.shape == e.numerical.shape and e.residual(value) < SAME:
            return Diagnosis("wrong formula", f"backward gives {text}, which is not the gradient of this forward")
    return None


def _coupled(e: Evidence) -> str:
    """``row`` or ``column`` where one output depends on other inputs than its own, for outputs like the tensor."""
    if e.from_outputs is None or e.output.shape != e.numerical.shape or e.output.ndim != 2:
        return ""
    one = np.zeros(e.output.shape)
    one[0, 0] = 1
    part = np.abs(e.from_outputs(one)) > 1e-9 * e.scale
    part[0, 0] = False
    return "row" if part[0].any() else "column" if part[:, 0].any() else ""


def _compared(e: Evidence, found: str, right: str) -> Diagnosis:
    text = f"backward gives {found}; {right} is right"
    missing = [part for part in _factors(right) if part not in _factors(found)]
    extra = [part for part in _factors(found) if part not in _factors(right)]
    if missing and not extra:
        return Diagnosis("missing factor", f"{text}: the factor {' * '.join(missing)} is missing")
    if extra and not missing:
        return Diagnosis("extra factor", f"{text}: the factor {' * '.join(extra)} does not belong there")
    if found.replace(".T", "") == right.replace(".T", ""):
        return Diagnosis("transposed", text)
    if ".sum(" in found and found.partition(".sum(")[0] == right.partition(".sum(")[0]:
        return Diagnosis("wrong axis", text)
    return Diagnosis("wrong formula", text)


def _factors(text: str) -> list[str]:
    """The factors of dout in a formula."""
    inner = text.partition("[")[2].partition("]")[0] or text
    return [part for part in inner.split(" * ") if part != "dout"]


def formulas(e: Evidence) -> Iterator[tuple[str, Array]]:
    """Texts and values, the simple ones first; factors of dout stand in brackets."""
    if not e.output.ndim:
        return
    deltas = dict(_deltas(e))
    deltas_by_shape = [(text, delta) for text, delta in deltas.items() if delta.shape == e.dout.shape]
    deltas_by_shape += _hidden_deltas(e)
    if e.dout.shape == e.numerical.shape:
        yield from ((text, delta) for text, delta in deltas_by_shape if delta.shape == e.numerical.shape)
    arrays = {
        name: value
        for name, value in e.arguments.items()
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.ndim
    }
    for text, delta in deltas_by_shape:
        axes = range(delta.ndim)
        for count in range(1, delta.ndim + 1):
            for over in combinations(axes, count):
                yield f"[{text}].sum({f'axis={over[0]}' if count == 1 else f'axis={over}'})", delta.sum(over)
        if delta.ndim != 2:
            continue
        for name, value in arrays.items():
            if value.ndim == 2 and value.shape[0] == delta.shape[0]:
                yield f"{name}.T @ [{text}]", value.T @ delta
                yield f"([{text}]).T @ {name}", delta.T @ value
            if value.ndim == 2 and value.shape[0] == delta.shape[1]:
                yield f"[{text}] @ {name}", delta @ value
            if value.ndim == 2 and value.shape[1] == delta.shape[1]:
                yield f"[{text}] @ {name}.T", delta @ value.T
        if e.output.shape[0] == delta.shape[0] and e.output.ndim == 2:
            yield f"y.T @ [{text}]", e.output.T @ delta


def _hidden_deltas(e: Evidence) -> list[tuple[str, Array]]:
    """Dout through one weight matrix, times functions of what forward kept of that shape: a hidden layer."""
    found = []
    for name, W in e.arguments.items():
        if e.dout.ndim != 2 or np.ndim(W) != 2 or W.shape[1:] != e.dout.shape[1:] or W.dtype.kind != "f":
            continue
        through = e.dout @ W.T
        found.append((f"(dout @ {name}.T)", through))
        for kept, h in e.cached.items():
            if h.shape == through.shape and kept != name:
                for text, slope in (
                    (f"(1 - {kept} ** 2)", 1 - h**2),
                    (f"({kept} > 0)", h > 0),
                    (f"{kept} * (1 - {kept})", h * (1 - h)),
                    (kept, h),
                ):
                    found.append((f"(dout @ {name}.T) * {text}", through * slope))
    return found


def _deltas(e: Evidence) -> Iterator[tuple[str, Array]]:
    """Dout and its products with one or two known arrays."""
    yield "dout", e.dout
    same = {
        text: quantity
        for text, quantity in e.quantities.items()
        if text != "dout" and quantity.shape == e.dout.shape and "sigmoid" not in text
    }
    for text, quantity in same.items():
        yield f"dout * {text}", e.dout * quantity
    for text, quantity in e.quantities.items():
        if text != "dout" and quantity.shape != e.dout.shape and 0 < quantity.ndim <= 2:
            try:
                product = e.dout * quantity
            except ValueError:
                continue
            if product.shape == e.dout.shape:
                yield f"dout * {text}", product
                for other, more in same.items():
                    if other.startswith("normalised"):
                        yield f"dout * {text} * {other}", product * more
