"""Runs by their short names."""

import os
from pathlib import Path

import pytest

from nnlab.errors import RunError
from nnlab.records.formats import FolderKind
from nnlab.records.run_names import find_run, newest

ADAM, ADAM_AGAIN, SGD = "20250101-120000-adam-0a1b2c", "20250102-120000-adam-ffff00", "20250103-120000-sgd-0a1b3d"
CROSSVAL, DESCENT = "20250104-120000-adam-crossval-123456", "20250105-120000-valley-abcdef"


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs"
    for name, more in {ADAM: (), ADAM_AGAIN: (), SGD: (), CROSSVAL: ("fold-1",), DESCENT: ("path.csv",)}.items():
        (folder / name).mkdir(parents=True)
        for file in ("spec.yaml", "summary.json"):
            (folder / name / file).write_text("", encoding="utf-8")
        for entry in more:
            path = folder / name / entry
            path.touch() if path.suffix else path.mkdir()
    (folder / ".trash").mkdir()
    (folder / "notes").mkdir()
    return Path("runs")


@pytest.mark.parametrize(
    ("only", "name"), [((), DESCENT), (("run",), SGD), (("run", "crossval"), CROSSVAL), (("crossval",), CROSSVAL)]
)
def test_last_is_the_newest_of_the_kinds(runs: Path, only: tuple[FolderKind, ...], name: str) -> None:
    assert find_run("last", runs, *only) == runs / name


@pytest.mark.parametrize(
    ("short", "name"),
    [
        (SGD, SGD),
        ("0a1b2c", ADAM),
        ("0A1B2C", ADAM),
        ("sgd", SGD),
        ("valley", DESCENT),
        ("20250101", ADAM),
        ("adam-0a1b2c", ADAM),
        ("adam-crossval", CROSSVAL),
    ],
)
def test_short_name_finds_its_run(runs: Path, short: str, name: str) -> None:
    assert find_run(short, runs) == runs / name


def test_another_kind_of_folder_is_found_where_it_alone_matches(runs: Path) -> None:
    assert find_run("valley", runs, "run") == runs / DESCENT  # its reader refuses it, with its kind
    assert find_run("adam-crossval", runs, "run", "descent") == runs / CROSSVAL
    assert find_run("adam", runs, "descent") == Path("adam")  # several of other kinds


def test_an_ambiguous_name_lists_the_candidates(runs: Path) -> None:
    with pytest.raises(RunError) as caught:
        find_run("adam", runs, "run")
    assert str(caught.value) == f"adam: 2 runs in runs match; use a longer part of the name:\n  {ADAM}\n  {ADAM_AGAIN}"
    with pytest.raises(RunError, match="5 runs"):
        find_run("20250", runs)


def test_existing_path_is_used_unchanged(runs: Path) -> None:
    Path("sgd").mkdir()
    assert find_run("sgd", runs) == Path("sgd")
    assert find_run("./last", runs) == Path("./last")
    assert find_run(f"runs/{SGD}", runs) == runs / SGD


@pytest.mark.parametrize("name", ["", ".", "..", "nothing", "*", "202", "notes", ".trash", "x/../adam", "a\x00b"])
def test_name_without_a_match_is_returned_as_a_path(runs: Path, name: str) -> None:
    (runs / "20250106-120000-run-777777").mkdir()
    assert find_run(name, runs) == Path(name)


def test_start_time_of_a_renamed_run_is_that_of_its_spec_file(runs: Path) -> None:
    (runs / SGD).rename(runs / "zzz-best")
    os.utime(runs / "zzz-best" / "spec.yaml", (1, 1))
    assert find_run("last", runs, "run") == runs / ADAM_AGAIN
    assert find_run("zzz-best", runs) == runs / "zzz-best"


def test_last_without_any_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="contains no run or descent"):
        find_run("last", tmp_path, "run", "descent")
    with pytest.raises(RunError, match="gone: no such folder, so there is no run yet; --runs DIR names another one"):
        newest(tmp_path / "gone", lambda path: True)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RunError, match="file: cannot be read: Not a directory"):
        newest(tmp_path / "file", lambda path: True)
    assert find_run("adam", tmp_path / "gone") == Path("adam")


SWEEP = "20250106-120000-adam-sweep-fedcba"


@pytest.fixture
def sweep(runs: Path) -> Path:
    (runs / SWEEP / "trial-007").mkdir(parents=True)
    for file in ("sweep.yaml", "summary.json"):
        (runs / SWEEP / file).touch()
    return runs / SWEEP


@pytest.mark.parametrize("name", ["last", SWEEP, "fedcba", "adam-sweep", "20250106"])
def test_sweep_is_found_by_its_names(runs: Path, sweep: Path, name: str) -> None:
    assert find_run(name, runs) == sweep


def test_experiment_finds_its_only_sweep(runs: Path, sweep: Path) -> None:
    assert find_run("adam", runs, "sweep") == sweep
    with pytest.raises(RunError, match="4 runs in runs match"):
        find_run("adam", runs)


@pytest.mark.parametrize("name", ["last/trial-007", "adam/trial-007", "fedcba/trial-007", f"runs/{SWEEP}/trial-007"])
def test_trial_is_found_by_the_name_of_its_sweep(runs: Path, sweep: Path, name: str) -> None:
    assert find_run(name, runs, "run") == sweep / "trial-007"


def test_fold_is_found_by_the_name_of_its_crossval(runs: Path, sweep: Path) -> None:
    assert find_run("adam-crossval/fold-1", runs) == runs / CROSSVAL / "fold-1"


@pytest.mark.parametrize("name", ["last/x", "a/b/trial-007", "adam/trial-7", "/trial-007", "../trial-007"])
def test_other_paths_stay_as_they_are(runs: Path, sweep: Path, name: str) -> None:
    assert find_run(name, runs) == Path(name)
