"""Swept keys as axes: scale, order of the values, labels."""

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from nnlab.plots.sweep_keys import ABSENT, MISSING, number_text, show_key, swept_key


@pytest.mark.parametrize(
    ("values", "log"),
    [
        ([0.001, 0.01, 0.1], True),
        ([1e-4, 3e-4, 1e-3, 3e-3], True),
        ([32, 64, 128, 256, 512], True),
        ([0.1, 10], True),
        ([1, 2, 3, 4, 5], False),
        ([0.1, 0.2, 0.5], False),
        ([10, 50, 100, 150], False),
        ([-1, 1, 100], False),
        ([0.1], False),
    ],
)
def test_numbers_spaced_by_their_ratios_are_on_a_log_axis(values: list[float], log: bool) -> None:
    assert swept_key("lr", values).log is log


def test_the_scale_of_a_range_decides() -> None:
    values = [0.1, 0.2, 0.3]
    assert swept_key("lr", values, "log").log
    assert not swept_key("lr", [1e-6, 1e-3, 1.0], "uniform").log
    assert swept_key("lr", values, "log").is_range


def test_numbers_are_in_ascending_order_and_categories_as_they_came() -> None:
    assert swept_key("lr", [0.3, 0.1, 0.2, 0.1]).groups[0] == ("0.1", "0.2", "0.3")
    key = swept_key("init", ["he", 0.01, "xavier", "he"])
    assert key.labels == ("he", "0.01", "xavier")
    assert key.positions.tolist() == [0, 1, 2, 0]
    assert swept_key("batch_norm", [True, False, True]).labels == ("false", "true")


def test_a_zero_among_numbers_for_a_log_axis_makes_ascending_categories() -> None:
    key = swept_key("l2", [1e-2, 0, 1e-4, 1e-3])
    assert (key.labels, key.ascending, key.log) == (("0", "0.0001", "0.001", "0.01"), True, False)
    assert swept_key("depth", [0, 1, 2]).labels == ()


def test_true_and_one_are_two_values() -> None:
    assert swept_key("x", [True, 1, "true"]).positions.tolist() == [0, 1, 2]


def test_labels_of_components_lists_and_long_texts() -> None:
    values: list[Any] = [{"name": "sgd", "lr": 0.1}, [50, 50], "x" * 100, "x" * 101, "", None, "a\nb"]
    labels = swept_key("x", values).labels
    assert labels[:2] == ("sgd, lr 0.1", "[50, 50]")
    assert len(set(labels)) == len(values)
    assert max(map(len, labels)) < 50
    assert labels[4:] == ("''", "null", "a\\nb")


def test_points_without_the_key_are_the_last_group() -> None:
    key = swept_key("momentum", [0.9, MISSING, 0.5])
    assert key.groups[0] == ("0.5", "0.9", ABSENT)
    assert key.groups[1].tolist() == [1, 2, 0]
    assert np.isnan(key.fraction()[1])


@pytest.mark.parametrize(
    "values",
    [
        [np.inf, 1.0, np.nan],
        [1e300, 1e-300, 5e-324],
        [10**400, 1],
        [0.0, -0.0, 1e-9],
        [True, None, "", "$x$", [], {}],
        [MISSING, MISSING],
        [MISSING, 1, "1"],
    ],
    ids=range(7),
)
def test_any_values_have_places_within_their_groups(values: list[Any]) -> None:
    key = swept_key("x", values)
    labels, groups = key.groups
    assert set(groups.tolist()) == set(range(len(labels)))
    fraction = key.fraction()[[value is not MISSING for value in values]]
    assert ((fraction >= 0) & (fraction <= 1)).all()


def test_number_texts() -> None:
    assert [number_text(x) for x in (1.0, 0.1, 1e-5, 3e-10, 64, 1e7)] == ["1", "0.1", "1e-5", "3e-10", "64", "1e7"]
    assert number_text(0.123456, short=True) == "0.123"


def test_few_values_are_the_ticks_and_the_axis_covers_all_of_them() -> None:
    axes = Figure().add_subplot()
    show_key(axes, "x", swept_key("optimizer.$lr$", [0.01, 0.1, 1.0]))
    assert axes.get_xscale() == "log"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.01", "0.1", "1"]
    low, high = axes.get_xlim()
    assert low < 0.01 < 1.0 < high
    assert (axes.get_xlabel(), axes.xaxis.label.get_parse_math()) == ("optimizer.$lr$", False)
