"""Points paired on seeds, and what their differences show, in words."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.comparisons.paired import PairedDifference, paired_differences
from nnlab.comparisons.statistics import bca_interval, holm, sign_flip_p
from nnlab.comparisons.verdicts import sweep_statistics, values_by_point, verdict

ACCURACY = "validation_accuracy"
# With eight seeds, in points: all better, by 0.1 to 0.8.
EIGHT = [0.1, 0.5, 0.3, 0.7, 0.2, 0.6, 0.4, 0.8]


def points(differences: list[float], base: float = 0.9) -> dict[str, dict[int, float]]:
    """Two points whose accuracies differ by these percentage points, seed by seed; the base drifts with the seed."""
    low = {seed: base + seed / 64 for seed in range(len(differences))}
    return {"low": low, "high": {seed: low[seed] + difference / 100 for seed, difference in enumerate(differences)}}


def only_verdict(values: Mapping[str, Mapping[int, float]], column: str = ACCURACY, *, maximize: bool = True) -> str:
    statistics = sweep_statistics(values, column=column, maximize=maximize)
    assert statistics is not None
    (one,) = statistics["against"]
    return str(one["verdict"])


def test_a_difference_that_is_shown_is_in_points_with_interval_seeds_and_p() -> None:
    low, high = bca_interval([value / 100 for value in EIGHT])
    expected = f"better by 0.45 points ({100 * low:.2f} to {100 * high:.2f}, 8 seeds, p = 0.008), 8 of 8 seeds won"
    assert only_verdict(points(EIGHT)) == expected
    assert expected == "better by 0.45 points (0.25 to 0.65, 8 seeds, p = 0.008), 8 of 8 seeds won"


def test_a_loss_is_lower() -> None:
    values = {name: {seed: 1 - value for seed, value in one.items()} for name, one in points(EIGHT).items()}
    text = only_verdict(values, "validation_loss", maximize=False)
    assert text == "lower by 0.0045 (0.0025 to 0.0065, 8 seeds, p = 0.008), 8 of 8 seeds won"


def test_a_difference_that_is_not_shown_asks_for_more_seeds() -> None:
    text = only_verdict(points([0.5, -0.3, 0.2, -0.1, 0.4, -0.2, 0.3, -0.1]))
    assert text.startswith("cannot tell apart (difference 0.09 points, -0.15 to 0.34, ")
    assert text.endswith("8 seeds, p = 0.49), 4 of 8 seeds won; about 87 more seeds would show it")


def test_a_tiny_difference_needs_more_seeds_than_are_counted() -> None:
    text = only_verdict(points([0.5, -0.5, 0.5, -0.5, 0.5, -0.4999]))
    assert text.endswith("p = 1), 3 of 6 seeds won; more than 1,000 seeds would be needed to show it")


def test_equal_results_cannot_be_told_apart_and_no_number_of_seeds_is_named() -> None:
    text = only_verdict(points([0.0] * 6))
    assert text == "cannot tell apart (difference 0.00 points, 0.00 to 0.00, 6 seeds, p = 1), 0 of 6 seeds won, 6 tied"


@pytest.mark.parametrize(
    ("n", "number", "p"), [(2, "two", "0.5"), (3, "three", "0.25"), (4, "four", "0.125"), (5, "five", "0.0625")]
)
def test_fewer_than_six_seeds_cannot_show_it(n: int, number: str, p: str) -> None:
    text = only_verdict(points(EIGHT[:n]))
    assert text.startswith("difference 0.")
    assert text.endswith(
        f"points, {n} of {n} seeds won; {number} seeds cannot show it: the smallest possible p is {p}; "
        "nnlab sweep SPEC -s seed=0..5 can"
    )


def test_six_seeds_that_agree_show_it() -> None:
    assert "6 seeds, p = 0.031)" in only_verdict(points(EIGHT[:6]))


def test_many_points_need_more_seeds() -> None:
    values = {f"lr {k}": {seed: 0.9 - k / 100 + seed / 1000 for seed in range(6)} for k in range(4)}
    statistics = sweep_statistics(values, column=ACCURACY, maximize=True)
    assert statistics is not None
    assert (statistics["best"], statistics["comparisons"]) == ("lr 0", 6)
    assert [one["label"] for one in statistics["against"]] == ["lr 1", "lr 2", "lr 3"]
    assert statistics["against"][0]["verdict"] == (
        "difference 1.0 points (1.0 to 1.0), 6 of 6 seeds won; six seeds cannot show it: corrected for 6 pairs, the "
        "smallest possible p is 0.19; nnlab sweep SPEC -s seed=0..7 can"
    )
    more = {name: {seed: values[name][seed % 6] for seed in range(8)} for name in values}
    statistics = sweep_statistics(more, column=ACCURACY, maximize=True)
    assert statistics is not None
    assert [one["adjusted_p"] for one in statistics["against"]] == pytest.approx([6 / 128] * 3)
    assert all(one["shown"] for one in statistics["against"])


def test_the_best_of_many_points_are_advised_to_train_alone() -> None:
    values = {f"lr {k}": {seed: 0.5 + k / 1000 + seed / 64 for seed in range(7)} for k in range(12)}
    statistics = sweep_statistics(values, column=ACCURACY, maximize=True)
    assert statistics is not None
    assert {one["advice"] for one in statistics["against"]} == {
        "seven seeds cannot show it: corrected for 66 pairs, the smallest possible p is 1; nnlab sweep SPEC "
        "-s seed=0..11 can, or the best five alone with 9 other seeds"
    }


def test_p_values_are_corrected_for_all_pairs_of_points() -> None:
    """The best was chosen by the same numbers: three points are three pairs, of which two are compared."""
    values = points(EIGHT) | {"third": {seed: 0.9 + seed / 64 - seed % 3 / 500 for seed in range(8)}}
    found = paired_differences(list(values.values()), maximize=True)
    assert found is not None
    assert (found.best, found.comparisons) == (1, 3)
    best = values["high"]
    p_values = [sign_flip_p([best[seed] - other[seed] for seed in best]) for other in (values["low"], values["third"])]
    assert {one.against: one.adjusted_p for one in found.differences} == dict(
        zip([0, 2], holm(p_values, 3), strict=True)
    )
    hidden = paired_differences(list(values.values()), maximize=True, hidden=2)
    assert hidden is not None
    assert hidden.comparisons == 10


def test_only_seeds_that_both_have_are_paired() -> None:
    values = points(EIGHT)
    values["high"][99] = 0.0
    del values["low"][0]
    statistics = sweep_statistics(values, column=ACCURACY, maximize=False)
    assert statistics is not None
    assert statistics["against"][0]["seeds"] == 7


def test_points_without_seeds_in_common_are_named() -> None:
    values = points(EIGHT) | {"elsewhere": dict.fromkeys(range(20, 28), 0.5)}
    statistics = sweep_statistics(values, column=ACCURACY, maximize=True)
    assert statistics is not None
    assert (statistics["unpaired"], statistics["comparisons"]) == (["elsewhere"], 1)


def test_single_seeds_have_no_statistics() -> None:
    assert sweep_statistics({"a": {0: 0.5}, "b": {0: 0.6}}, column=ACCURACY, maximize=True) is None
    assert sweep_statistics({"a": {0: 0.5, 1: 0.5}}, column=ACCURACY, maximize=True) is None
    assert sweep_statistics({}, column=ACCURACY, maximize=True) is None


def test_a_lucky_seed_is_not_the_best_point() -> None:
    """A point of which two of eight seeds were completed is compared, but it is no best point."""
    values = points(EIGHT) | {"partly": {0: 0.999, 1: 0.998}}
    statistics = sweep_statistics(values, column=ACCURACY, maximize=True)
    assert statistics is not None
    assert statistics["best"] == "high"
    assert {one["label"]: one["seeds"] for one in statistics["against"]} == {"low": 8, "partly": 2}


def test_the_best_point_of_a_sweep_has_all_its_seeds_and_the_best_row_of_compare_six() -> None:
    values = points(EIGHT) | {"diverged twice": dict.fromkeys(range(6), 0.999)}
    statistics = sweep_statistics(values, column=ACCURACY, maximize=True)
    assert statistics is not None
    assert statistics["best"] == "high"
    found = paired_differences(list(values.values()), maximize=True)
    assert found is not None
    assert found.best == 2


def test_the_best_mean_can_be_worse_on_the_seeds_in_common() -> None:
    values = {
        "few": {seed: 0.6 + seed / 1000 for seed in range(8)} | dict.fromkeys(range(30, 42), 0.3),
        "many": {**{seed: 0.5 + seed / 500 for seed in range(8)}, **dict.fromkeys(range(8, 20), 0.9)},
    }
    assert only_verdict(values).startswith("worse by 9.65 points (9.")


def test_statistics_are_plain_values_with_all_digits() -> None:
    statistics = sweep_statistics(points(EIGHT), column=ACCURACY, maximize=True)
    assert json.loads(json.dumps(statistics)) == statistics
    assert statistics is not None
    differences = [value / 100 for value in EIGHT]
    (one,) = statistics["against"]
    assert (one["low"], one["high"]) == pytest.approx(bca_interval(differences))
    assert (one["p"], one["adjusted_p"], one["exact"], one["won"]) == (1 / 128, 1 / 128, True, 8)
    assert one["difference"] == pytest.approx(0.0045)


def test_random_sign_flips_are_approximate() -> None:
    assert "40 seeds, p ≈ 1e-05)" in only_verdict(points(EIGHT * 5))


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("test_accuracy", "difference 12 points"),
        ("train_seconds", "difference 0.12 s"),
        ("objective", "difference 0.12"),
        ("test_loss", "difference 0.12"),
    ],
)
def test_the_unit_is_that_of_the_column(column: str, text: str) -> None:
    found = PairedDifference(1, 2, 0.123, None, None, 2, 0, 0.5, 0.5, 1, 8)
    assert verdict(found, column, maximize=True).finding == f"{text}, 2 of 2 seeds won"


@pytest.mark.parametrize(("mean", "text"), [(1234.5, "1234"), (0.00001234, "0.000012"), (1.234e-9, "1.2e-09")])
def test_differences_of_any_size_have_two_digits_or_more(mean: float, text: str) -> None:
    found = PairedDifference(1, 2, mean, None, None, 2, 0, 0.5, 0.5, 1, 8)
    assert verdict(found, "objective", maximize=False).finding.startswith(f"difference {text},")


def test_a_swept_seed_makes_seeds_of_a_point() -> None:
    trials = [({"optimizer.lr": lr, "seed": seed}, seed, lr + seed) for lr in (0.1, 0.01) for seed in (3, 4)]
    assert values_by_point(trials) == {"lr 0.1": {3: 3.1, 4: 4.1}, "lr 0.01": {3: 3.01, 4: 4.01}}
    assert values_by_point([({"seed": seed}, seed, 0.5) for seed in (0, 1)]) == {"point 1": {0: 0.5, 1: 0.5}}


def test_points_with_whole_components_are_labelled_by_what_differs() -> None:
    optimizers = [{"name": "sgd", "lr": 0.1}, {"name": "adam", "lr": 0.1}]
    trials = [({"optimizer": optimizer}, seed, 1.0) for optimizer in optimizers for seed in (0, 1)]
    assert values_by_point(trials) == {"optimizer sgd": {0: 1.0, 1: 1.0}, "optimizer adam": {0: 1.0, 1: 1.0}}
    mixed = [({"model.activation": value}, 0, 1.0) for value in ("relu", {"name": "leaky_relu", "slope": 0.01})]
    assert list(values_by_point(mixed)) == ["activation relu", "activation leaky_relu"]


def test_values_that_are_not_finite_or_too_large_do_not_count() -> None:
    values = points(EIGHT)
    values["low"] |= {0: float("nan"), 1: float("inf"), 2: 1e300}
    found = paired_differences(list(values.values()), maximize=True)
    assert found is not None
    assert [one.n for one in found.differences] == [5]


SHARES = st.integers(0, 100).map(lambda k: k / 100)
VALUES = st.dictionaries(st.integers(0, 12), SHARES | st.floats(), max_size=10)


@given(st.lists(VALUES, max_size=5), st.booleans())
def test_any_values_have_a_verdict_and_the_direction_mirrors_it(values: list[dict[int, float]], maximize: bool) -> None:
    named = {str(index): one for index, one in enumerate(values)}
    found = sweep_statistics(named, column="objective", maximize=maximize)
    mirrored = sweep_statistics(
        {name: {seed: -value for seed, value in one.items()} for name, one in named.items()},
        column="objective",
        maximize=not maximize,
    )
    assert (found is None) == (mirrored is None)
    if found is None or mirrored is None:
        return
    assert found["best"] == mirrored["best"]
    for one, other in zip(found["against"], mirrored["against"], strict=True):
        assert one["verdict"]
        assert 0 < one["p"] <= one["adjusted_p"] <= 1
        assert one["shown"] == (one["adjusted_p"] <= 0.05)
        assert (one["label"], one["p"], one["won"]) == (other["label"], other["p"], other["won"])
        assert one["difference"] == -other["difference"]
