"""Every command that takes a run takes ``last`` and short names."""

from pathlib import Path

import pytest


@pytest.fixture
def runs(make_run, nnlab) -> Path:
    make_run("20250101-120000-adam-0a1b2c")
    return make_run("20250102-120000-adam-ffff00", {"optimizer.lr": 0.1}).parent


@pytest.mark.parametrize(
    "arguments",
    [
        ("plot", "{}", "accuracy", "--out", "pictures"),
        ("show", "{}"),
        ("compare", "{}", "--csv", "-", "--out", "pictures"),
        ("runs", "rm", "{}"),
        ("train", "--resume", "{}"),
    ],
)
def test_last_is_the_newest_run_and_an_ambiguous_prefix_is_an_error(
    nnlab, runs: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    asked: list[str] = []
    targets = {
        "plot": "nnlab.records.reader.read_run",
        "show": "nnlab.records.reader.read_run",
        "compare": "nnlab.comparisons.comparison.compare",
        "runs": "nnlab.records.trash.check_removable",
        "train": "nnlab.train.resume.resume",
    }

    class Seen(Exception):
        pass

    def see(path: object, *others: object, **more: object) -> None:
        asked.extend(map(str, path) if isinstance(path, list) else [str(path)])
        raise Seen

    monkeypatch.setattr(targets[arguments[0]], see)
    for name in ("last", "ffff00"):
        nnlab(*(argument.format(name) for argument in arguments))
        assert Path(asked.pop()) == Path("runs/20250102-120000-adam-ffff00")
    answer = nnlab(*(argument.format("adam") for argument in arguments))
    assert answer.code == 5
    assert "adam: 2 runs in runs match; use a longer part of the name:" in answer.stderr
    assert asked == []


def test_last_without_runs_is_an_error(nnlab) -> None:
    Path("runs").mkdir()
    answer = nnlab("show", "last")
    assert (answer.code, answer.stderr) == (5, "nnlab: runs: contains no run, descent or sweep\n")
