"""What a check of the settings finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nnlab.insight.finding import Severity


@dataclass(frozen=True)
class Contradiction:
    """What contradicts what, in words and numbers, and the changes that remove it."""

    sentence: str
    evidence: str
    numbers: Mapping[str, float | int | str]
    changes: Sequence[str]
    severity: Severity = "problem"
