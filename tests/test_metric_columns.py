"""Columns of metrics: their order, and what each says of its numbers by its metric."""

from math import inf

import pytest
from made_metrics import registered

from nnlab.core.rows import CHOOSING_SPLITS, REPORTING_SPLITS, SPLITS, STEERING_SPLITS, Bounds, Row
from nnlab.metric_columns import (
    METRICS_COLUMNS,
    MetricColumns,
    best_row,
    bounds_of,
    format_column,
    higher_is_better,
    metric_of,
)
from nnlab.metrics import Metric
from nnlab.metrics.accuracy import Accuracy
from nnlab.metrics.loss import MeanLoss


@pytest.mark.parametrize(
    ("column", "metric", "best_is_high", "bounds"),
    [
        ("test_accuracy", Accuracy, True, (0, 1)),
        ("best_test_accuracy", Accuracy, True, (0, 1)),
        ("validation_loss", MeanLoss, False, (-inf, inf)),
        ("objective", None, False, (-inf, inf)),
        ("train_seconds", None, False, (-inf, inf)),
        ("accuracy", None, False, (-inf, inf)),
        ("tests_accuracy", None, False, (-inf, inf)),
    ],
)
def test_a_column_is_known_by_its_split_and_its_metric(
    column: str, metric: type[Metric] | None, best_is_high: bool, bounds: tuple[float, float]
) -> None:
    assert metric_of(column) is metric
    assert higher_is_better(column) is best_is_high
    assert bounds_of(column) == bounds


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("test_accuracy", 0.00001, "0.0000"),
        ("train_loss", 0.00001, "1e-05"),
        ("train_loss", 0.0, "0.0000"),
        ("train_loss", 12345.6, "1.23e+04"),
        ("lr", 0.1, "0.1000"),
    ],
)
def test_a_number_is_printed_as_its_metric_says(column: str, value: float, text: str) -> None:
    assert format_column(column, value) == text


@pytest.mark.parametrize(
    ("bounds", "text"),
    [(Bounds(0, 1), "from 0 to 1"), (Bounds(low=-0.5), "at least -0.5"), (Bounds(high=1), "at most 1")],
)
def test_bounds_in_words(bounds: Bounds, text: str) -> None:
    assert str(bounds) == text


def test_the_columns_are_those_of_the_contract() -> None:
    first = "step,epoch,lr,train_loss,train_accuracy,test_loss,test_accuracy,objective"
    assert ",".join(METRICS_COLUMNS) == f"{first},validation_loss,validation_accuracy"


def test_the_test_set_reports_but_does_not_steer() -> None:
    assert set(STEERING_SPLITS) == set(SPLITS) - {"test"}
    assert sorted(CHOOSING_SPLITS) == sorted(REPORTING_SPLITS) == sorted(SPLITS)
    assert (CHOOSING_SPLITS[0], REPORTING_SPLITS[0]) == ("validation", "test")
    columns = list(MetricColumns(STEERING_SPLITS, ("objective",)))
    assert columns[:2] == ["train_loss", "train_accuracy"]
    assert columns[-1] == "objective"
    assert {column.partition("_")[0] for column in columns[:-1]} == set(STEERING_SPLITS)
    assert not [column for column in columns if column.endswith("confusion")]


@pytest.mark.parametrize(("name", "best"), [("top_2", 2), ("worst_class", 1), ("loss", 1)])
def test_without_the_primary_metric_another_one_picks_the_best_evaluation(name: str, best: int) -> None:
    values = {"top_2": [0.9, 0.5, 0.75]}.get(name, [0.0, 3.0, 4.0])
    rows: list[Row] = [
        {"step": step, "train_loss": 1.0, f"train_{name}": 1.0, f"validation_{name}": value}
        for step, value in enumerate(values)
    ]
    with registered():
        assert best_row(rows) == rows[best]
