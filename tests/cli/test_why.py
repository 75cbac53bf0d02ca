"""``nnlab why`` as a user calls it, on trainings that write their metrics by a formula."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_sweeps import SPIRAL, FakeWorkers

from nnlab.config.experiment import Experiment
from nnlab.config.yaml_writer import dump_yaml

Nnlab = Any


def formula(experiment: Experiment, step: int) -> float | None:
    bonus = 0.2 if hasattr(experiment.optimizer, "beta1") else 0.0
    return 0.5 + bonus - 0.1 * (experiment.dtype == "float64") + (experiment.seed * 7 + step) % 10 / 1000


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[FakeWorkers]]:
    """The workers that the command makes."""
    made: list[FakeWorkers] = []

    def make(slots: int) -> FakeWorkers:
        made.append(FakeWorkers(slots, formula=formula))
        return made[-1]

    monkeypatch.setattr("nnlab.cli.sweep_run.LocalWorkers", make)
    monkeypatch.setattr("nnlab.figures.sweep_pictures.draw_sweep", lambda path, say: [])
    yield made
    for one in made:
        one.close()


@pytest.fixture
def specs(tmp_path: Path) -> tuple[Path, Path]:
    a, b = tmp_path / "a.yaml", tmp_path / "b.yaml"
    a.write_text(dump_yaml({**SPIRAL, "name": "plain"}), encoding="utf-8")
    b.write_text(dump_yaml({**SPIRAL, "name": "fast", "optimizer": "adam", "dtype": "float64"}), encoding="utf-8")
    return a, b


def test_why_prints_effects_and_the_folder(nnlab: Nnlab, specs: tuple[Path, Path], workers: list[FakeWorkers]) -> None:
    answer = nnlab("why", *specs)
    assert answer.code == 0
    lines = answer.stdout.splitlines()
    assert lines[0].startswith("A: plain, validation acc 0.5")
    assert lines[1].startswith("B: fast, validation acc 0.6")
    assert any(line.startswith("optimizer ") and "sgd, lr 0.1 → adam" in line for line in lines)
    assert "32 trials (4 points, 8 seeds each)" in answer.stderr
    assert (Path(lines[-1]) / "sweep.yaml").is_file()
    assert len(workers[0].started) == 32
    again = nnlab("why", "--resume", "last")
    assert again.code == 0
    assert again.stdout == answer.stdout
    assert workers[1].started == []


def test_why_is_resumed_with_other_versions_when_that_is_allowed(
    nnlab: Nnlab, specs: tuple[Path, Path], workers: list[FakeWorkers]
) -> None:
    folder = Path(nnlab("why", *specs, "--seeds", 2).stdout.splitlines()[-1])
    (folder / "trial-001" / "environment.json").write_text(json.dumps({"nnlab": "0.0.1"}), encoding="utf-8")
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    (folder / "summary.json").write_text(json.dumps({**summary, "status": "interrupted"}), encoding="utf-8")
    refused = nnlab("why", "--resume", "last")
    assert (refused.code, refused.stdout) == (5, "")
    assert "--allow-drift resumes it anyway" in refused.stderr
    assert nnlab("why", "--resume", "last", "--allow-drift").code == 0


def test_why_as_json(nnlab: Nnlab, specs: tuple[Path, Path], workers: list[FakeWorkers]) -> None:
    document = json.loads(nnlab("why", *specs, "--seeds", 6, "--json", "-q").stdout)
    assert [change["keys"] for change in document["changes"]] == [["dtype"], ["optimizer"]]
    assert document["changes"][1]["in_a"]["difference"] == pytest.approx(0.2)
    assert document["column"] == "validation_accuracy"
    assert len(document["a"]["values"]) == 6
    assert Path(document["path"]).is_dir()


def test_why_dry_run_trains_nothing(nnlab: Nnlab, specs: tuple[Path, Path], workers: list[FakeWorkers]) -> None:
    answer = nnlab("why", *specs, "--dry-run", "--seeds", 3)
    assert answer.stdout.splitlines() == [
        "A",
        "B",
        "A with B's dtype",
        "A with B's optimizer",
        "dtype: float32 → float64",
        "optimizer: sgd, lr 0.1 → adam, lr 0.001",
        "12 trials (4 combinations, 3 seeds each)",
    ]
    assert workers == []


def test_failed_trials_of_why_are_exit_code_1(
    nnlab: Nnlab, specs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, workers: list[FakeWorkers]
) -> None:
    monkeypatch.setattr(
        "nnlab.cli.sweep_run.LocalWorkers", lambda slots: FakeWorkers(scripts={3: ["failed"]}, formula=formula)
    )
    answer = nnlab("why", *specs, "--seeds", 6)
    assert answer.code == 1
    assert "A: 1 of 6 trials diverged or failed, and are left out" in answer.stdout
    assert "--retry failed trains them" in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give two runs or specs"),
        (("a.yaml",), "give two runs or specs"),
        (("a.yaml", "a.yaml"), "A and B do not differ in any setting that changes results"),
        (("a.yaml", "b.yaml", "--goal", "test_accuracy"), "test set, which never chooses"),
        (("a.yaml", "--resume", "last"), "--resume continues"),
        (("a.yaml", "b.yaml", "--dry-run", "--json"), "--dry-run lists the combinations as text"),
        (("a.yaml", "nothing.yaml"), "nothing.yaml"),
    ],
)
@pytest.mark.usefixtures("specs")
def test_wrong_usage_of_why(nnlab: Nnlab, arguments: tuple[str, ...], message: str) -> None:
    answer = nnlab("why", *arguments)
    assert answer.code == 2
    assert message in answer.stderr
