"""Verdicts: printed digits, bands of seeds, statements, and values that are not finite."""

from dataclasses import replace
from math import inf, nan, sqrt

import pytest

from nnlab.insight.reproduce.claims import Below, Claim, Experiment, Limits, Seeds, SpreadOfSeeds, Text, Tolerance
from nnlab.insight.reproduce.evidence import Evidence
from nnlab.insight.reproduce.verdicts import Row, band_text, prints_as, rows_of, short
from nnlab.language import speaking

WORDS = Text("loss", "損失")
SPREAD = SpreadOfSeeds(Seeds(10, 0.94, 0.001))


def claim(number: str = "0.9468", band: Tolerance | SpreadOfSeeds | Limits = SPREAD) -> Claim:
    return Claim(quantity=WORDS, numbers=(number,), measure=lambda evidence: 0.0, band=band)


def row(value: float, made: Claim) -> Row:
    return Row(Experiment(name="e", title=WORDS, source=WORDS, claims=[made], seconds=1), made, value)


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (0.94684, "reproduced"),
        (0.9479, "within band"),
        (0.9468 + 3 * sqrt(2) * 0.001 - 1e-9, "within band"),
        (0.9468 + 3 * sqrt(2) * 0.001 + 1e-9, "outside"),
        (0.9, "outside"),
        (nan, "outside"),
        (inf, "outside"),
    ],
)
def test_the_band_of_seeds_is_three_deviations_of_a_difference_of_two_runs(value: float, verdict: str) -> None:
    assert row(value, claim()).verdict == verdict


def test_equal_digits_outside_a_band_are_outside() -> None:
    narrow = claim("0.95", Tolerance(1e-4, WORDS))
    assert row(0.9501, narrow).verdict == "reproduced"
    assert row(0.9512, narrow).verdict == "outside"


@pytest.mark.parametrize(("value", "verdict"), [(1.5, "reproduced"), (1.0, "reproduced"), (0.99, "outside")])
def test_a_statement_is_reproduced_within_its_limits(value: float, verdict: str) -> None:
    made = Claim(quantity=WORDS, statement=WORDS, measure=lambda evidence: value, band=Limits(WORDS, 1))
    assert row(value, made).verdict == verdict


@pytest.mark.parametrize(("value", "verdict"), [(0.9999, "reproduced"), (1.0, "outside"), (1.2, "outside")])
def test_the_limit_itself_is_not_below_it(value: float, verdict: str) -> None:
    made = Claim(quantity=WORDS, statement=WORDS, measure=lambda evidence: value, band=Below(WORDS, high=1))
    assert row(value, made).verdict == verdict


@pytest.mark.parametrize(
    ("value", "printed", "same"),
    [
        (0.78630216, "0.786302", True),
        (0.7863026, "0.786302", False),
        (-6.111107929e-10, "-6.11110793e-10", True),
        (-6.11110788e-10, "-6.11110793e-10", False),
        (5.9999999, "6.", True),
        (-1e-12, "0.", True),
    ],
)
def test_a_value_is_rounded_to_the_published_digits(value: float, printed: str, same: bool) -> None:
    assert prints_as(value, printed) is same


def test_each_number_of_a_claim_is_a_row() -> None:
    made = replace(claim(), numbers=("1.0", "2.0"), parts=("x0", "x1"), measure=lambda evidence: [1.0, 3.0])
    rows = rows_of(row(0, made).experiment, made, Evidence({}))
    assert [(found.quantity, found.verdict) for found in rows] == [("loss, x0", "reproduced"), ("loss, x1", "outside")]
    with speaking("ja"):
        assert rows[1].quantity == "損失、x1"
        assert rows[1].verdict_text == "範囲外"


@pytest.mark.parametrize(
    ("band", "limits", "text"),
    [
        (SPREAD, (0.9, 0.91), "±0.005"),
        (Limits(WORDS), (29, 29), "29"),
        (Limits(WORDS), (1, inf), "≥ 1"),
        (Limits(WORDS), (-inf, 2), "≤ 2"),
        (Limits(WORDS), (0.13, 0.37), "0.13 to 0.37"),
        (Below(WORDS, high=0), (-inf, -5e-324), "< 0"),
    ],
)
def test_a_band_in_short(band: SpreadOfSeeds | Limits, limits: tuple[float, float], text: str) -> None:
    assert band_text(band, *limits) == text


def test_small_limits_have_short_exponents() -> None:
    assert [short(5e-7), short(0.0), short(1.2345e11)] == ["5e-7", "0", "1.23e11"]


def test_json_has_null_for_what_is_not_finite() -> None:
    made = Claim(quantity=WORDS, statement=WORDS, measure=lambda evidence: nan, band=Limits(WORDS, 1))
    found = row(nan, made).as_json()
    assert (found["value"], found["band"], found["verdict"]) == (None, [1, None], "outside")
