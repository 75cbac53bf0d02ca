"""Claims measured and judged: rows with published value, band, our value and verdict."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from nnlab.insight.reproduce.claims import Band, Below, Claim, Experiment, Limits
from nnlab.insight.reproduce.evidence import Evidence
from nnlab.insight.reproduce.trainings import Trainer
from nnlab.language import in_language, tr

Verdict = Literal["reproduced", "within band", "outside"]
VERDICTS_JA: dict[Verdict, str] = {"reproduced": "再現", "within band": "許容範囲内", "outside": "範囲外"}


@dataclass(frozen=True)
class Row:
    """One number of a claim, or its statement, with the value measured for it."""

    experiment: Experiment
    claim: Claim
    value: float
    index: int = 0

    @property
    def number(self) -> str:
        """The printed number; empty for a statement."""
        return self.claim.numbers[self.index] if self.claim.numbers else ""

    @property
    def quantity(self) -> str:
        """What is measured, in the current language."""
        several = len(self.claim.numbers) > 1
        return f"{self.claim.quantity}{tr(', ')}{self.claim.parts[self.index]}" if several else str(self.claim.quantity)

    @property
    def published(self) -> str:
        """The printed number, or the statement in the current language."""
        return self.number or str(self.claim.statement)

    @property
    def limits(self) -> tuple[float, float]:
        """The lowest and the highest value that agree with what is published."""
        return self.claim.band.limits(float(self.number or 0))

    @property
    def verdict(self) -> Verdict:
        """``reproduced``: all printed digits are equal, or the statement holds; ``within band``: in the band only."""
        low, high = self.limits
        if not (isfinite(self.value) and low <= self.value <= high):
            return "outside"
        return "reproduced" if not self.number or prints_as(self.value, self.number) else "within band"

    @property
    def verdict_text(self) -> str:
        """The verdict in the current language."""
        return in_language(self.verdict, VERDICTS_JA[self.verdict])

    @property
    def value_text(self) -> str:
        """The value with the digits of the published number, at most 12 decimals; with four digits for a statement."""
        if not self.number:
            return f"{self.value:.4g}"
        decimals = len(self.number.partition("e")[0].partition(".")[2])
        return rounded_like(self.value, self.number, min(decimals, 12) - decimals)

    @property
    def band_text(self) -> str:
        """The band: ± its half width, or its limits."""
        return band_text(self.claim.band, *self.limits)

    def as_json(self) -> dict[str, Any]:
        """Plain values; limits and values that are not finite are null."""
        low, high = self.limits
        return {
            "experiment": self.experiment.name,
            "quantity": self.quantity,
            "source": str(self.experiment.source),
            "published": float(self.number) if self.number else self.published,
            "band": [_finite(low), _finite(high)],
            "reason": self.claim.band.reason(),
            "value": _finite(self.value),
            "verdict": self.verdict,
        }


@dataclass(frozen=True)
class Result:
    """An experiment with what it was measured on and its rows."""

    experiment: Experiment
    evidence: Evidence
    rows: Sequence[Row]


def reproduce(experiments: Iterable[Experiment], trainer: Trainer) -> Iterator[Result]:
    """Train and judge one experiment after the other; raises Interrupted after a signal, and what training raises."""
    for experiment in experiments:
        evidence = trainer.evidence(experiment)
        rows = [row for claim in experiment.claims for row in rows_of(experiment, claim, evidence)]
        yield Result(experiment, evidence, rows)


def rows_of(experiment: Experiment, claim: Claim, evidence: Evidence) -> list[Row]:
    """Measure a claim: a row for each of its numbers, or for its statement."""
    found = claim.measure(evidence)
    values = [found] if isinstance(found, int | float) else found
    return [Row(experiment, claim, float(value), index) for index, value in enumerate(values)]


def prints_as(value: float, published: str) -> bool:
    """Whether a value, rounded to as many digits as were published, is the published number."""
    return float(rounded_like(value, published)) == float(published)


def rounded_like(value: float, published: str, more: int = 0) -> str:
    """A value with as many digits as a published number, or ``more``: ``0.9468``, ``-6.11110793e-10``."""
    mantissa, exponent, _ = published.partition("e")
    decimals = len(mantissa.partition(".")[2]) + more
    return f"{value:.{decimals}{'e' if exponent else 'f'}}"


def band_text(band: Band, low: float, high: float) -> str:
    """A band in short: ``±0.0012``, ``0.5 to 1``, ``≥ 1``, ``< 0``."""
    if not isinstance(band, Limits):
        return f"±{short((high - low) / 2)}"
    if isinstance(band, Below):
        return f"< {short(band.high)}"
    if low == high:
        return short(low)
    if not isfinite(high):
        return f"≥ {short(low)}"
    if not isfinite(low):
        return f"≤ {short(high)}"
    return in_language(f"{short(low)} to {short(high)}", f"{short(low)}〜{short(high)}")


def short(number: float) -> str:
    """A limit with two digits after the first: ``0.0073``, ``5e-7``."""
    mantissa, exponent, power = f"{number:.3g}".partition("e")
    return f"{mantissa}e{int(power)}" if exponent else mantissa


def _finite(number: float) -> float | None:
    return number if isfinite(number) else None
