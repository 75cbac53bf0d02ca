import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import nnlab as package
from nnlab import __version__, cli
from nnlab.errors import DataError, Interrupted, NnlabError, RunError
from nnlab.records.reader import read_run

ROOT = Path(package.__file__).parents[1]
COMMANDS = ["init", "train", "crossval", "compare", "gradcheck", "show", "list", "schema", "data"]


def test_version(nnlab) -> None:
    answer = nnlab("--version")
    assert (answer.code, answer.stdout) == (0, f"nnlab {__version__}\n")


def test_help_names_every_command(nnlab) -> None:
    answer = nnlab("--help")
    assert answer.code == 0
    assert all(command in answer.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_has_an_example(nnlab, command: str) -> None:
    answer = nnlab(command, "--help")
    assert answer.code == 0
    assert f"Example: nnlab {command}" in answer.stdout


@pytest.mark.parametrize("arguments", [["trian"], ["train"], ["train", "--nope", "x"], ["gradcheck", "--method", "x"]])
def test_usage_error_exits_with_2(nnlab, arguments: list[str]) -> None:
    answer = nnlab(*arguments)
    assert answer.code == 2
    assert answer.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [(DataError("no data"), 4), (RunError("no run"), 5), (Interrupted(2), 130), (Interrupted(15), 143)],
)
def test_every_error_has_its_exit_code(nnlab, monkeypatch, spec, error: NnlabError, code: int) -> None:
    def fail(*arguments: object) -> None:
        raise error

    monkeypatch.setattr("nnlab.train.run.run_with", fail)
    answer = nnlab("train", spec)
    assert answer.code == code
    assert answer.stderr.strip() == f"nnlab: {error}"


def test_bug_is_reported_in_one_line_with_the_path_of_a_log(nnlab, monkeypatch, spec) -> None:
    def fail(*arguments: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr("nnlab.config.loading.load_experiment", fail)
    answer = nnlab("train", spec)
    assert answer.code == 70
    (line,) = answer.stderr.splitlines()
    assert "ZeroDivisionError: 'planted'" in line
    log = line.rpartition(" ")[2]
    with open(log, encoding="utf-8") as file:  # noqa: PTH123 - the path as the user reads it
        assert "Traceback" in file.read()


def test_out_of_memory_is_not_reported_as_a_bug(nnlab, monkeypatch, spec) -> None:
    def fail(*arguments: object) -> None:
        raise MemoryError

    monkeypatch.setattr("nnlab.config.loading.load_experiment", fail)
    answer = nnlab("train", spec)
    assert answer.code == 2
    assert "memory" in answer.stderr


def test_deleted_working_folder_is_one_error(nnlab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    answer = nnlab("runs", "ls")
    assert (answer.code, answer.stderr) == (2, "nnlab: the working folder was deleted; change to one that exists\n")


@pytest.mark.slow
def test_ctrl_c_before_the_handlers_are_in_place_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Importing:
        def main(self) -> None:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "nnlab.cli.entry", Importing())
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 130
    assert capsys.readouterr() == ("", "nnlab: stopped by SIGINT\n")


def test_ctrl_c_is_handled_before_heavy_imports() -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import nnlab.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    imported = set(done.stdout.split())
    assert {"nnlab", "nnlab.cli"} <= imported
    assert not imported & {"typing", "re", "nnlab.errors", "nnlab.cli.entry"}


IN_A_DESTRUCTOR = """
import os, signal, sys, time, types
import nnlab.cli

class Picture:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0)

def draw(**options):
    Picture()
    time.sleep(20)

app = types.ModuleType("nnlab.cli.app")
app.app_for = lambda arguments: draw
sys.modules["nnlab.cli.app"] = app
sys.argv[1:] = []
nnlab.cli.main()
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="os.kill ends a process of Windows")
def test_a_signal_where_python_cannot_raise_still_stops_the_command() -> None:
    command = [sys.executable, "-c", IN_A_DESTRUCTOR]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=15)
    assert (done.returncode, done.stderr) == (130, "nnlab: stopped by SIGINT\n")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
@pytest.mark.parametrize("ignored", [False, True])
def test_a_closed_terminal_stops_a_command_unless_nohup_asked_otherwise(
    nnlab, monkeypatch: pytest.MonkeyPatch, ignored: bool
) -> None:
    heard = {}
    monkeypatch.setattr("signal.signal", heard.__setitem__)
    monkeypatch.setattr("signal.getsignal", lambda number: signal.SIG_IGN if ignored else signal.SIG_DFL)
    nnlab("--version")
    assert (signal.SIGHUP in heard) is not ignored
    if not ignored:
        with pytest.raises(Interrupted) as stopped:
            heard[signal.SIGHUP](signal.SIGHUP, None)
        assert stopped.value.exit_code == 129


def test_python_dash_m_is_the_same_command() -> None:
    done = subprocess.run([sys.executable, "-m", "nnlab", "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"nnlab {__version__}\n")


@pytest.mark.slow
def test_a_closed_pipe_is_quiet() -> None:
    command = f"{sys.executable} -m nnlab list | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1)  # 0 where everything fitted into the pipe
    assert done.stderr == ""


@pytest.mark.slow
def test_an_encoding_without_greek_letters_is_no_error() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "nnlab", "list", "optimizer"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "adam" in done.stdout


@pytest.mark.slow
def test_a_locale_that_cannot_encode_a_name_is_no_error(spec: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    spec.write_text("name: 名前\n" + spec.read_text(encoding="utf-8"), encoding="utf-8")
    command = [sys.executable, "-m", "nnlab", "train", "-q", spec, "--runs", tmp_path / "runs"]
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    (run,) = (tmp_path / "runs").iterdir()
    assert run.name[15:-6] == "-run-"
    assert read_run(run).name == "名前"


@pytest.mark.slow
def test_a_path_that_the_locale_cannot_encode_is_a_clear_error(nnlab, monkeypatch: pytest.MonkeyPatch, spec) -> None:
    monkeypatch.setattr("nnlab.config.loading.load_experiment", lambda *arguments: "名前".encode("latin-1"))
    answer = nnlab("train", spec)
    assert answer.code == 2
    assert answer.stderr == (
        "nnlab: '名前': in a path the system's encoding (latin-1) lacks letters of it; set LC_ALL=C.UTF-8\n"
    )


# Without its pictures, which would take most of the time.
UNDRAWN = """
import nnlab.train.pictures
from nnlab.cli import main
nnlab.train.pictures.plot_run = lambda *arguments: None
nnlab.train.pictures.draw_all = lambda *arguments: []
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["2>&1 >/dev/null | head -n 1", "2>/dev/full", "2>&-"])
def test_unwritable_stderr_does_not_stop_training(spec, tmp_path, ending: str) -> None:
    train = [sys.executable, "-c", UNDRAWN, "train", spec, "--runs", tmp_path / "runs", "-s", "train.iterations=30"]
    command = f"{shlex.join(map(str, train))} {ending}"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "runs").iterdir()
    assert json.loads((folder / "summary.json").read_text(encoding="utf-8"))["status"] == "completed"


@pytest.mark.parametrize("command", [["train", "--resume"], ["plot"], ["runs", "rm", "-y"], ["crossval", "--resume"]])
def test_a_run_name_that_no_file_system_allows_is_missing(nnlab, command: list[str]) -> None:
    answer = nnlab(*command, "x" * 300)
    assert answer.code == 5
    assert answer.stderr.strip().endswith("File name too long")


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["2>/dev/full", "2>&-"])
def test_the_exit_code_is_right_where_no_message_can_be_written(ending: str) -> None:
    command = f"{sys.executable} -m nnlab runs rm -y no-such-run {ending}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (5, b"", b"")


@pytest.mark.slow
def test_unwritable_stdout_is_one_clear_line() -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m nnlab list optimizer >/dev/full"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 5
    assert done.stderr == "nnlab: the output cannot be written: No space left on device\n"
