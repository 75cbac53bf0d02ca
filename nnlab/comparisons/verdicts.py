"""Paired differences in words: ``better by 0.42 points (0.21 to 0.68, 8 seeds, p = 0.008)``."""

from collections.abc import Iterable, Mapping, Sequence
from math import floor, log10
from typing import Any, NamedTuple

from nnlab.comparisons.entries import canonical, flat_settings
from nnlab.comparisons.labels import distinguishing_labels, short_keys
from nnlab.comparisons.paired import PairedDifference, PairedDifferences, paired_differences
from nnlab.comparisons.sample_size import MOST_PAIRS, fewest_pairs, smallest_p
from nnlab.language import current_language, in_language, speaking, tr
from nnlab.metric_columns import metric_of

METHOD = (
    "best against each other point on equal seeds; 95 % BCa bootstrap intervals; sign-flip test, "
    "corrected by Holm's procedure for all pairs of points"
)

MANY_PAIRS = 45
"""The pairs of ten points."""

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class Verdict(NamedTuple):
    """What a paired difference shows, and what would show it where it does not; the advice may be empty."""

    finding: str
    advice: str

    def __str__(self) -> str:
        return in_language("; ", "。").join(filter(None, self))


def verdict(found: PairedDifference, column: str, *, maximize: bool) -> Verdict:
    """A paired difference of a column in words and in its unit; shares such as accuracy in points (percent)."""
    low, high = (found.mean, found.mean) if found.low is None or found.high is None else (found.low, found.high)
    amount = _Amounts(column, (high - low) / 2 or found.mean)
    tied = in_language(f", {found.tied} tied", f"、{found.tied} 引き分け") * (found.tied > 0)
    won = in_language(
        f"{found.won} of {found.n} seeds won{tied}", f"シード {found.n} 個中 {found.won} 個で上回る{tied}"
    )
    p = f"p {'=' if found.exact else '≈'} {_format_p(found.adjusted_p)}"
    seeds = in_language(f"{found.n} seeds", f"シード {found.n} 個")
    if found.shown:
        ends = (low, high) if found.mean > 0 else (-high, -low)
        size = _direction(amount.text(abs(found.mean)), found.mean < 0, maximize)
        return Verdict(_listed(size, amount.range(*ends), seeds, p) + tr(", ") + won, "")
    difference, interval = amount.text(found.mean), amount.range(low, high)
    if found.n < fewest_pairs(found.comparisons):
        size = in_language(f"difference {difference}", f"差 {difference}")
        between = size if found.low is None else _listed(size, interval)
        return Verdict(between + tr(", ") + won, _too_few(found))
    size = in_language(f"difference {difference}", f"差 {difference}")
    finding = _listed(in_language("cannot tell apart", "差があるとは言えない"), size, interval, seeds, p)
    return Verdict(finding + tr(", ") + won, _more_seeds(found))


def reworded(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Recorded paired differences, whose verdicts are in English, with verdicts in the current language."""
    if current_language() == "en":
        return document
    column, maximize, comparisons = document["column"], document["maximize"], document["comparisons"]
    against = []
    for one in document["against"]:
        numbers = {key: one[key] for key in ("low", "high", "won", "tied", "p", "adjusted_p")}
        named = {"n": one["seeds"], "mean": one["difference"], "more": one["more_seeds"]}
        found = PairedDifference(against=0, comparisons=comparisons, **numbers, **named)
        words = verdict(found, column, maximize=maximize)
        against.append({**one, "finding": words.finding, "advice": words.advice, "verdict": str(words)})
    return {**document, "against": against}


def _listed(text: str, *details: str) -> str:
    """``text (detail, detail)``."""
    return tr("{title} ({notes})", title=text, notes=tr(", ").join(details))


def _direction(amount: str, below: bool, maximize: bool) -> str:
    """``better by 0.42 points``; of a column that is minimised ``lower by``."""
    words = ("better by", "worse by") if maximize else ("higher by", "lower by")
    japanese = ("良い", "悪い") if maximize else ("高い", "低い")
    return in_language(f"{words[below]} {amount}", f"{amount} {japanese[below]}")


def as_document(found: PairedDifferences, labels: Sequence[str], column: str, *, maximize: bool) -> dict[str, Any]:
    """Paired differences as plain values, each with all digits and its verdict in words."""
    return {
        "column": column,
        "maximize": maximize,
        "best": labels[found.best],
        "comparisons": found.comparisons,
        "method": METHOD,
        "against": [
            {"label": labels[one.against], **difference_document(one, column, maximize=maximize)}
            for one in found.differences
        ],
        "unpaired": [labels[index] for index in found.unpaired],
    }


def difference_document(one: PairedDifference, column: str, *, maximize: bool) -> dict[str, Any]:
    """A paired difference as plain values with all digits, and its verdict."""
    words = verdict(one, column, maximize=maximize)
    return {
        "seeds": one.n,
        "difference": one.mean,
        "low": one.low,
        "high": one.high,
        "won": one.won,
        "tied": one.tied,
        "p": one.p,
        "adjusted_p": one.adjusted_p,
        "exact": one.exact,
        "shown": one.shown,
        "more_seeds": one.more,
        "finding": words.finding,
        "advice": words.advice,
        "verdict": str(words),
    }


def signed_difference(found: PairedDifference, column: str) -> str:
    """A difference with its sign, interval and unit: ``+8.2 (7.9 to 8.5) points``."""
    low, high = (found.mean, found.mean) if found.low is None or found.high is None else (found.low, found.high)
    amount = _Amounts(column, (high - low) / 2 or found.mean)
    number, _, unit = amount.text(found.mean).partition(" ")
    interval = "" if found.low is None else f" ({amount.range(low, high)})"
    return f"{'+' if found.mean > 0 else ''}{number}{interval}{f' {unit}' if unit else ''}"


def sweep_statistics(
    values: Mapping[str, Mapping[int, float]], *, column: str, maximize: bool
) -> dict[str, Any] | None:
    """The best point of a sweep against the other ones, closest first, as plain values for summary.json.

    ``values`` has what each point measured, by label and seed. The best is one whose seeds all completed: a mean over
    the seeds that did not diverge would be too good. None where no two points share two seeds.
    """
    points = list(values.values())
    found = paired_differences(points, maximize=maximize, enough=max(map(len, points), default=0))
    with speaking("en"):  # a record, which is the same in every language
        return as_document(found, list(values), column, maximize=maximize) if found else None


def values_by_point(trials: Iterable[tuple[Mapping[str, object], int, float]]) -> dict[str, dict[int, float]]:
    """What trials measured, by point and seed, where trials are (settings, seed, value).

    A swept ``seed`` belongs to no point: trials whose settings are equal but for it are one point with several seeds.
    """
    points: dict[str, dict[str, object]] = {}
    measured: dict[str, dict[int, float]] = {}
    for settings, seed, value in trials:
        point = {key: entry for key, entry in settings.items() if key != "seed"}
        points.setdefault(canonical(point), point)
        measured.setdefault(canonical(point), {})[seed] = value
    rows = flat_settings(list(points.values()))
    keys = short_keys(list(dict.fromkeys(key for point in rows for key in point)))
    labels = distinguishing_labels(rows, keys, [f"point {number}" for number, _ in enumerate(rows, 1)])
    return dict(zip(labels, measured.values(), strict=True))


class _Amounts:
    """Differences of a column with as many decimals as their uncertainty is worth."""

    def __init__(self, column: str, uncertainty: float) -> None:
        metric = metric_of(column)
        share = metric is not None and tuple(metric.range) == (0, 1)
        self._factor = 100.0 if share else 1.0
        points = in_language(" points", " ポイント")
        self._unit = points if share else in_language(" s", " 秒") if column.endswith("seconds") else ""
        size = float(f"{abs(uncertainty) * self._factor:.1e}")  # of 0.99996 as of 1.0
        self._decimals = max(0, 1 - floor(log10(size))) if size else 2

    def text(self, value: float) -> str:
        """A difference with its unit."""
        return f"{self._number(value)}{self._unit}"

    def range(self, low: float, high: float) -> str:
        """An interval without its unit."""
        return f"{self._number(low)} {in_language('to', '～')} {self._number(high)}"

    def _number(self, value: float) -> str:
        value *= self._factor
        text = f"{value:.2g}" if self._decimals > 6 else f"{value:.{self._decimals}f}"
        return text if float(text) else text.removeprefix("-")


def _format_p(p: float) -> str:
    if p < 1e-4:
        return f"{p:.0e}"
    return f"{p:.1g}" if p < 0.01 else f"{p:.2g}"


def _too_few(found: PairedDifference) -> str:
    """Why no difference could be shown with these seeds, whatever its size, and with how many seeds one can."""
    n, comparisons = found.n, found.comparisons
    if n < fewest_pairs():
        p = f"{smallest_p(n):.3g}"
        smallest = in_language(f"the smallest possible p is {p}", f"p の最小値は {p}")
    else:
        p = f"{smallest_p(n, comparisons):.2g}"
        smallest = in_language(
            f"corrected for {comparisons:,} pairs, the smallest possible p is {p}",
            f"{comparisons:,} 組に補正した p の最小値は {p}",
        )
    number = _NUMBERS[n] if n < len(_NUMBERS) else str(n)
    command, fewer = f"nnlab sweep SPEC -s seed=0..{fewest_pairs(comparisons) - 1}", fewer_points(comparisons)
    return in_language(
        f"{number} seed{'s' * (n > 1)} cannot show it: {smallest}; {command} can{fewer}",
        f"シード {n} 個では示せない（{smallest}）。{command} なら示せる{fewer}",
    )


def fewer_points(comparisons: int) -> str:
    """For many points, what shows a difference with fewer trainings; other seeds, since these chose the best five."""
    best_five = 10  # pairs
    seeds = fewest_pairs(best_five)
    return (
        in_language(
            f", or the best five alone with {seeds} other seeds", f"（または上位 5 件だけを別のシード {seeds} 個で）"
        )
        if comparisons > MANY_PAIRS
        else ""
    )


def _more_seeds(found: PairedDifference) -> str:
    if not found.mean:
        return ""
    if found.more is None:
        return in_language(
            f"more than {MOST_PAIRS:,} seeds would be needed to show it",
            f"示すには {MOST_PAIRS:,} 個を超えるシードが必要",
        )
    # Two digits: the spread from which it follows is not known better.
    digits = 10 ** max(0, len(str(found.more)) - 2)
    more = -(-found.more // digits) * digits
    return in_language(
        f"about {more:,} more seed{'s' * (more > 1)} would show it", f"あと約 {more:,} 個のシードで示せる見込み"
    )
