"""Statistics of a sweep's summary on the terminal."""

from collections.abc import Callable
from pathlib import Path

import pytest
from made_sweeps import made_sweep

from nnlab.cli.comparison_statistics import recorded_lines
from nnlab.cli.sweep_results import print_sweep
from nnlab.comparisons.cells import column_words
from nnlab.comparisons.verdicts import sweep_statistics, values_by_point
from nnlab.records.sweep_folder import read_sweep

# Of each seed, by how many samples of 64 the learning rate 0.2 is better than 0.1.
WON = [3, 4, 5, 6, 7, 2]


def test_results_of_a_sweep_end_with_its_verdicts(
    make_run: Callable[..., Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    trials = [
        (lr, seed, 0.5 + seed / 64 + (won / 64 if lr == 0.2 else 0), "completed")
        for lr in (0.1, 0.2)
        for seed, won in enumerate(WON)
    ]
    values = values_by_point([({"optimizer.lr": lr}, seed, accuracy) for lr, seed, accuracy, _ in trials])
    statistics = sweep_statistics(values, column="validation_accuracy", maximize=True)
    print_sweep(read_sweep(made_sweep(make_run, trials, statistics=statistics)))
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "validation accuracy of lr 0.2 against the others, runs paired on seeds:",
        "  lr 0.1  better by 7.0 points (4.2 to 9.9, 6 seeds, p = 0.031), 6 of 6 seeds won",
        "95 % intervals: BCa bootstrap; p: sign-flip test",
    ]


def test_a_sweep_without_statistics_ends_with_its_table(
    make_run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    print_sweep(read_sweep(made_sweep(make_run, [(0.1, 0, 0.5, "completed")])))
    assert capsys.readouterr().out.splitlines()[-1].split()[:2] == ["1", "0.1"]


ALONE = ", or the best five alone with 9 other seeds"


@pytest.mark.parametrize(("points", "seeds", "more"), [(2, 6, ""), (3, 7, ""), (10, 11, ""), (11, 12, ALONE)])
def test_one_seed_per_point_gets_advice(
    make_run: Callable[..., Path], capsys: pytest.CaptureFixture[str], points: int, seeds: int, more: str
) -> None:
    sweep = made_sweep(make_run, [(0.1 * (1 + number), 0, 0.5, "completed") for number in range(points)])
    print_sweep(read_sweep(sweep))
    advice = f"one seed per point: which is best may be luck; --seeds {seeds} can tell points apart{more}"
    assert capsys.readouterr().out.splitlines()[-2:] == ["", advice]


def test_statistics_that_are_not_as_nnlab_writes_them_are_left_out() -> None:
    written = sweep_statistics({"a": {0: 0.5, 1: 0.5}, "b": {0: 0.25, 1: 0.5}}, column="objective", maximize=False)
    assert written is not None
    assert len(recorded_lines(written, 80)) > 1
    for wrong in (None, [], {}, {**written, "against": 3}, {**written, "against": [{}]}, {**written, "unpaired": None}):
        assert recorded_lines(wrong, 80) == []
    nasty = {**written, "best": "\x1b[31m", "against": [{**written["against"][0], "label": "\x1b", "verdict": "\x1b"}]}
    assert "\x1b" not in "".join(recorded_lines(nasty, 80))


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("validation_accuracy", "validation accuracy"),
        ("best_test_accuracy", "best test accuracy"),
        ("train_loss", "train loss"),
        ("train_seconds", "training time"),
        ("objective", "objective"),
    ],
)
def test_columns_in_words(column: str, words: str) -> None:
    assert column_words(column) == words
