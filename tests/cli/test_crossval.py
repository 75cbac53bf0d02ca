"""``nnlab crossval`` as a user calls it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch, no_pictures: None) -> None:
    monkeypatch.setenv("COLUMNS", "160")


def test_table_has_each_fold_mean_and_standard_deviation(nnlab, spec: Path, tmp_path: Path) -> None:
    answer = nnlab("crossval", spec, "--folds", 4, "--quiet")
    assert (answer.code, answer.stderr) == (0, "")
    folder = Path(answer.stdout.splitlines()[-1])
    summary = json.loads((tmp_path / folder / "summary.json").read_text(encoding="utf-8"))
    cells = [re.split(r"\s*[│┃]\s*", line)[1:-1] for line in answer.stdout.splitlines() if line[:1] in "│┃"]
    assert cells[0] == [
        *("fold", "steps", "validation acc", "validation loss", "test acc", "test loss", "train acc", "train loss"),
        "status",
    ]
    assert [row[0] for row in cells[1:]] == ["fold-1", "fold-2", "fold-3", "fold-4", "mean", "± std"]
    assert all((row[1], row[-1]) == ("4", "completed") for row in cells[1:5])
    accuracy = summary["metrics"]["validation_accuracy"]
    assert [row[2] for row in cells[5:]] == [f"{accuracy['mean']:.4f}", f"{accuracy['std']:.4f}"]


def test_progress_names_the_folds(nnlab, spec: Path) -> None:
    answer = nnlab("crossval", spec, "--folds", 2)
    assert "fold 1 of 2\n" in answer.stderr
    assert "fold 2 of 2\n" in answer.stderr
    assert "fold 1" not in answer.stdout


def test_overrides_seed_and_runs_folder(nnlab, spec: Path, tmp_path: Path) -> None:
    answer = nnlab(
        "crossval", spec, "--folds", 2, "-s", "optimizer.lr=0.25", "--seed", 7, "--runs", tmp_path / "elsewhere", "-q"
    )
    assert answer.code == 0
    (folder,) = (tmp_path / "elsewhere").iterdir()
    text = (folder / "fold-2" / "spec.yaml").read_text(encoding="utf-8")
    for part in ("lr: 0.25", "seed: 7", "fold: 2", "folds: 2"):
        assert part in text


def test_early_stopping_needs_no_other_validation_samples(nnlab, spec: Path) -> None:
    early = ("-s", "train.early_stopping=true")
    assert nnlab("train", spec, *early).code == 2
    assert nnlab("crossval", spec, "--folds", 2, "-q", *early).code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--folds", "1"], "Invalid value for '--folds'"),
        (["--folds", "21"], "data.folds: 21 folds cannot each have samples of every class"),
        ([], "give a SPEC and --folds K, such as configs/overfit.yaml --folds 5"),
        (["--folds", "2", "-s", "optimizer.l=1"], "-s optimizer.l=1: optimizer.l: unknown key"),
        (["--folds", "2", "-s", "train.batch_size=21"], "train.batch_size: 21 is more than the 20 training samples"),
    ],
)
def test_invalid_cross_validation_is_a_usage_error(
    nnlab, spec: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    answer = nnlab("crossval", spec, *arguments)
    assert answer.code == 2
    assert message in " ".join(re.sub(r"[│╭╮╰╯─]", " ", answer.stderr).split())
    assert not (tmp_path / "runs").exists()


def test_divergence_is_reported_and_exits_with_3(nnlab, spec: Path, tmp_path: Path) -> None:
    overrides = ["optimizer.lr=1e6", "penalty.l2=1e6", "train.iterations=500"]
    answer = nnlab("crossval", spec, "--folds", 2, "-q", *(part for text in overrides for part in ("-s", text)))
    assert answer.code == 3
    assert answer.stdout.count("diverged") == 2
    assert answer.stderr == "nnlab: 2 of 2 folds diverged: fold-1, fold-2\n"
    (folder,) = (tmp_path / "runs").iterdir()
    assert answer.stdout.splitlines()[-1] == f"runs/{folder.name}"


@pytest.mark.usefixtures("no_pictures")
def test_compare_takes_the_folds_of_a_cross_validation(nnlab, spec: Path) -> None:
    folder = Path(nnlab("crossval", spec, "--folds", 3, "-q").stdout.splitlines()[-1])
    answer = nnlab("compare", *sorted(folder.iterdir()), "--out", "pictures")
    assert answer.code == 0
    assert "damaged" not in answer.stdout
    heading, _, *rows, caption, _ = answer.stdout.splitlines()
    assert re.split("  +", heading)[:2] == ["run", "fold"]
    assert caption == "sorted by validation accuracy"
    assert sorted(row.split()[0] for row in rows) == ["fold-1", "fold-2", "fold-3"]
    assert nnlab("show", folder).code == 5


def test_ctrl_c_saves_the_completed_folds(spec: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    command = [sys.executable, "-m", "nnlab", "crossval", str(spec), "--folds", "3", "--runs", str(runs)]
    command += ["-s", "train.iterations=100000000", "-s", "train.eval_every=1000"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"}) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "step " in line:  # the loop of the first fold runs
                break
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    (folder,) = runs.iterdir()
    assert f"stopped after 0 of 3 folds; everything is saved in {folder}" in errors
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["status"] == "interrupted"
    assert [run["status"] for run in summary["runs"]] == ["interrupted"]


@pytest.mark.usefixtures("no_pictures")
def test_resume_last_continues_a_killed_cross_validation(nnlab, spec: Path, tmp_path: Path) -> None:
    done = nnlab("crossval", spec, "--folds", 3, "-q")
    folder = tmp_path / done.stdout.splitlines()[-1]
    shutil.rmtree(folder / "fold-3")
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    (folder / "summary.json").write_text(json.dumps(summary | {"status": "running"}), encoding="utf-8")
    nnlab("train", spec, "-q")  # a later run, but no cross-validation
    answer = nnlab("crossval", "--resume", "last")
    assert answer.code == 0
    assert answer.stdout == done.stdout
    assert "fold 2 of 3: completed before\nfold 3 of 3\n" in answer.stderr
    again = nnlab("crossval", "--resume", folder)
    assert (again.code, again.stdout.splitlines()[:-1]) == (0, done.stdout.splitlines()[:-1])
    assert "is completed, so there is nothing left to do" in again.stderr
    refused = nnlab("train", "--resume", folder)
    assert refused.code == 5
    assert f"a cross-validation; nnlab crossval --resume {folder} resumes it" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["SPEC", "--resume", "last"], 2, "it takes no SPEC, --folds, -s or --no-plots"),
        (["--resume", "last", "--folds", "3"], 2, "it takes no SPEC, --folds, -s or --no-plots"),
        (["SPEC", "--folds", "3", "--allow-drift"], 2, "give a SPEC and --folds K"),
        (["--resume", "last"], 5, "runs: no such folder, so there is no"),
        (["--resume", "nowhere"], 5, "nowhere: is not the folder of a cross-validation"),
    ],
)
def test_what_cannot_be_resumed(nnlab, spec: Path, arguments: list[str], code: int, message: str) -> None:
    answer = nnlab("crossval", *[spec if argument == "SPEC" else argument for argument in arguments])
    assert answer.code == code
    assert message in answer.stderr
    assert answer.stdout == ""


@pytest.mark.parametrize("override", ["data.validation=0.2", "data.fold=2", "data.folds=7"])
def test_held_out_folds_cannot_be_overridden(nnlab, spec: Path, override: str) -> None:
    answer = nnlab("crossval", spec, "--folds", 2, "-s", override)
    assert answer.code == 2
    assert answer.stderr == f"nnlab: -s {override}: --folds chooses the validation samples; leave this out\n"


def test_seed_given_twice_is_refused(nnlab, spec: Path) -> None:
    answer = nnlab("crossval", spec, "--folds", 2, "--seed", 1, "-s", "seed=2")
    assert answer.code == 2
    assert answer.stderr == "-s seed=1: seed: given twice, first by -s seed=2; keep one\n"
