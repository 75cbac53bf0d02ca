"""``nnlab runs`` as a user calls it."""

import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from made_sweeps import made_sweep
from terminals import own_terminal
from unreadable_folders import make_unreadable

from nnlab.records.crossval_folder import CrossvalFolder
from nnlab.storage.lock import RunLock


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch):
    """Say what is typed when a command asks."""

    def typed(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    return typed


def test_runs_table_has_status_steps_accuracy_and_size(nnlab, make_run) -> None:
    make_run("20250101-120000-a-0a1b2c")
    make_run("20250102-120000-b-0a1b2c", status="running", accuracies=(0.25, 0.5))
    make_run("20250103-120000-c-0a1b2c", status="diverged")
    answer = nnlab("runs", "ls")
    assert (answer.code, answer.stderr) == (0, "")
    heading, _, *rows = answer.stdout.splitlines()
    assert heading.split() == ["run", "status", "done", "test", "acc", "size"]
    cells = [row.split() for row in rows]
    assert [row[:-1] for row in cells] == [
        ["20250101-120000-a-0a1b2c", "completed", "40", "steps", "0.8750"],
        ["20250102-120000-b-0a1b2c", "crashed", "10", "steps", "0.4375"],
        ["20250103-120000-c-0a1b2c", "diverged", "40", "steps", "0.8750"],
    ]
    assert all(re.fullmatch(r"[0-9.]+(Ki)?B", row[-1]) for row in cells)


def test_on_a_narrow_terminal_names_are_not_truncated(nnlab, make_run, monkeypatch: pytest.MonkeyPatch) -> None:
    name = make_run("20250101-120000-rather-long-0a1b2c", validation=True).name
    kept = {
        160: ["run", "status", "done", "validation", "acc", "test", "acc", "size"],
        76: ["run", "status", "done", "test", "acc", "size"],
        66: ["run", "status", "done", "test", "acc"],
        56: ["run", "status", "done"],
    }
    for width, columns in kept.items():
        monkeypatch.setenv("COLUMNS", str(width))
        heading, _, row = nnlab("runs", "ls").stdout.splitlines()
        assert heading.split() == columns
        assert row.split()[0] == name


@pytest.mark.parametrize(
    "command",
    [["plot"], ["show"], ["train", "--resume"], ["crossval", "--resume"], ["compare"], ["runs", "rm", "-y"]],
    ids="-".join,
)
def test_an_unreadable_run_ends_with_5_only_where_it_is_named(
    nnlab, make_run, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run("20250101-120000-a-0a1b2c")
    closed = make_run("20250102-120000-b-0a1b2c")
    make_unreadable(closed, monkeypatch)
    answer = nnlab(*command, closed)
    assert answer.code == 5
    assert answer.stderr.endswith("Permission denied\n")
    listed = nnlab("runs", "ls")
    assert listed.code == 0
    assert [row.split()[1] for row in listed.stdout.splitlines()[2:]] == ["completed", "damaged"]


def test_damaged_runs_are_listed_with_the_reason(nnlab, make_run) -> None:
    run = make_run()
    (run / "summary.json").write_text("{", encoding="utf-8")
    answer = nnlab("runs", "ls")
    assert answer.code == 0
    assert answer.stdout.splitlines()[2].split()[1] == "damaged"
    assert answer.stderr.startswith(f"damaged: runs/{run.name}/summary.json:1: not JSON")


def test_paths_and_json_are_machine_readable(nnlab, make_run) -> None:
    make_run("20250101-120000-a-0a1b2c")
    make_run("20250102-120000-b-0a1b2c", status="running")
    answer = nnlab("runs", "ls", "-q", "--status", "crashed")
    assert (answer.stdout, answer.stderr) == ("runs/20250102-120000-b-0a1b2c\n", "")
    assert nnlab("runs", "ls", "-q", "--status", "failed").stdout == ""
    found = json.loads(nnlab("runs", "ls", "--json").stdout)
    assert [(entry["path"], entry["kind"], entry["status"]) for entry in found] == [
        ("runs/20250101-120000-a-0a1b2c", "run", "completed"),
        ("runs/20250102-120000-b-0a1b2c", "run", "crashed"),
    ]
    assert found[0]["metrics"]["test_accuracy"] == 0.875
    assert found[0]["bytes"] == sum(path.stat().st_size for path in Path(found[0]["path"]).iterdir())


def test_removed_runs_are_listed_restored_and_purged(nnlab, make_run) -> None:
    names = [make_run(f"2025010{number}-120000-a-0a1b2c").name for number in (1, 2, 3)]
    removed = nnlab("runs", "rm", f"runs/{names[0]}", names[1], "-y")  # by path, and by name
    assert removed.code == 0
    assert removed.stdout.splitlines() == [f"runs/.trash/{name}" for name in names[:2]]
    assert "to restore: nnlab runs restore NAME" in removed.stderr
    assert nnlab("runs", "ls", "-q").stdout == f"runs/{names[2]}\n"
    assert nnlab("runs", "ls", "-q", "--trash").stdout == removed.stdout
    restored = nnlab("runs", "restore", names[0])
    assert (restored.code, restored.stdout) == (0, f"runs/{names[0]}\n")
    assert nnlab("compare", f"runs/{names[0]}", "--json").code == 0
    purged = nnlab("runs", "purge", "-y")
    assert (purged.code, purged.stdout) == (0, f"runs/.trash/{names[1]}\n")
    assert sorted(path.name for path in Path("runs").iterdir()) == [names[0], names[2]]
    again = nnlab("runs", "purge", "-y")
    assert (again.code, again.stdout, again.stderr) == (0, "", "nothing in the trash of runs\n")


def test_one_of_several_can_be_purged(nnlab, make_run) -> None:
    names = [make_run(name).name for name in ("a", "b")]
    nnlab("runs", "rm", *names, "-y")
    assert nnlab("runs", "purge", f"runs/.trash/{names[0]}", "-y").stdout == "runs/.trash/a\n"
    assert nnlab("runs", "ls", "--trash", "-q").stdout == "runs/.trash/b\n"


@pytest.mark.parametrize("text", ["n\n", "\n", "no\n", "what?\n", "nyes\n"])
def test_any_answer_but_yes_changes_nothing(nnlab, make_run, answer, text: str) -> None:
    run = make_run()
    answer(text)
    said = nnlab("runs", "rm", run)
    assert (said.code, said.stdout) == (0, "")
    assert said.stderr == f"  {run}\nMove this run to the trash? [y/N] nothing was moved\n"
    assert run.is_dir()
    nnlab("runs", "rm", run, "-y")
    answer(text)
    said = nnlab("runs", "purge")
    assert said.code == 0
    assert said.stderr.startswith(f"  runs/.trash/{run.name}\nDelete this run permanently (")
    assert said.stderr.endswith(" KiB)? [y/N] nothing was deleted\n")
    assert nnlab("runs", "ls", "--trash", "-q").stdout == f"runs/.trash/{run.name}\n"


@pytest.mark.parametrize("text", ["y\n", "Yes\n", " YES \n", "y"])
def test_yes_is_yes(nnlab, make_run, answer, text: str) -> None:
    run = make_run("a")
    answer(text)
    assert nnlab("runs", "rm", run, make_run("b")).code == 0
    assert not run.exists()
    answer(text)
    assert nnlab("runs", "purge").code == 0
    assert list(run.parent.iterdir()) == []


def test_without_input_nothing_is_changed(nnlab, make_run, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run()
    for stdin in (io.StringIO(""), None):
        monkeypatch.setattr(sys, "stdin", stdin)
        said = nnlab("runs", "rm", run)
        assert said.code == 2
        assert "no input available; nothing was changed (use -y to confirm)" in said.stderr
        assert run.is_dir()


def test_ctrl_c_at_the_question_changes_nothing(make_run) -> None:
    run = make_run()
    own, other = pty.openpty()
    command = [sys.executable, "-m", "nnlab", "runs", "rm", str(run)]
    with subprocess.Popen(
        command, stdin=other, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=own_terminal
    ) as process:
        assert process.stderr is not None
        asked = ""
        while not asked.endswith("[y/N] "):
            asked += process.stderr.read(1)
        os.write(own, b"\x03")
        assert process.wait(timeout=60) == 130
    os.close(own)
    os.close(other)
    assert run.is_dir()


def test_if_one_run_cannot_be_moved_none_is(nnlab, make_run) -> None:
    runs = [make_run(name) for name in ("a", "b", "c")]
    lock = RunLock(runs[1])
    said = nnlab("runs", "rm", *runs, "-y")
    assert (said.code, said.stdout) == (5, "")
    assert said.stderr == f"nnlab: {runs[1]}: is being written; stop its process or wait for it\n"
    assert all(run.is_dir() for run in runs)
    lock.release()
    assert nnlab("runs", "rm", *runs, "-y").code == 0


def test_a_run_named_twice_is_moved_once(nnlab, make_run) -> None:
    run = make_run("a")
    said = nnlab("runs", "rm", "a", run, "runs/a/", f"{run}/../a", "-y")
    assert (said.code, said.stdout) == (0, "runs/.trash/a\n")


def test_path_through_the_run_itself_is_resolved(nnlab, make_run) -> None:
    run = make_run("a")
    assert nnlab("runs", "rm", f"{run}/../a", "-y").stdout == f"{run.parent}/.trash/a\n"
    assert not run.exists()


def test_the_working_folder_can_be_named(nnlab, make_run, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run("a")
    nnlab("runs", "ls")
    monkeypatch.chdir(run)
    assert nnlab("runs", "rm", ".", "-y").stdout == f"{run.parent}/.trash/a\n"
    monkeypatch.chdir(run.parent.parent)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["ls", "--runs", "nowhere"], 5, "nowhere: no such folder"),
        (["ls", "--status", "dead"], 2, "--status: must be one of running, completed, interrupted, diverged, failed"),
        (["ls", "-q", "--json"], 2, "--quiet and --json both write to stdout"),
        (["rm", "nothing", "-y"], 5, "nothing: no such run folder"),
        (["rm", "runs", "-y"], 5, "runs: is not a run folder and was not removed"),
        (["rm", "/", "-y"], 5, "/: is not a run folder and was not removed"),
        (["rm", "..", "-y"], 5, "is not a run folder and was not removed"),
        (["rm", "a\x1b[2J", "-y"], 5, "a\\x1b[2J: no such run folder"),
        (["restore", "nothing"], 5, "runs/.trash: contains no run called nothing; there are none"),
        (["purge", "nothing", "-y"], 5, "runs/.trash: contains no run called nothing; there are none"),
        (["rm"], 2, "Missing argument 'RUN'"),
    ],
)
def test_errors_have_the_documented_exit_code(nnlab, make_run, arguments: list[str], code: int, message: str) -> None:
    run = make_run()
    said = nnlab("runs", *arguments)
    assert said.code == code
    assert message in said.stderr
    assert said.stdout == ""
    assert run.is_dir()


def test_an_empty_folder_is_no_error(nnlab, make_run) -> None:
    shutil.rmtree(make_run())
    said = nnlab("runs", "ls")
    assert (said.code, said.stdout, said.stderr) == (0, "", "nothing in runs\n")
    assert nnlab("runs", "ls", "--status", "crashed").stderr == "nothing that is crashed in runs\n"
    assert nnlab("runs", "ls", "--tag", "good").stderr == "nothing that meets all conditions in runs\n"
    both = nnlab("runs", "ls", "--status", "crashed", "--tag", "good").stderr
    assert both == "nothing that is crashed and meets all conditions in runs\n"
    assert nnlab("runs", "ls", "--trash").stderr == "nothing in the trash of runs\n"
    assert nnlab("runs", "ls", "--json").stdout == "[]\n"


def test_completion_has_runs_and_the_trash(nnlab, make_run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a-run", "b-run"):
        make_run(name)
    nnlab("runs", "rm", "b-run", "-y")

    def offered(words: str) -> list[str]:
        monkeypatch.setenv("_NNLAB_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))
        return nnlab().stdout.split()

    assert offered("nnlab runs rm ") == ["last", "a-run"]
    assert offered("nnlab runs rm runs/a") == ["runs/a-run"]
    assert offered("nnlab runs restore ") == ["b-run"]
    assert offered("nnlab runs purge --runs nowhere ") == []
    assert offered("nnlab runs ls --status c") == ["completed", "crashed"]


TRIALS = [(0.1, 0, 0.5, "completed"), (0.1, 1, 0.75, "completed"), (0.01, 0, 0.25, "diverged")]


def listed(nnlab, *arguments: str) -> list[str]:
    answer = nnlab("runs", "ls", "-q", *arguments)
    assert (answer.code, answer.stderr.removeprefix("nothing that meets all conditions in runs\n")) == (0, "")
    return [Path(line).name for line in answer.stdout.splitlines()]


def test_sweep_is_one_line_and_its_trials_are_listed_with_all(nnlab, make_run) -> None:
    make_run("20250101-120000-a-0a1b2c")
    sweep = made_sweep(make_run, TRIALS).name
    rows = [line.split() for line in nnlab("runs", "ls").stdout.splitlines()[2:]]
    assert rows[1][:-1] == [sweep, "sweep", "completed", "3", "of", "3", "trials", "0.5938"]
    rows = [line.split() for line in nnlab("runs", "ls", "--all").stdout.splitlines()[2:]]
    assert [row[0] for row in rows[1:]] == [sweep, *(f"{sweep}/trial-00{number}" for number in (1, 2, 3))]
    assert rows[4][1:5] == ["run", "diverged", "10", "steps"]
    assert listed(nnlab, "--all", "--status", "diverged") == ["trial-003"]
    document = json.loads(nnlab("runs", "ls", "--all", "--json").stdout)
    assert [entry["kind"] for entry in document] == ["run", "sweep", "run", "run", "run"]
    assert document[1]["metrics"] == {"validation_accuracy": 0.59375}


def test_a_goal_without_a_column_of_its_own_gets_one(nnlab, make_run) -> None:
    made_sweep(make_run, TRIALS, goal="validation_loss")
    assert "validation loss" in nnlab("runs", "ls").stdout.splitlines()[0]


def test_conditions_select_runs_sweeps_and_trials(nnlab, make_run) -> None:
    make_run("a", {"optimizer.lr": 0.1})
    make_run("b", accuracies=(0.25, 0.5))
    (make_run("c") / "metrics.csv").write_text("damaged")
    sweep = made_sweep(make_run, TRIALS).name
    assert listed(nnlab, "--where", "lr=0.1") == [sweep, "a"]
    assert listed(nnlab, "--all", "--where", "lr=0.1") == [sweep, "trial-001", "trial-002", "a"]
    assert listed(nnlab, "--all", "--where", "lr=0.1", "--where", "validation_accuracy>0.5") == [
        sweep,
        "trial-002",
    ]
    assert listed(nnlab, "--where", "test_accuracy<0.45") == [sweep, "b"]
    assert listed(nnlab, "--where", "lr=7") == []
    answer = nnlab("runs", "ls", "--where", "lrr=7")
    assert (answer.code, answer.stdout) == (2, "")
    assert "no run has this" in answer.stderr


def test_crossvals_meet_conditions_by_their_spec_and_mean(nnlab, make_run) -> None:
    run = make_run("spec", {"optimizer.lr": 0.5})
    folder = CrossvalFolder.create(Path("runs"), "adam", 2, (run / "spec.yaml").read_text(), "0" * 64)
    folder.close()
    shutil.rmtree(run)
    assert listed(nnlab, "--where", "lr=0.5") == [folder.path.name]
    assert listed(nnlab, "--where", "lr=0.1") == []


def test_tags_are_added_removed_and_listed(nnlab, make_run) -> None:
    make_run("20250101-120000-a-0a1b2c")
    sweep = made_sweep(make_run, TRIALS)
    answer = nnlab("runs", "tag", "a", "last", "last/trial-002", "--add", "good", "--add", "paper")
    assert (answer.code, answer.stderr) == (0, "")
    assert answer.stdout.splitlines()[0] == "runs/20250101-120000-a-0a1b2c: good, paper"
    assert nnlab("runs", "tag", "last", "--remove", "good").stdout == f"runs/{sweep.name}: paper\n"
    assert listed(nnlab, "--tag", "good") == ["20250101-120000-a-0a1b2c"]
    assert listed(nnlab, "--tag", "good", "--all") == ["20250101-120000-a-0a1b2c", "trial-002"]
    heading, _, *rows = nnlab("runs", "ls").stdout.splitlines()
    assert heading.split()[-2:] == ["tags", "size"]
    assert "good, paper" in rows[0]
    assert json.loads(nnlab("runs", "ls", "--json").stdout)[0]["tags"] == ["good", "paper"]
    assert nnlab("runs", "tag", "a").stdout == "runs/20250101-120000-a-0a1b2c: good, paper\n"
    assert nnlab("show", "last").stdout.splitlines()[-1] == "tags: paper"


def test_nothing_is_tagged_where_one_argument_is_wrong(nnlab, make_run) -> None:
    run = make_run("20250101-120000-a-0a1b2c")
    (run.parent / "notes").mkdir()
    for arguments, code in [
        (("a", "missing", "--add", "x"), 5),
        (("a", "runs/notes", "--add", "x"), 5),
        (("a", "--add", "no tag"), 2),
        (("a", "--add", "x", "--remove", "x"), 2),
    ]:
        answer = nnlab("runs", "tag", *arguments)
        assert (answer.code, answer.stdout) == (code, ""), arguments
    assert not (run / "annotations.json").exists()


def test_note_is_written_printed_shown_and_removed(nnlab, make_run) -> None:
    run = make_run("20250101-120000-a-0a1b2c")
    assert nnlab("runs", "note", "a").stdout == ""
    assert nnlab("runs", "note", "a", "spikes \x1b[2J\nat 300").stdout == "spikes \\x1b[2J\nat 300\n"
    assert json.loads((run / "annotations.json").read_text())["note"] == "spikes \x1b[2J\nat 300"
    assert nnlab("show", "a").stdout.endswith("note: spikes \\x1b[2J\nat 300\n")
    assert nnlab("runs", "note", "a").stdout == "spikes \\x1b[2J\nat 300\n"
    assert nnlab("runs", "note", "a", "").stdout == ""
    assert not (run / "annotations.json").exists()


def test_damaged_annotations_are_reported_beside_the_run(nnlab, make_run) -> None:
    (make_run("a") / "annotations.json").write_text("{")
    answer = nnlab("runs", "ls")
    assert (answer.code, answer.stderr) == (
        0,
        "runs/a/annotations.json:1: not JSON: Expecting property name enclosed in double quotes at column 2\n",
    )
