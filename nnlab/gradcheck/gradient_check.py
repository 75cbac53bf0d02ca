"""The result of a check of one's own code, as text, as HTML and as data."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from nnlab.gradcheck.inspection import TensorCheck
from nnlab.html import block, line, table
from nnlab.text import one_line

HEADINGS = ("component", "tensor", "shape", "norm", "error", "")


@dataclass(frozen=True, repr=False)
class GradientCheck:
    """The checks of all tensors; ``passed`` is true where every gradient is right, as in ``bool(check)``."""

    tensors: tuple[TensorCheck, ...]
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every gradient agrees with its numerical derivatives."""
        return all(check.passed for check in self.tensors)

    @property
    def failed(self) -> tuple[TensorCheck, ...]:
        """The checks that failed."""
        return tuple(check for check in self.tensors if not check.passed)

    def __bool__(self) -> bool:
        return self.passed

    def report(self) -> str:
        """One line for each tensor; for a wrong one the guess and the worst entries."""
        rows = [HEADINGS, *(cells(check) for check in self.tensors)]
        widths = [max(len(row[index]) for row in rows) for index in range(len(HEADINGS))]
        lines = []
        for check, row in zip((None, *self.tensors), rows, strict=True):
            lines.append("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
            if check is not None and not check.passed:
                lines += [f"    {text}" for text in details(check)]
        return "\n".join([*lines, *self.remarks()])

    def remarks(self) -> list[str]:
        """Notes on what was checked and on points at kinks that were left out."""
        found = list(self.notes)
        for check in self.tensors:
            if check.kinks:
                place, left, right = check.kinks[0]
                count = f"{len(check.kinks)} {'entry' if len(check.kinks) == 1 else 'entries'}"
                found.append(
                    f"{check.component}: {count} of {check.tensor} left out, at a kink: at {index_text(place)} "
                    f"the derivative is {left + 0.0:.4g} from the left and {right + 0.0:.4g} from the right"
                )
            elif check.passed and check.error > 1e-7:
                found.append(
                    f"{check.component}.{check.tensor} agrees to {check.error:.1e} only, as with float32, or an ε "
                    "in a logarithm or square root that backward leaves out"
                )
        return found

    def __repr__(self) -> str:
        return self.report()

    def _repr_html_(self) -> str:
        rows = [cells(check) for check in self.tensors]
        parts = [table(HEADINGS, rows, numbers=(3, 4))]
        for check in self.failed:
            title = f"{check.component}.{check.tensor}"
            parts.append(line(f"{title}: {check.diagnosis}"))
            if check.worst:
                parts.append(
                    table(
                        ("index", "analytic", "numerical"),
                        entry_rows(check),
                        numbers=(1, 2),
                        caption=f"worst entries of {title}",
                    )
                )
        return block(*parts, *(line(note, small=True) for note in self.remarks()))

    def as_data(self) -> dict[str, Any]:
        """What ``nnlab gradcheck FILE.py --json`` prints; numbers that are not finite are null."""
        return {"passed": self.passed, "tensors": [_data(check) for check in self.tensors], "notes": self.remarks()}


def cells(check: TensorCheck) -> tuple[str, ...]:
    """A row of the table of tensors."""
    return (
        one_line(check.component),
        one_line(check.tensor),
        "x".join(map(str, check.shape)) if check.checked else "",
        f"{check.norm:.3g}" if isfinite(check.norm) else "",
        f"{check.error:.1e}" if isfinite(check.error) else "",
        "pass" if check.passed else "FAIL",
    )


def details(check: TensorCheck) -> list[str]:
    """The guess at a mistake and the worst entries, in lines."""
    lines = [str(check.diagnosis)] if check.diagnosis else []
    if check.worst:
        rows = [("index", "analytic", "numerical"), *entry_rows(check)]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines += ["  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) for row in rows]
    return lines


def entry_rows(check: TensorCheck) -> list[tuple[str, str, str]]:
    """The worst entries: index, analytic and numerical value."""
    return [
        (index_text(entry.index), f"{entry.analytic:.8g}", "" if entry.numerical is None else f"{entry.numerical:.8g}")
        for entry in check.worst
    ]


def index_text(index: Sequence[int]) -> str:
    """``[0, 3]``."""
    return f"[{', '.join(map(str, index))}]"


def _data(check: TensorCheck) -> dict[str, Any]:
    diagnosis = check.diagnosis
    return {
        "component": check.component,
        "tensor": check.tensor,
        "shape": list(check.shape),
        "checked": check.checked,
        "norm": _finite(check.norm),
        "error": _finite(check.error),
        "passed": check.passed,
        "worst": [
            {"index": list(entry.index), "analytic": _finite(entry.analytic), "numerical": _finite(entry.numerical)}
            for entry in check.worst
        ],
        "kind": diagnosis.kind if diagnosis else None,
        "diagnosis": diagnosis.sentence if diagnosis else None,
        "residual": _finite(diagnosis.residual) if diagnosis else None,
        "kinks": [
            {"index": list(place), "left": _finite(left), "right": _finite(right)} for place, left, right in check.kinks
        ],
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None
