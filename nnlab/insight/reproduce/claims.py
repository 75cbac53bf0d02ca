"""Published results as data: what is printed where, how it is measured here, and in which band it counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf, nextafter, sqrt
from pathlib import Path
from typing import Protocol

from nnlab.insight.reproduce.evidence import Evidence, Training
from nnlab.language import in_language

# Standard deviations of the difference of two runs.
WIDTH = 3.0
QUICK_SECONDS = 15


@dataclass(frozen=True)
class Text:
    """A text in English and in Japanese; ``str`` is that of the current language."""

    en: str
    ja: str

    def __str__(self) -> str:
        return in_language(self.en, self.ja)


class Band(Protocol):
    """The values that agree with a published number, and why."""

    def limits(self, published: float) -> tuple[float, float]:
        """The lowest and the highest of them."""

    def reason(self) -> str:
        """Why, in the current language."""


@dataclass(frozen=True)
class Tolerance:
    """The published number ± ``width``."""

    width: float
    why: Text

    def limits(self, published: float) -> tuple[float, float]:
        return published - self.width, published + self.width

    def reason(self) -> str:
        return str(self.why)


SEEDS = Text("seeds", "シード")


@dataclass(frozen=True)
class Seeds:
    """Mean and standard deviation of the value over runs that differ in their seed only, as measured with nnlab.

    ``of`` names what differs where it is not the seed.
    """

    count: int
    mean: float
    std: float
    of: Text = SEEDS

    def __str__(self) -> str:
        spread = f"{self.mean:.4g} ± {self.std:.2g}"
        return in_language(f"{self.count} {self.of}: {spread}", f"{self.of} {self.count} 個：{spread}")


@dataclass(frozen=True)
class SpreadOfSeeds:
    """The published number ± 3·√2·σ, where σ is the standard deviation over ``seeds``.

    The published run and ours are two draws of the same distribution: their difference has the standard deviation √2·σ.
    """

    seeds: Seeds

    def limits(self, published: float) -> tuple[float, float]:
        width = WIDTH * sqrt(2) * self.seeds.std
        return published - width, published + width

    def reason(self) -> str:
        return in_language(f"± 3·√2·σ of {self.seeds}", f"± 3·√2·σ（{self.seeds}）")


@dataclass(frozen=True)
class Limits:
    """From ``low`` to ``high``, whatever was printed: what a statement or a figure says, as a number."""

    why: Text
    low: float = -inf
    high: float = inf

    def limits(self, published: float) -> tuple[float, float]:
        return self.low, self.high

    def reason(self) -> str:
        return str(self.why)


@dataclass(frozen=True)
class Below(Limits):
    """Less than ``high``, as far as the statement goes."""

    def limits(self, published: float) -> tuple[float, float]:
        return self.low, nextafter(self.high, -inf)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A quantity, the ``numbers`` printed for it or the ``statement`` made of it, its measure and its band.

    ``parts`` name the numbers where there are several. ``seeds`` is what other seeds gave, for the reader; ``remark``
    is what is known about a difference.
    """

    quantity: Text
    measure: Callable[[Evidence], float | Sequence[float]]
    band: Band
    numbers: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    statement: Text | None = None
    seeds: Seeds | None = None
    remark: Text | None = None


@dataclass(frozen=True)
class Picture:
    """A picture of an experiment: ``draw`` writes ``file`` with the ending .png into a folder."""

    file: str
    caption: Text
    draw: Callable[[Evidence, Path], object]


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A published experiment: where it is printed, what is trained for it, its claims and pictures.

    ``seconds`` is about how long it takes on two cores without other work.
    """

    name: str
    title: Text
    source: Text
    claims: Sequence[Claim]
    seconds: int
    trainings: Sequence[Training] = ()
    pictures: Sequence[Picture] = field(default_factory=tuple)
    remark: Text | None = None

    @property
    def is_quick(self) -> bool:
        """Whether it takes some seconds only."""
        return self.seconds <= QUICK_SECONDS
