"""nnlab.compare: runs by path, name, pattern and result; its table, verdicts and figure."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import nnlab
from nnlab.errors import RunError, UsageError


@pytest.fixture
def runs(make_run: Callable[..., Path]) -> Path:
    make_run("20250101-120000-adam-0a1b2c")
    make_run(
        "20250101-120001-slow-0a1b2d", {"name": "slow", "optimizer.lr": 0.001}, accuracies=(0.1, 0.2, 0.3, 0.4, 0.5)
    )
    return make_run("20250101-120002-wide-0a1b2e", {"name": "wide", "model.hidden": [90]}, accuracies=(0.1,) * 5).parent


def test_runs_are_named_in_every_way(runs: Path) -> None:
    paths = sorted(runs.iterdir())
    records = [nnlab.read_run(path) for path in paths]
    named = [paths, [str(path) for path in paths], str(runs / "*"), records, ["adam", "slow", "wide"], iter(records)]
    for chosen in named:
        found = nnlab.compare(chosen, runs=runs)
        assert [entry.names for entry in found.entries] == ["adam", "slow", "wide"]
    assert len(nnlab.compare("last", runs=runs).entries) == 1
    assert len(nnlab.compare(records, where="optimizer.lr<0.005").entries) == 1
    assert [entry.names for entry in nnlab.compare(records, sort="name", top=2).entries] == ["adam", "slow"]


@pytest.mark.parametrize(
    ("chosen", "error", "message"),
    [
        (3, UsageError, "compare: expected a folder, a name or a result, got '3'"),
        ([None], UsageError, "compare: expected a folder, a name or a result, got 'None'"),
        ([], RunError, "no run was named"),
        ("nothing", RunError, "no such run folder"),
    ],
)
def test_what_names_no_run_is_refused(tmp_path: Path, chosen: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        nnlab.compare(chosen, runs=tmp_path)  # type: ignore[arg-type]


def test_a_comparison_is_one_line_and_a_table(runs: Path) -> None:
    found = nnlab.compare(str(runs / "*"))
    first = "first hidden [40, 20], lr 0.01 with test accuracy 0.8750"
    assert repr(found) == f"Comparison of 3 runs: {first}"
    heading, rule, *rows = found.table().splitlines()
    assert heading.split()[:3] == ["run", "hidden", "lr"]
    assert set(rule) == {"─", " "}
    assert [row.split()[0] for row in rows] == list(found.titles)
    assert found._repr_html_().count("<tr>") == 4


def test_common_seeds_have_verdicts(make_run: Callable[..., Path]) -> None:
    paths = [
        make_run(
            f"20250101-1200{seed}{index}-a-0a1b{seed}{index}",
            {"seed": seed, "optimizer.lr": lr},
            accuracies=(0.1, high),
        )
        for index, (lr, high) in enumerate(((0.1, 0.9), (0.2, 0.8)))
        for seed in (0, 1)
    ]
    found = nnlab.compare(paths)
    assert list(found.verdicts) == ["lr 0.2"]
    assert found.verdicts["lr 0.2"].startswith("difference 10 points")
    assert "test accuracy of lr 0.1 against the others:" in found._repr_html_()


def test_damaged_and_hostile_runs_are_shown_as_text(runs: Path, make_run: Callable[..., Path]) -> None:
    make_run("20250101-120004-b-0a1b2f", {"name": "<script>1</script>", "optimizer.lr": 0.5})
    damaged = make_run("20250101-120005-c-0a1b3f")
    (damaged / "summary.json").write_text(json.dumps({"status": "<b>"}), encoding="utf-8")
    html = nnlab.compare(str(runs / "*"))._repr_html_()
    assert "damaged, not compared" in html
    assert "<script" not in html
    assert "<b>" not in html


def test_the_curves_are_a_figure_and_nothing_is_written(runs: Path) -> None:
    found = nnlab.compare(str(runs / "*"))
    before = sorted(runs.rglob("*"))
    assert len(found.plot().axes[0].lines) == 6  # train and test of each
    assert found.plot("loss").axes[0].get_ylabel().startswith("loss")
    assert sorted(runs.rglob("*")) == before
    with pytest.raises(UsageError, match="no run measured 'los'; did you mean 'loss'"):
        found.plot("los")
