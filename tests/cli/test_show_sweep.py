"""``nnlab show`` of a sweep and of its trials."""

import json
from pathlib import Path

import pytest
from made_sweeps import made_sweep

from nnlab.comparisons.verdicts import sweep_statistics

TRIALS = [
    *[(0.1, 0, 0.5, "completed"), (0.1, 1, 0.75, "completed")],
    *[(0.01, 0, 0.25, "completed"), (0.01, 1, 0.375, "diverged")],
    (0.001, 0, 0.875, "waiting"),
]


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")


def test_sweep_is_shown_with_question_status_best_points_and_next_steps(nnlab, make_run) -> None:
    values = {"lr 0.1": {0: 0.5, 1: 0.75}, "lr 0.01": {0: 0.25, 1: 0.375}}
    statistics = sweep_statistics(values, column="validation_accuracy", maximize=True)
    sweep = made_sweep(make_run, TRIALS, status="interrupted", total=6, statistics=statistics)
    path = f"runs/{sweep.name}"
    answer = nnlab("show", "last")
    assert (answer.code, answer.stderr) == (0, "")
    question, status, heading, _, row, *others, best, resume = answer.stdout.splitlines()
    assert question == "# Which learning rate? Of two."
    counts = "3 completed, 1 diverged, 1 waiting"
    assert status == f"interrupted: 4 of 6 trials ({counts}), search grid, goal highest validation_accuracy"
    assert heading.split()[:4] == ["trial", "optimizer.lr", "validation", "acc"]
    assert row.split()[:5] == ["1-2", "0.1", "0.5938", "±", "0.1768"]
    assert others[0].split()[:2] == ["3-4", "0.01"]
    assert any("lr 0.01  difference 31 points, 2 of 2 seeds won" in line for line in others)
    assert best == f"best: {path}/trial-001; nnlab train {path}/best.yaml repeats it"
    assert resume == f"resume: nnlab sweep --resume {path}"


def test_killed_sweep_is_shown_as_its_trials_recorded_it(nnlab, make_run) -> None:
    sweep = made_sweep(make_run, TRIALS, status="running")
    text = (sweep / "trials.csv").read_text()
    (sweep / "trials.csv").write_text(text.replace("1,completed", "1,waiting"))
    answer = nnlab("show", "last")
    assert answer.stdout.splitlines()[1].startswith("crashed: 4 of 5 trials (3 completed, 1 diverged, 1 waiting)")


def test_failed_trials_are_resumed_with_the_option_that_trains_them_again(nnlab, make_run) -> None:
    sweep = made_sweep(make_run, [(0.1, 0, 0.5, "completed"), (0.01, 0, 0.25, "failed")], status="failed")
    resume = nnlab("show", "last").stdout.splitlines()[-1]
    assert resume == f"resume: nnlab sweep --resume runs/{sweep.name} --retry failed"


def test_sweep_without_a_goal_names_the_key_that_gives_one(nnlab, make_run) -> None:
    made_sweep(make_run, TRIALS, goal=None)
    answer = nnlab("show", "adam-sweep")
    assert (answer.code, answer.stderr) == (0, "")
    assert answer.stdout.splitlines()[-1] == (
        "no best point: the sweep has no goal; data.validation holds out samples to choose by"
    )
    rows = [line.split() for line in answer.stdout.splitlines()]
    assert [row[:2] for row in rows if row[-2:] == ["completed,", "diverged"]] == [["3-4", "0.01"]]


@pytest.mark.parametrize("name", ["adam-sweep/trial-003", "last/trial-003", "adam/trial-003"])
def test_trial_is_shown_as_a_run(nnlab, make_run, name: str) -> None:
    made_sweep(make_run, TRIALS)
    answer = nnlab("show", name)
    assert (answer.code, answer.stderr) == (0, "")
    assert "lr: 0.01" in answer.stdout
    assert answer.stdout.splitlines()[-1].startswith("completed: adam: validation accuracy")


def test_overrides_of_a_sweep_are_refused(nnlab, make_run) -> None:
    made_sweep(make_run, TRIALS)
    answer = nnlab("show", "last", "-s", "seed=1")
    assert (answer.code, answer.stdout) == (2, "")
    assert "a sweep has one for each trial" in answer.stderr


def test_damaged_sweep_is_reported_with_its_file(nnlab, make_run) -> None:
    sweep = made_sweep(make_run, TRIALS)
    (sweep / "trials.csv").write_text("trial\n")
    answer = nnlab("show", "last")
    assert (answer.code, answer.stdout) == (5, "")
    assert f"runs/{sweep.name}/trials.csv:1: expected the header" in answer.stderr


def test_control_characters_in_a_sweep_cannot_steer_the_terminal(nnlab, make_run) -> None:
    forged = {"best": "\x1b[2J", "against": [{"label": "\x1b]0;x\x07", "verdict": "\x1b[31m"}, 3, {"verdict": []}]}
    sweep = made_sweep(make_run, TRIALS, statistics=forged)
    (sweep / "sweep.yaml").write_text("# \x1b[2J\n#\nbase: x\n")
    summary = json.loads((sweep / "summary.json").read_text())
    (sweep / "summary.json").write_text(json.dumps({**summary, "message": "\x1b[2J", "search": "\x1b[1m"}))
    answer = nnlab("show", sweep)
    assert answer.code == 0
    assert "\x1b" not in answer.stdout + answer.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "--resume"), "a sweep; nnlab sweep --resume {path} resumes it"),
        (
            ("export", "--to", "zip"),
            "a sweep; export one of its trials, such as nnlab export {path}/trial-001 --to zip",
        ),
    ],
)
def test_commands_that_take_no_sweep_name_the_one_that_does(nnlab, make_run, arguments, message: str) -> None:
    path = Path("runs") / made_sweep(make_run, TRIALS).name
    answer = nnlab(*arguments, "last") if arguments[0] == "train" else nnlab(arguments[0], path, *arguments[1:])
    assert (answer.code, answer.stdout) == (5, "")
    assert answer.stderr == f"nnlab: {path}: {message.format(path=path)}\n"


def test_numbers_of_trials_that_do_not_follow_each_other_are_listed(nnlab, make_run) -> None:
    sweep = made_sweep(make_run, [(lr, seed, 0.5, "completed") for seed in range(2) for lr in (0.1, 0.2)])
    rows = nnlab("show", sweep).stdout.splitlines()[4:6]
    assert [row.split()[:3] for row in rows] == [["1,", "3", "0.1"], ["2,", "4", "0.2"]]
