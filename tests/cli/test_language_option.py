"""--lang ja and NNLAB_LANG: result lines and tables in Japanese, files as in English."""

import json
import re
from pathlib import Path

import pytest
import typer.main
from made_sweeps import made_sweep

from nnlab.cli.app import app_for
from nnlab.cli.comparison_statistics import recorded_lines
from nnlab.comparisons.verdicts import sweep_statistics
from nnlab.language import speaking, tr
from nnlab.plots import fonts

VALUES = {"lr 0.1": {0: 0.5, 1: 0.75}, "lr 0.01": {0: 0.25, 1: 0.375}}
TRIALS = [
    *[(0.1, 0, 0.5, "completed"), (0.1, 1, 0.75, "completed")],
    *[(0.01, 0, 0.25, "completed"), (0.01, 1, 0.375, "diverged")],
]


@pytest.fixture(autouse=True)
def no_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NNLAB_LANG", raising=False)
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def without_font(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no Japanese font were installed, neither in the system nor by the extra."""
    monkeypatch.setattr(fonts.fontManager, "get_font_names", lambda: ["DejaVu Sans"])
    monkeypatch.setattr(fonts, "findSystemFonts", list)
    monkeypatch.setattr(fonts, "find_spec", lambda name: None)


@pytest.mark.parametrize(
    "command",
    [
        *("train", "crossval", "sweep", "compare", "why", "descend", "plot", "activations", "gradcheck", "show"),
        *("lr", "landscape"),
        *("data show", "runs ls", "report", "evaluate", "predict"),
    ],
)
def test_the_commands_with_pictures_or_results_have_the_option(command: str) -> None:
    found = typer.main.get_command(app_for([]))
    for name in command.split():
        found = found.commands[name]  # type: ignore[attr-defined]
    (language,) = (parameter for parameter in found.params if "--lang" in parameter.opts)
    assert language.envvar == "NNLAB_LANG"


def files_of(folder: Path) -> dict[str, bytes]:
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    summary = json.loads(found.pop("summary.json"))
    del summary["train_seconds"]
    varying = {"environment.json", "log.txt"}
    return {"summary": json.dumps(summary).encode()} | {name: found[name] for name in found.keys() - varying}


def test_a_run_says_and_logs_its_results_in_japanese_and_records_the_same(
    nnlab, spec: Path, tmp_path: Path, no_pictures: None
) -> None:
    english, japanese = nnlab("train", spec), nnlab("train", spec, "--lang", "ja")
    assert "moons: test accuracy 0." in english.stdout
    assert re.search(r"^moons：テスト正解率 0\.\d+（最良 0\.\d+、ステップ \d）、訓練正解率 ", japanese.stdout)
    assert "ステップ 4/4  目的関数 0." in japanese.stderr
    first, second = sorted(
        (tmp_path / "runs").iterdir(), key=lambda path: "：" in (path / "log.txt").read_text("utf-8")
    )
    assert (second / "log.txt").read_text("utf-8").startswith("moons：パラメータ 22 個、更新 4 回\n")
    assert {name for name, found in files_of(first).items() if files_of(second).get(name) != found} <= {
        name
        for name in files_of(first)
        if name.startswith("checkpoints/")  # which hold the seconds
    }
    assert tr("test") == "test"


def test_the_environment_variable_is_the_default(nnlab, make_run, monkeypatch: pytest.MonkeyPatch) -> None:
    make_run(status="completed")
    monkeypatch.setenv("NNLAB_LANG", "ja")
    assert nnlab("runs", "ls").stdout.split()[:3] == ["実験", "状態", "進捗"]
    assert "完了" in nnlab("runs", "ls").stdout
    assert "completed" in nnlab("runs", "ls", "--lang", "en").stdout
    assert nnlab("runs", "ls", "--lang", "fr").code == 2


def test_an_unknown_language_in_the_environment_is_named(nnlab, spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNLAB_LANG", "日本語")
    answer = nnlab("train", spec)
    assert answer.code == 2
    words = " ".join(re.sub("[│╭╰─╮╯]", " ", answer.stderr).split())
    assert "NNLAB_LANG" in words
    assert "'日本語' is not one of 'en', 'ja'" in words


def test_a_missing_font_is_reported_before_any_work(nnlab, spec: Path, tmp_path: Path, without_font: None) -> None:
    for arguments in (["train"], ["crossval", "--folds", "2"], ["sweep", "-s", "seed=0,1"]):
        answer = nnlab(*arguments, spec, "--lang", "ja")
        assert answer.code == 2
        assert answer.stderr.startswith("nnlab: no Japanese font was found; pip install 'nnlab-runner[ja]' brings one")
    assert not (tmp_path / "runs").exists()


def test_results_need_no_font(nnlab, spec: Path, without_font: None) -> None:
    answer = nnlab("train", spec, "--lang", "ja", "--no-plots")
    assert answer.code == 0
    assert "テスト正解率" in answer.stdout


def test_a_sweep_is_shown_with_its_recorded_verdicts_in_japanese(nnlab, make_run) -> None:
    statistics = sweep_statistics(VALUES, column="validation_accuracy", maximize=True)
    made_sweep(make_run, TRIALS, status="interrupted", total=6, statistics=statistics)
    shown = nnlab("show", "last", "--lang", "ja").stdout
    for text in (
        "中断：試行 6 件中 4 件（完了 3 件、発散 1 件）、探索 grid",
        "検証正解率",
        "完了、発散",
        "再開：nnlab sweep --resume",
    ):
        assert text in shown
    assert "差 31 ポイント、シード 2 個中 2 個で上回る。シード 2 個では示せない" in shown
    assert "won" not in shown


def test_recorded_verdicts_that_are_damaged_are_left_out_in_every_language() -> None:
    statistics = sweep_statistics(VALUES, column="validation_accuracy", maximize=True)
    assert statistics is not None
    with speaking("ja"):
        assert len(recorded_lines(statistics, 80)) > 1
        for key, wrong in (
            ("difference", float("nan")),
            ("difference", 1e400),
            ("seeds", "2"),
            ("seeds", -1),
            ("p", []),
        ):
            document = json.loads(json.dumps(statistics))
            document["against"][0][key] = wrong
            assert isinstance(recorded_lines(document, 80), list)
