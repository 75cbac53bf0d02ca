"""``nnlab report``: files, formats, what cannot be in a report, and hostile runs."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from html_pages import Page
from made_reports import made_png
from made_sweeps import made_sweep

from nnlab.records.annotations import Annotations, write_annotations


@pytest.fixture(autouse=True)
def _small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Black pictures in place of curves and those of a sweep, none of networks: they take most of the time."""

    def write(folder: Path, *names: str) -> None:
        for name in names:
            (folder / f"{name}.png").write_bytes(made_png(70, 20))

    monkeypatch.setattr(
        "nnlab.report.curves.plot_comparison", lambda comparison, folder: write(folder, "accuracy", "loss")
    )
    monkeypatch.setattr("nnlab.report.curves.draw_all", lambda view, folder, warn, kinds: write(folder, *kinds))
    monkeypatch.setattr("nnlab.report.compose.network_blocks", lambda *arguments: [])
    monkeypatch.setattr("nnlab.report.sweeps.draw_sweep", lambda path, say, folder: write(folder, "goal", "curves"))


def optimizers(make_run: Any) -> list[Path]:
    """Two learning rates with three seeds each."""
    return [
        make_run(
            f"2025010{seed + 1}-120000-{name}-0a1b{seed}{index}",
            {"name": name, "optimizer.lr": lr, "seed": seed},
            accuracies=[0.125, 0.5 + seed / 64 + index * (seed + 8) / 32],
        )
        for index, (name, lr) in enumerate((("slow", 0.001), ("fast", 0.1)))
        for seed in range(3)
    ]


def test_six_runs_are_two_rows_with_means_and_verdicts(nnlab, make_run) -> None:
    optimizers(make_run)
    answer = nnlab("report", "runs/*", "--out", "both.html", "--author", "A. Lovelace", "--title", "Learning rates")
    assert (answer.code, answer.stdout) == (0, "both.html\n")
    assert answer.stderr.endswith("2 pictures\n")
    page = Page(Path("both.html").read_text(encoding="utf-8"))
    assert page.texts["h1"] == ["Learning rates"]
    assert page.texts["span"] == ["A. Lovelace", "2025-01-03", "6 runs"]
    cells = [*page.texts["th"], *page.texts["td"]]
    assert "lr 0.1" in cells
    assert "0.7344 ± 0.0469" in cells
    assert any(cell.startswith("difference 28 points, 3 of 3 seeds won; three seeds cannot show it") for cell in cells)
    assert "seed=0..5 can" in page.text
    assert "Best by test accuracy: lr 0.1, 0.7344 ± 0.0469." in page.text
    assert "nnlab train runs/20250101-120000-fast-0a1b01/spec.yaml" in page.text


def test_the_same_runs_give_the_same_bytes(nnlab, make_run) -> None:
    optimizers(make_run)
    for name in ("a.html", "b.html", "a.md", "b.md"):
        assert nnlab("report", "runs/*", "--out", name).code == 0
    assert Path("a.html").read_bytes() == Path("b.html").read_bytes()
    assert Path("a.md").read_text("utf-8") == Path("b.md").read_text("utf-8").replace("b_files", "a_files")


def test_nothing_is_overwritten_unasked(nnlab, make_run) -> None:
    make_run()
    Path("report.html").write_text("mine", encoding="utf-8")
    answer = nnlab("report", "last")
    assert answer.code == 2
    assert answer.stderr == "nnlab: report.html: already exists; use --overwrite to replace it, or --out FILE\n"
    assert Path("report.html").read_text(encoding="utf-8") == "mine"
    assert nnlab("report", "last", "--overwrite").stdout == "report.html\n"
    assert nnlab("report", "last", "--format", "md").stdout == "report.md\n"
    assert nnlab("report", "last", "--format", "md").code == 2


def test_pictures_of_an_overwritten_report_are_removed_and_nothing_else(nnlab, make_run) -> None:
    make_run()
    assert nnlab("report", "last", "--out", "a.md").code == 0
    old, own = Path("a_files/figure-77-old.png"), Path("a_files/figure-of-mine.png")
    for path in (old, own):
        path.write_bytes(b"")
    assert nnlab("report", "last", "--out", "a.md", "--overwrite").code == 0
    assert (old.exists(), own.exists()) == (False, True)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["missing"], 5, "missing: no such run folder"),
        (["runs/none*"], 5, "nothing matches this pattern"),
        (["last", "--out", "folder"], 2, "folder: is a folder; --out names a file, such as folder/report.html"),
        (["last", "--out", "none/a.html"], 5, "none/a.html: cannot be written"),
        (["last", "--out", "a.md", "--format", "html"], 2, "--format html: a.md has the ending of another format"),
        (["last", "--out", "a.pdf"], 2, "a.pdf: a report is HTML or Markdown; name a file that ends in .html or .md"),
        (["last", "--sort", "colour"], 2, "sort: no run has 'colour'"),
        (["last", "--lang", "xx"], 2, "--lang"),
        ([], 2, "Missing argument"),
    ],
)
def test_wrong_arguments_give_one_error_and_no_file(
    nnlab, make_run, arguments: list[str], code: int, message: str
) -> None:
    make_run()
    Path("folder").mkdir()
    answer = nnlab("report", *arguments)
    assert answer.code == code
    assert message in answer.stderr
    assert {path.name for path in Path().iterdir()} == {"folder", "runs"}


def test_a_descent_and_damaged_runs_are_left_out_and_named(nnlab, make_run) -> None:
    good = make_run()
    damaged = make_run("20250102-120000-adam-0a1b2d")
    (damaged / "metrics.csv").write_text("step\n", encoding="utf-8")
    descent = good.parent / "20250103-120000-valley-0a1b2e"
    shutil.copytree(good, descent)
    (descent / "path.csv").touch()
    assert nnlab("report", "runs/*").code == 0
    text = Path("report.html").read_text(encoding="utf-8")
    assert "a descent, not a training run" in text
    assert "metrics.csv:1: " in text
    answer = nnlab("report", descent, "--out", "descent.html")
    assert (answer.code, "a descent, not a training run" in answer.stderr) == (5, True)


def test_of_many_damaged_runs_the_first_are_named(nnlab, make_run) -> None:
    make_run()
    for number in range(30):
        Path(f"runs/20250102-120000-adam-0000{number:02}").mkdir()
    assert nnlab("report", "runs/*").code == 0
    entries = Page(Path("report.html").read_text(encoding="utf-8")).texts["li"]
    assert "… and 10 more" in entries
    assert sum("not a run folder" in entry for entry in entries) == 20


@pytest.mark.parametrize("status", ["diverged", "failed", "interrupted", "running"])
def test_a_run_that_did_not_complete_has_a_report_that_says_so(nnlab, make_run, status: str) -> None:
    make_run(status=status)
    assert nnlab("report", "last").code == 0
    shown = "crashed" if status == "running" else status
    assert shown in Page(Path("report.html").read_text(encoding="utf-8")).texts["td"]


def test_a_run_without_any_evaluation_has_a_report(nnlab, make_run) -> None:
    make_run(accuracies=[], status="failed")
    assert nnlab("report", "last").code == 0


def test_a_sweep_has_its_goal_pictures_and_best_point(nnlab, make_run) -> None:
    trials = [(0.1, 0, 0.5, "completed"), (0.1, 1, 0.625, "completed")]
    trials += [(0.01, 0, 0.75, "completed"), (0.01, 1, 0.875, "completed"), (0.001, 0, 0.5, "waiting")]
    sweep = made_sweep(make_run, trials)
    assert nnlab("report", sweep).code == 0
    page = Page(Path("report.html").read_text(encoding="utf-8"))
    assert "Which learning rate? Of two." in page.texts["p"]
    cells = page.texts["td"]
    assert "4 of 5 (4 completed, 1 waiting)" in cells
    assert "highest validation accuracy" in cells
    assert any("optimizer.lr 0.01 (trial 3)" in cell for cell in cells)
    assert f"nnlab sweep {sweep}/sweep.yaml" in page.text
    assert "nnlab train" not in page.text.split("Environment")[0]
    assert len(page.attributes("img")) >= 2


def test_a_sweep_of_which_no_trial_has_begun_has_a_report(nnlab, make_run) -> None:
    sweep = made_sweep(make_run, [(0.1, 0, 0.5, "waiting")], status="running")
    assert nnlab("report", sweep).code == 0
    assert "0 of 1 (1 waiting)" in Path("report.html").read_text(encoding="utf-8")


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}} | [x](javascript:y)"


def test_hostile_runs_give_harmless_reports(nnlab, make_run) -> None:
    """Names, settings, tags, notes, questions, versions, checksums, messages and the folder's own name."""
    run = make_run("20250101-120000-a<b>'&;-0a1b2c", {"name": HOSTILE[:100], "data.train_size": HOSTILE * 100})
    make_run("20250101-120000-b-0a1b2d", {"name": "b\u202e", "optimizer.lr": HOSTILE, "seed": 1})
    write_annotations(run, Annotations(("tag",), f"{HOSTILE}\n\x1b[31m\u2066" * 50))
    environment = {
        "question": HOSTILE + "\x00",
        "nnlab": [HOSTILE],
        "packages": HOSTILE,
        "blas": [HOSTILE, {"version": {HOSTILE: 1}}],
        "git": {"commit": HOSTILE},
        "samples": {HOSTILE: HOSTILE},
        "data_sha256": {HOSTILE: HOSTILE * 1000},
    }
    (run / "environment.json").write_text(json.dumps(environment), encoding="utf-8")
    assert nnlab("report", "runs/*", "--title", HOSTILE, "--author", HOSTILE).code == 0
    html = Path("report.html").read_text(encoding="utf-8")
    page = Page(html)
    assert page.texts["title"] == [HOSTILE]
    assert "49" not in page.texts["h1"][0]
    assert not {"\x1b", "\u202e", "\u2066", "\x00"} & {*html}
    assert HOSTILE[:20] in page.text
    assert nnlab("report", "runs/*", "--format", "md").code == 0
    markdown = Path("report.md").read_text(encoding="utf-8").split("```")
    assert "<script" not in "".join(markdown[::2]).replace(r"\<script", "")
    assert "<img" not in "".join(markdown[::2]).replace(r"\<img", "")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_a_report_can_go_to_a_device(nnlab, make_run) -> None:
    make_run()
    assert nnlab("report", "last", "--out", "/dev/null", "--format", "html").code == 0
    assert not Path("/dev/null").is_file()


def test_a_japanese_report_has_the_sections_of_a_laboratory_report(
    nnlab, make_run, monkeypatch: pytest.MonkeyPatch
) -> None:
    optimizers(make_run)
    monkeypatch.setattr("nnlab.plots.fonts.has_japanese_font", lambda: True)
    monkeypatch.setattr("nnlab.plots.canvas.notice_missing", lambda figure: None)
    assert nnlab("report", "runs/*", "--lang", "ja").code == 0
    page = Page(Path("report.html").read_text(encoding="utf-8"))
    assert page.attributes("html") == [{"lang": "ja"}]
    sections = ["1. 目的", "2. 方法", "3. 結果", "4. 考察", "5. 再現方法", "6. 参考文献"]
    assert page.texts["h2"] == sections
    assert any(cell.startswith("差 28 ポイント") and "シード 3 個中 3 個" in cell for cell in page.texts["td"])
    assert "表 1" in page.texts["b"]


def test_without_a_japanese_font_there_is_an_error_and_no_report(
    nnlab, make_run, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run()
    monkeypatch.setattr("nnlab.plots.fonts.has_japanese_font", lambda: False)
    answer = nnlab("report", "last", "--lang", "ja")
    assert (answer.code, "no Japanese font was found" in answer.stderr) == (2, True)
    assert not Path("report.html").exists()
