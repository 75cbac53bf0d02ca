"""A finding: what is wrong in a sentence, the numbers that show it, why it happens, and the command to try."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

# Problems lead to exit code 1; advice does not.
Severity = Literal["problem", "advice"]


@dataclass(frozen=True)
class Finding:
    """One diagnosis.

    ``name`` is its key in JSON and docs (``dead_relus``). ``numbers`` are the values that ``evidence`` names in words,
    ``page`` is the section of docs/ that explains it (``docs/doctor.md#dead-relus``), ``command`` is empty where no
    command helps.
    """

    name: str
    severity: Severity
    sentence: str
    evidence: str
    numbers: Mapping[str, float | int | str]
    why: str
    page: str
    command: str

    def as_json(self) -> dict[str, object]:
        """Its fields as plain values; numbers that are not finite, which JSON lacks, are texts: nan, inf, -inf."""
        numbers = self.numbers.items()
        plain = {name: value if isinstance(value, str) or isfinite(value) else str(value) for name, value in numbers}
        return {**vars(self), "numbers": plain}

    def as_text(self) -> str:
        """Its sentence, and one indented line each for number, reason and command."""
        parts = {"number": self.evidence, "why": f"{self.why} ({self.page})", "try": self.command}
        return "\n".join([self.sentence, *(f"  {label:<8}{text}" for label, text in parts.items() if text)])


def problems(findings: Sequence[Finding]) -> int:
    """How many findings are problems."""
    return sum(finding.severity == "problem" for finding in findings)
