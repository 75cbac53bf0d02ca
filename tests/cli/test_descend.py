"""``nnlab descend`` as a user calls it."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nnlab.storage.file_system import NO_FSYNC, NO_LOCKS

CONFIGS = Path(__file__).parents[2] / "configs" / "descent"


@pytest.mark.usefixtures("no_pictures")
def test_descend_prints_start_end_and_value_to_stdout(nnlab, tmp_path: Path) -> None:
    answer = nnlab("descend", CONFIGS / "sphere.yaml", "--no-animate")
    assert (answer.code, answer.stderr) == (0, "")
    formula, path, folder = answer.stdout.splitlines()
    assert formula == "f = Σ x_i², central gradient"
    assert path == "sgd lr=0.1: (-3, 4) → (-6.11110793e-10, 8.14814391e-10) in 100 steps, value 1.03737889e-18"
    assert (tmp_path / folder / "path.csv").is_file()


@pytest.mark.slow
def test_diverged_path_exits_with_3_after_all_paths_are_written(nnlab, tmp_path: Path) -> None:
    answer = nnlab("descend", CONFIGS / "learning_rates.yaml", "--no-animate", "--runs", tmp_path / "else")
    assert answer.code == 3
    assert answer.stderr == "nnlab: 1 of 3 diverged: sgd lr=10\n"
    assert len(answer.stdout.splitlines()) == 5
    (folder,) = (tmp_path / "else").iterdir()
    assert (folder / "plots" / "paths.png").is_file()


@pytest.mark.usefixtures("no_pictures")
def test_a_network_drive_without_locks_and_fsync_is_mentioned_once(nnlab, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*arguments: object) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr("os.fsync", unsupported)
    monkeypatch.setattr("fcntl.flock", unsupported)
    answer = nnlab("descend", CONFIGS / "sphere.yaml", "--no-animate")
    assert (answer.code, answer.stderr) == (0, f"{NO_LOCKS}\n{NO_FSYNC}\n")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("h=0", "h: must be at least 1e-300, got 0"),
        ("start=[1]", "start: has 1 coordinate, but the function needs 2"),
        ("function=valey", "no function is called 'valey'"),
        ("steps=x", "steps: must be a whole number"),
    ],
)
def test_invalid_descent_exits_with_2_and_one_line(nnlab, tmp_path: Path, override: str, message: str) -> None:
    answer = nnlab("descend", CONFIGS / "valley.yaml", "-s", override)
    assert (answer.code, answer.stdout) == (2, "")
    (line,) = answer.stderr.splitlines()
    assert message in line
    assert not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("no_pictures")
def test_descent_can_be_shown_but_not_compared(nnlab) -> None:
    folder = nnlab("descend", CONFIGS / "sphere.yaml", "--no-animate").stdout.splitlines()[-1]
    shown = nnlab("show", folder)
    assert shown.code == 0
    assert "function: sphere" in shown.stdout
    assert "value 1.03737889e-18" in shown.stdout
    assert "steps: 7\n" in nnlab("show", folder, "-s", "steps=7").stdout
    compared = nnlab("compare", folder)
    assert compared.code == 5
    assert "a descent, not a training run" in compared.stderr


def test_spec_of_the_other_kind_is_one_line(nnlab, spec: Path) -> None:
    for command, path, words in (
        ("train", CONFIGS / "sphere.yaml", "is a descent spec; run it with nnlab descend"),
        ("descend", spec, "is a training spec; run it with nnlab train"),
    ):
        answer = nnlab(command, path)
        assert answer.code == 2
        (line,) = answer.stderr.splitlines()
        assert words in line


def test_a_spec_of_a_descent_is_shown_in_full(nnlab) -> None:
    shown = nnlab("show", CONFIGS / "sphere.yaml", "-s", "steps=7")
    assert (shown.code, shown.stderr) == (0, "")
    assert "steps: 7\n" in shown.stdout
    assert "h: 0.0001\n" in shown.stdout


@pytest.mark.slow
def test_plot_draws_a_descent_again(nnlab, tmp_path: Path) -> None:
    folder = nnlab("descend", CONFIGS / "learning_rates.yaml", "--no-animate").stdout.splitlines()[-1]
    plots = tmp_path / folder / "plots"
    before = {path.name: path.read_bytes() for path in plots.iterdir()}
    for path in plots.iterdir():
        path.unlink()
    answer = nnlab("plot", folder)
    assert (answer.code, answer.stderr) == (0, "")
    assert answer.stdout.splitlines() == [f"{folder}/plots/{kind}.png" for kind in ("field", "paths", "values")]
    assert {path.name: path.read_bytes() for path in plots.iterdir()} == before


@pytest.mark.slow
@pytest.mark.usefixtures("no_pictures")
def test_plot_of_a_descent_takes_kinds_format_and_animation(
    nnlab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnlab.plots.race.FRAMES", 3)
    folder = nnlab("descend", CONFIGS / "sphere.yaml", "--no-animate").stdout.splitlines()[-1]
    answer = nnlab("plot", folder, "values", "--format", "svg", "--animate", "--out", "mine")
    assert answer.stdout.splitlines() == ["mine/values.svg", "mine/race.gif"]
    assert all(Path(line).is_file() for line in answer.stdout.splitlines())


@pytest.mark.usefixtures("no_pictures")
def test_pictures_that_are_unavailable_for_a_descent(nnlab, tmp_path: Path) -> None:
    spec = tmp_path / "three.yaml"
    spec.write_text("{function: sphere, start: [1, 2, 3], optimizer: {name: sgd, lr: 0.1}}", encoding="utf-8")
    folder = nnlab("descend", spec).stdout.splitlines()[-1]
    for arguments, message in (
        (["field"], "cannot have the picture field: it is of a function of 3 variables"),
        (["--animate"], "cannot have the picture race: it is of a function of 3 variables"),
        (["valuse"], "no kind of picture of a descent is called 'valuse'; did you mean 'values'?"),
    ):
        answer = nnlab("plot", folder, *arguments)
        assert (answer.code, answer.stdout) == (2, "")
        assert message in answer.stderr


@pytest.mark.usefixtures("no_pictures")
def test_progress_bar_counts_every_point(nnlab, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = []

    @contextmanager
    def bar(steps: int) -> Iterator[Callable[[], None]]:
        yield lambda: counted.append(steps)

    monkeypatch.setattr("nnlab.cli.progress.step_bar", bar)
    assert nnlab("descend", CONFIGS / "sphere.yaml", "--no-animate").code == 0
    assert counted == [101] * 101
