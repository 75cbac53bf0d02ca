"""``nnlab sweep`` as a user calls it, with workers that train nothing."""

import io
import json
from pathlib import Path

import pytest
from fake_sweeps import SPIRAL, FakeWorkers
from rich.console import Console

from nnlab.cli import progress as progress_module
from nnlab.cli import sweep_progress
from nnlab.cli.arguments import MANY_TRIALS
from nnlab.cli.sweep_progress import SweepConsole, in_words
from nnlab.config.yaml_writer import dump_yaml
from nnlab.records.sweep_table import TrialRow
from nnlab.sweeps.progress import Progress

RATES = ("-s", "optimizer.lr=0.5,0.25,0.125")


class Machine:
    """The workers that the command line starts: fake ones."""

    def __init__(self) -> None:
        self.scripts: dict[int, list[str]] = {}
        self.workers: list[FakeWorkers] = []

    def __call__(self, slots: int) -> FakeWorkers:
        self.workers.append(FakeWorkers(slots, scripts=self.scripts))
        return self.workers[-1]

    @property
    def started(self) -> int:
        return sum(len(workers.started) for workers in self.workers)


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr("nnlab.cli.sweep_run.LocalWorkers", machine)
    monkeypatch.setattr("nnlab.figures.sweep_pictures.draw_sweep", lambda path, say: [])
    monkeypatch.setenv("COLUMNS", "120")
    return machine


@pytest.fixture
def spiral(tmp_path: Path) -> Path:
    (tmp_path / "spiral.yaml").write_text(dump_yaml(SPIRAL), encoding="utf-8")
    return Path("spiral.yaml")


def rows(stdout: str) -> list[list[str]]:
    """The table without its rule and the verdicts below it, as words."""
    lines = stdout.splitlines()[:-1]
    table = lines[: lines.index("")] if "" in lines else lines
    return [line.split() for line in table if not line.startswith("─")]


def test_the_table_begins_with_the_best_points_and_ends_with_the_folder(nnlab, spiral: Path, machine: Machine) -> None:
    answer = nnlab("sweep", spiral, *RATES, "--seeds", 2, "--parallel", 3)
    assert answer.code == 0
    heading, best, *others = rows(answer.stdout)
    assert heading[:2] == ["trial", "optimizer.lr"]
    assert best == ["5-6", "0.125", "0.7910", "±", "0.0007", "0.7910", "±", "0.0007", "completed"]
    assert [row[1] for row in others] == ["0.25", "0.5"]
    assert Path(answer.stdout.splitlines()[-1], "best.yaml").exists()
    assert machine.workers[0].slots == 3
    assert machine.workers[0].closed


def test_progress_is_a_line_for_each_trial_on_stderr(nnlab, spiral: Path) -> None:
    answer = nnlab("sweep", spiral, *RATES, "--parallel", 1)
    first, *lines = answer.stderr.splitlines()
    assert first == "spiral: 3 trials"
    assert "trial 1 of 3: completed, validation accuracy 0.4530, optimizer.lr 0.5" in lines
    assert nnlab("sweep", spiral, *RATES, "-q").stderr == ""


def test_dry_run_lists_the_trials_and_makes_no_folder(nnlab, spiral: Path, machine: Machine) -> None:
    answer = nnlab("sweep", spiral, *RATES, "--seeds", 2, "--dry-run")
    assert answer.stdout.splitlines() == [
        "trial 1 to 2: optimizer.lr 0.5",
        "trial 3 to 4: optimizer.lr 0.25",
        "trial 5 to 6: optimizer.lr 0.125",
        "6 trials (3 points, 2 seeds each)",
    ]
    assert (machine.started, Path("runs").exists()) == (0, False)


def test_failed_trials_end_with_exit_code_1_and_can_be_trained_again(nnlab, spiral: Path, machine: Machine) -> None:
    machine.scripts = {2: ["failed run"]}
    answer = nnlab("sweep", spiral, *RATES, "-q")
    assert answer.code == 1
    folder = answer.stdout.splitlines()[-1]
    assert answer.stderr == (
        f"nnlab: 1 of 3 trials failed: 2; nnlab sweep --resume {folder} --retry failed trains them again\n"
    )
    machine.scripts = {}
    assert nnlab("sweep", "--resume", "last", "-q").code == 1
    assert nnlab("sweep", "--resume", "last", "--retry", "failed", "-q").code == 0
    assert nnlab("sweep", "--resume", folder).stderr == f"{folder}: is completed, so there is nothing left to do\n"


def test_diverged_trials_are_results(nnlab, spiral: Path) -> None:
    answer = nnlab("sweep", spiral, "-s", "optimizer.lr=0.5,5")
    assert answer.code == 0
    assert rows(answer.stdout)[-1][-1] == "diverged"


def test_json_is_the_summary_with_the_path(nnlab, spiral: Path) -> None:
    found = json.loads(nnlab("sweep", spiral, *RATES, "--json", "-q").stdout)
    assert found["best"]["settings"] == {"optimizer.lr": 0.125}
    assert Path(found["path"], "trials.csv").exists()


def test_more_than_a_thousand_trials_are_asked_about(
    nnlab, spiral: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = ("sweep", spiral, "-s", f"seed=0..{MANY_TRIALS}", "-q")
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    answer = nnlab(*many)
    assert (answer.code, answer.stdout) == (0, "")
    assert answer.stderr == "Train 1,001 trials? [y/N] nothing was trained\n"
    assert (machine.started, Path("runs").exists()) == (0, False)


def test_invalid_trials_are_all_named_before_a_folder_is_made(nnlab, spiral: Path, machine: Machine) -> None:
    answer = nnlab("sweep", spiral, "-s", "optimizer.lr=0.1,-1", "-s", "model.init=0.1,hee")
    assert answer.code == 2
    assert "optimizer.lr" in answer.stderr
    assert "hee" in answer.stderr
    answer = nnlab("sweep", spiral, "-s", "train.eval_train=5,70,90")
    assert answer.code == 2
    assert [line.partition(":")[0] for line in answer.stderr.splitlines()] == [
        "nnlab",
        "train.eval_train 90",
    ]
    assert (machine.started, Path("runs").exists()) == (0, False)


def test_without_validation_samples_no_trial_is_the_best(nnlab, spiral: Path) -> None:
    answer = nnlab("sweep", spiral, *RATES, "-s", "data.validation=0")
    assert "without validation samples no trial is named the best" in answer.stderr
    assert [row[0] for row in rows(answer.stdout)] == ["trial", "1", "2", "3"]


def test_searches_of_the_command_line(nnlab, spiral: Path, machine: Machine) -> None:
    drawn = nnlab("sweep", spiral, "-s", "optimizer.lr=log:0.001..0.5", "--random", 4, "--dry-run").stdout
    assert len(drawn.splitlines()) == 5
    assert nnlab("sweep", spiral, "-s", "optimizer.lr=log:0.001..0.5", "--random", 9, "--halving", "-q").code == 0
    assert [sum(until == step for _, until in machine.workers[0].started) for step in (10, 30, None)] == [9, 3, 1]
    halved = rows(nnlab("sweep", "--resume", "last", "-q").stdout)
    assert [row[-1] for row in halved[1:]] == ["completed", *["stopped"] * 8]
    assert sorted(int(row[0]) for row in halved[1:4]) == sorted(
        number for number, until in machine.workers[0].started if until == 30
    )
    for stopped in (halved[2:4], halved[4:]):  # after 30 and after 10 steps
        reached = [float(row[2]) for row in stopped]
        assert reached == sorted(reached, reverse=True)
    zipped = nnlab("sweep", spiral, *RATES, "-s", "seed=0..2", "--zip", "--dry-run").stdout
    assert zipped.splitlines()[0] == "trial 1: optimizer.lr 0.5, seed 0"
    assert nnlab("sweep", spiral, *RATES, "--optuna", 3, "--random", 3).code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give a SPEC and values"),
        (("--resume", "last", "-s", "seed=0,1"), "--resume continues a sweep with its own sweep.yaml"),
        (
            ("spiral.yaml", "--retry", "failed"),
            "--retry needs --resume FOLDER",
        ),
        (("spiral.yaml", *RATES, "--dry-run", "--json"), "--dry-run lists the trials as text"),
        (("--resume", "last", "--dry-run"), "search, goal, --dry-run or --no-plots"),
        (("--resume", "last", "--retry", "lost"), "--retry: must be failed"),
        (("spiral.yaml",), "nothing is swept"),
    ],
)
def test_contradicting_arguments_are_refused(nnlab, spiral: Path, arguments: tuple[str, ...], message: str) -> None:
    answer = nnlab("sweep", *arguments)
    assert (answer.code, answer.stdout) == (2, "")
    assert message in answer.stderr


def console_of(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> io.StringIO:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=120, markup=False, emoji=False, highlight=False)
    for module in (progress_module, sweep_progress):
        monkeypatch.setattr(module, "messages", lambda: console)
    return stream


def test_a_terminal_has_a_live_view_in_place_of_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = console_of(monkeypatch, terminal=True)
    statuses = [*["completed"] * 6, "diverged", "failed", "interrupted", "waiting"]
    trials = [TrialRow(number, status, {}) for number, status in enumerate(statuses, 1)]
    progress = Progress(15, 2, lambda: trials, running=2, best=(4, 0.9123), goal="validation_accuracy")
    progress.took(12.9)
    assert in_words(progress) == (
        "7 of 15 done, 2 running, 1 failed; about 46 s left; best validation acc 0.9123 (trial 4)"
    )
    reporter = SweepConsole()
    with reporter.watch():
        reporter.trial("trial 8 of 15: completed")
        reporter.say("trial 3 of 15: failed")
        reporter.show(progress)
    shown = stream.getvalue()
    assert "7 of 15 done, 2 running, 1 failed" in shown
    assert "trial 3 of 15" in shown
    assert "trial 8 of 15" not in shown


def test_a_reader_that_is_gone_ends_the_lines_only(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    tried = []
    monkeypatch.setattr(progress_module, "messages", lambda: tried.append(1) or Console(file=Gone()))
    reporter = SweepConsole()
    reporter.trial("trial 1 of 2: completed")
    reporter.say("trial 2 of 2: failed")
    assert len(tried) == 1
