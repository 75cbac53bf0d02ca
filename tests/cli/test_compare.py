"""``nnlab compare`` as a user calls it."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from made_sweeps import made_sweep

from nnlab.comparisons.comparison import Comparison

MakeRun = Callable[..., Path]

SGD = {"name": "sgd", "optimizer": {"name": "sgd", "lr": 0.1}}


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def pictured(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where pictures would have been written; drawing them is tested with the plots."""
    folders: list[Path] = []

    def note(comparison: Comparison, folder: Path) -> None:
        folders.append(folder)

    monkeypatch.setattr("nnlab.plots.comparison.plot_comparison", note)
    return folders


def test_the_table_shows_differing_settings_and_results(nnlab, make_run: MakeRun, pictured: list[Path]) -> None:
    answer = nnlab("compare", make_run("a"), make_run("b", SGD, accuracies=[0.5, 0.9375, 0.75]))
    assert answer.code == 0
    assert answer.stderr == ""
    heading, _, first, second, folder = answer.stdout.splitlines()
    assert re.split("  +", heading.strip()) == [
        *["run", "optimizer", "lr"],
        *["test acc", "test acc @best step", "train acc", "test loss", "train loss", "seconds", "status"],
    ]
    assert re.split("  +", first)[:5] == ["a", "adam", "0.01", "0.8750", "0.8750 @40"]
    assert re.split("  +", second) == [
        *["b", "sgd", "0.1"],
        *["0.6875", "0.8750 @10", "0.7500", "0.7812", "0.6250", "1.50", "completed"],
    ]
    assert re.fullmatch(r"comparisons/[0-9]{8}-[0-9]{6}-[0-9a-f]{6}", folder)
    assert pictured == [Path(folder)]
    assert Path(folder).is_dir()


def test_out_is_the_folder_of_the_pictures(nnlab, make_run: MakeRun, tmp_path: Path) -> None:
    for attempt in range(2):
        answer = nnlab("compare", make_run(f"r{attempt}"), "--out", tmp_path / "pictures" / "mine")
        assert answer.stdout.splitlines()[-1] == str(tmp_path / "pictures" / "mine")
    written = {path.name: path.read_bytes()[:4] for path in (tmp_path / "pictures" / "mine").iterdir()}
    assert written == {"accuracy.png": b"\x89PNG", "loss.png": b"\x89PNG"}
    assert not (tmp_path / "comparisons").exists()


@pytest.mark.parametrize("width", [100, 130, 160])
def test_the_table_fits_the_terminal(
    nnlab, make_run: MakeRun, pictured: list[Path], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    changes = {"model.hidden": [100] * 6, "data.train_size": 300, "penalty.l2": 0.1, "train.batch_size": "full"}
    runs = [make_run("20250101-120000-overfit_l2-aaaaaa", changes | SGD), make_run("b", status="interrupted")]
    runs += [make_run(f"s{seed}", {"seed": seed, "dtype": "float64"}, accuracies=[0.5, 0.9]) for seed in range(2)]
    answer = nnlab("compare", *runs)
    assert "no room" not in answer.stdout
    lines = answer.stdout.splitlines()[:-1]
    assert max(map(len, lines)) <= width
    words = re.split(r"[\s,]+", answer.stdout)
    for word in ("completed", "interrupted", "0.8750", "0.8375", "±0.0000", "overfit_l2-aaaaaa", "float64", "seconds"):
        assert word in words


def test_a_narrow_terminal_leaves_out_losses_first(
    nnlab, make_run: MakeRun, pictured: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [make_run("20250101-120000-adam-aaaaaa"), make_run("20250101-120001-sgd-bbbbbb", SGD)]
    monkeypatch.setenv("COLUMNS", "80")
    answer = nnlab("compare", *runs)
    assert max(map(len, answer.stdout.splitlines()[:-1])) <= 80
    assert "no room" not in answer.stdout
    assert "2  optimizer sgd, lr 0.1" in answer.stdout
    monkeypatch.setenv("COLUMNS", "50")
    answer = nnlab("compare", *runs, "--sort", "train_loss")
    assert max(map(len, answer.stdout.splitlines()[:-2])) <= 50
    assert "columns left out for lack of room: test loss, seconds (--csv - has all)" in answer.stdout


@pytest.mark.parametrize("width", [80, 120])
def test_25_runs_with_many_differing_settings_stay_readable(
    nnlab, make_run: MakeRun, pictured: list[Path], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """One line a run in the table; below it, by number, what differs, with no key apart from its value."""
    monkeypatch.setenv("COLUMNS", str(width))
    for index in range(25):
        changes = {"model.hidden": [100 + index] * 6, "optimizer.lr": index / 100, "penalty.l2": index / 1000}
        more = {"data.train_size": 300 + index, "train.batch_size": 10 + index, "train.sampling": f"way{index}"}
        make_run(f"20250101-1200{index:02}-overfit_{index}-aaaaaa", {**changes, **more})
    answer = nnlab("compare", "runs/*")
    lines = answer.stdout.splitlines()[:-1]
    assert max(map(len, lines)) <= width
    assert "damaged" not in answer.stdout
    table, block = answer.stdout.split("\n\n")
    assert [line.split()[0] for line in table.splitlines()[-25:]] == [str(number) for number in range(1, 26)]
    assert all(line.endswith("completed") for line in table.splitlines()[-25:])
    found = " ".join(block.split())
    assert found.startswith("# differs in ")
    for index in range(25):
        assert f"train_size {300 + index}, hidden [{', '.join([str(100 + index)] * 6)}], lr {index / 100}" in found
    pairs = ("train_size", "hidden", "lr", "l2", "batch_size", "sampling")
    assert not any(line.rstrip().endswith(pairs) for line in block.splitlines())


def test_descents_and_cross_validations_are_skipped_in_one_line(nnlab, make_run: MakeRun, pictured: list[Path]) -> None:
    for name in ("one", "two"):
        (make_run(name) / "path.csv").write_text("")
    make_run("three")
    for answer in (nnlab("compare", "runs/*"), nnlab("compare", "runs/*", "--csv", "-")):
        assert answer.code == 0
        assert "skipped: 2 descents\n" in answer.stdout + answer.stderr
        assert "damaged" not in answer.stdout + answer.stderr


def test_a_quoted_pattern_is_expanded(nnlab, make_run: MakeRun, pictured: list[Path]) -> None:
    for name in ("a-1", "a-2", "b-1", "[ab]"):
        make_run(name, {"name": name})
    for pattern, expected in (("runs/a-?", "a-1 a-2"), (Path("runs/*-1").resolve(), "a-1 b-1"), ("runs/[ab]", "[ab]")):
        document = json.loads(nnlab("compare", pattern, "--json").stdout)
        assert " ".join(sorted(run["name"] for entry in document["entries"] for run in entry["runs"])) == expected


def test_sort_and_top(nnlab, make_run: MakeRun, pictured: list[Path]) -> None:
    runs = [make_run(name, {"optimizer.lr": lr}) for name, lr in [("a", 0.5), ("b", 0.1), ("c", 0.2)]]
    answer = nnlab("compare", *runs, "--sort", "lr", "--top", 2)
    assert [line.split()[0] for line in answer.stdout.splitlines()[2:-1]] == ["b", "c"]
    assert nnlab("compare", *runs, "--top", 0).code == 2
    answer = nnlab("compare", *runs, "--sort", "test_acuracy")
    assert answer.code == 2
    assert "did you mean 'test_accuracy'?" in answer.stderr


def test_sort_key_without_a_column_gets_one(nnlab, make_run: MakeRun, pictured: list[Path]) -> None:
    assert "objective" in nnlab("compare", make_run(), "--sort", "objective").stdout


def test_validation_has_columns_where_any_run_measured_it(nnlab, make_run: MakeRun, pictured: list[Path]) -> None:
    runs = [make_run("a"), make_run("b", SGD, validation=True)]
    heading, _, first, second, _ = nnlab("compare", *runs).stdout.splitlines()
    assert "validation acc  validation loss" in heading
    cells = re.split("  +", second if second.startswith("b") else first)
    assert "0.9062" in cells
    assert "validation" not in nnlab("compare", runs[0]).stdout


def test_json_is_the_only_output_on_stdout(nnlab, make_run: MakeRun, pictured: list[Path], tmp_path: Path) -> None:
    answer = nnlab("compare", make_run("a"), make_run("b", SGD), tmp_path / "gone", "--json")
    document = json.loads(answer.stdout)
    assert [entry["name"] for entry in document["entries"]] == ["adam", "sgd"]
    assert document["damaged"][0]["message"].endswith("gone: no such run folder")
    assert answer.stderr.strip() == str(pictured[0])


def test_csv_on_stdout(nnlab, make_run: MakeRun, pictured: list[Path], tmp_path: Path) -> None:
    answer = nnlab("compare", make_run("a"), make_run("b", SGD), tmp_path / "gone", "--csv", "-")
    rows = list(csv.DictReader(answer.stdout.splitlines()))
    assert [(row["name"], row["optimizer.lr"]) for row in rows] == [("adam", "0.01"), ("sgd", "0.1")]
    damage, folder = answer.stderr.splitlines()
    assert damage.startswith("damaged, not compared: ")
    assert folder == str(pictured[0])


def test_csv_in_a_file_beside_the_table(nnlab, make_run: MakeRun, pictured: list[Path], tmp_path: Path) -> None:
    answer = nnlab("compare", make_run(), "--csv", tmp_path / "table.csv")
    assert "test acc" in answer.stdout
    assert (tmp_path / "table.csv").read_text(encoding="utf-8").startswith("run,name,status,n,")


def test_csv_in_a_file_that_a_link_names_or_a_pipe(nnlab, make_run: MakeRun, pictured: list[Path]) -> None:
    Path("real.csv").write_text("old", encoding="utf-8")
    Path("link.csv").symlink_to("real.csv")
    run = make_run()
    assert nnlab("compare", run, "--csv", "link.csv").code == 0
    assert Path("link.csv").is_symlink()
    assert Path("real.csv").read_text(encoding="utf-8").startswith("run,name,status,n,")
    assert nnlab("compare", run, "--csv", "/dev/null").code == 0
    assert Path("/dev/null").is_char_device()


def test_csv_and_json_on_stdout_exclude_each_other(nnlab, make_run: MakeRun) -> None:
    answer = nnlab("compare", make_run(), "--json", "--csv", "-")
    assert (answer.code, answer.stdout) == (2, "")


@pytest.mark.parametrize("option", ["--csv", "--out"])
def test_output_that_cannot_be_written_is_reported(nnlab, make_run: MakeRun, tmp_path: Path, option: str) -> None:
    (tmp_path / "file").write_text("")
    answer = nnlab("compare", make_run(), option, tmp_path / "file" / "inside")
    assert answer.code == 5
    assert f"{tmp_path}/file/inside: cannot be written: " in answer.stderr


def test_damaged_runs_are_listed_with_line_and_the_rest_is_compared(
    nnlab, make_run: MakeRun, pictured: list[Path]
) -> None:
    bad = make_run("bad")
    (bad / "metrics.csv").write_text((bad / "metrics.csv").read_text().replace("\n20,", "\ntwenty,"))
    answer = nnlab("compare", bad, make_run("good"))
    assert answer.code == 0
    assert f"damaged, not compared: {bad}/metrics.csv:4: step: must be a number, got 'twenty'" in answer.stdout
    assert answer.stdout.splitlines()[2].startswith("good ")


def test_run_with_damaged_annotations_does_not_keep_others_from_being_compared(
    nnlab, make_run: MakeRun, pictured: list[Path]
) -> None:
    bad = make_run("bad")
    (bad / "annotations.json").write_text("[1]")
    answer = nnlab("compare", bad, make_run("good"))
    assert (answer.code, answer.stdout.splitlines()[2].split()[0]) == (0, "good")
    assert f"damaged, not compared: {bad}/annotations.json: must be an object, got [1]" in answer.stdout


def test_no_readable_run_exits_with_5(nnlab, make_run: MakeRun, tmp_path: Path) -> None:
    (tmp_path / ".gitkeep").write_text("")
    answer = nnlab("compare", tmp_path / ".gitkeep", tmp_path / "*.none")
    assert answer.code == 5
    assert ".gitkeep: a file, not a run folder\n" in answer.stderr
    assert "*.none: nothing matches this pattern" in answer.stderr
    assert not (tmp_path / "comparisons").exists()


def test_markup_and_terminal_codes_are_escaped(nnlab, make_run: MakeRun, pictured: list[Path]) -> None:
    nasty = "[/bold]\x1b[31m:smile:"
    runs = [make_run("a", {"name": nasty, "dtype": nasty}), make_run("[red]b"), make_run("c", {"seed": 1})]
    bad = make_run("bad[/x]")
    (bad / "steps.csv").write_text("step,loss\n\x1b[31m,[/red]\n")
    answers = [nnlab("compare", *runs, bad, *extra) for extra in ([], ["--csv", "-"], ["--json"])]
    for answer in answers:
        assert answer.code == 0
        assert "\x1b" not in answer.stdout + answer.stderr
    assert "[/bold]\\x1b[31m:smile:" in answers[0].stdout
    assert "bad[/x]/steps.csv:2: step: must be a number, got '\\x1b[31m'" in answers[0].stdout
    assert json.loads(answers[2].stdout)["entries"][0]["name"] == "[/bold]\\x1b[31m:smile:"


def eight_seeds(make_run: MakeRun, lr: float, better_by: float, first_seed: int = 0) -> list[Path]:
    """Runs whose accuracies drift with the seed; ``better_by`` grows with it, so that differences have a spread."""
    return [
        make_run(
            f"lr-{lr}-{seed}",
            {"optimizer.lr": lr, "seed": seed},
            accuracies=[0.5, 0.625 + seed / 64 + better_by * (1 + seed / 8)],
        )
        for seed in range(first_seed, first_seed + 8)
    ]


def test_rows_with_seeds_in_common_get_a_verdict_below_the_table(
    nnlab, make_run: MakeRun, pictured: list[Path]
) -> None:
    runs = [*eight_seeds(make_run, 0.1, 0.0), *eight_seeds(make_run, 0.2, 1 / 128)]
    for run in runs:
        (run / "environment.json").write_text('{"samples": {"test": 10000}}')
    lines = nnlab("compare", *runs).stdout.splitlines()
    assert lines[4:-1] == [
        "",
        "test accuracy of lr 0.2 against the others, runs paired on seeds:",
        "  lr 0.1  better by 1.12 points (0.93 to 1.32, 8 seeds, p = 0.008), 8 of 8 seeds won",
        "95 % intervals: BCa bootstrap; p: sign-flip test",
        "standard error of one run from 10,000 test samples: 0.48 points",
    ]


def test_several_verdicts_share_their_correction_and_advice(nnlab, make_run: MakeRun, pictured: list[Path]) -> None:
    runs = [run for lr in (0.1, 0.2, 0.3) for run in eight_seeds(make_run, lr, lr / 100)]
    runs += eight_seeds(make_run, 0.4, 0.0, first_seed=7)
    runs += [make_run("single", {"optimizer.lr": 0.5, "seed": 1})]
    output = nnlab("compare", *runs).stdout
    assert "test accuracy of lr 0.3 against the others" in output
    assert "\n  lr 0.2  better by 0.144 points (0.119 to 0.169, 8 seeds, p = 0.023), 8 of 8 seeds won\n" in output
    assert "\n95 % intervals: BCa bootstrap; p: sign-flip test, corrected for 3 pairs (Holm)\n" in output
    assert "\nnot paired: 2 have fewer than two seeds in common with it; train each with -s seed=0..5\n" in output
    few = [path for path in runs if path.name[-1] in "012" and path.name.startswith("lr-0.")]
    output = nnlab("compare", *few).stdout
    assert output.count("3 of 3 seeds won\n") == 2
    advice = "three seeds cannot show it: the smallest possible p is 0.25; nnlab sweep SPEC -s seed=0..6 can"
    assert output.count(advice) == 1


def test_rows_without_seeds_in_common_get_advice(nnlab, make_run: MakeRun, pictured: list[Path]) -> None:
    runs = [*eight_seeds(make_run, 0.1, 0.0), *eight_seeds(make_run, 0.2, 0.01, first_seed=8)]
    output = nnlab("compare", *runs).stdout
    assert "no seeds in common; train each with -s seed=0..5 (nnlab sweep) to compare them\n" in output
    assert "paired" not in output
    assert "seeds" not in nnlab("compare", runs[0], runs[-1]).stdout


def test_statistics_fit_a_narrow_terminal(
    nnlab, make_run: MakeRun, pictured: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    long = {"name": "=a" * 40, "model.hidden": [100] * 9}
    runs = eight_seeds(make_run, 0.1, 0.0)
    runs += [
        make_run(f"long-{seed}", {**long, "optimizer.lr": 0.2, "seed": seed}, accuracies=[0.5, 0.75])
        for seed in range(8)
    ]
    lines = nnlab("compare", *runs).stdout.splitlines()
    below = lines[next(index for index, line in enumerate(lines) if line.startswith("test accuracy of")) : -1]
    assert max(map(len, below)) <= 60
    assert not any(line.endswith((" ", "p", "p =")) for line in below)
    assert "8 seeds," in " ".join(below)


def test_only_the_closest_of_many_rows_are_listed(nnlab, make_run: MakeRun, pictured: list[Path]) -> None:
    runs = [
        make_run(f"{lr}-{seed}", {"optimizer.lr": lr, "seed": seed}, accuracies=[0.5, 0.5 + lr / 64])
        for lr in range(1, 14)
        for seed in range(2)
    ]
    output = nnlab("compare", *runs).stdout
    assert "  … and 2 more (nnlab compare --json has all)\n" in output
    assert output.count(" 2 of 2 seeds won") == 10
    assert len(json.loads(nnlab("compare", *runs, "--json").stdout)["statistics"]["against"]) == 12


def test_an_order_by_validation_is_named(nnlab, make_run: MakeRun, pictured: list[Path]) -> None:
    runs = [make_run("a", validation=True), make_run("b", SGD, validation=True)]
    assert nnlab("compare", *runs).stdout.splitlines()[-2] == "sorted by validation accuracy"
    assert "sorted by" not in nnlab("compare", *runs, "--sort", "test_accuracy").stdout


TRIALS = [(0.1, 0, 0.5, "completed"), (0.1, 1, 0.75, "completed"), (0.01, 0, 0.25, "running")]


def test_sweep_is_compared_by_its_finished_trials(nnlab, make_run: MakeRun, pictured: list[Path]) -> None:
    sweep = made_sweep(make_run, TRIALS)
    for names in (["last"], ["adam-sweep"], [sweep], [f"{sweep}/trial-00[12]"]):
        answer = nnlab("compare", *names)
        assert (answer.code, answer.stderr) == (0, "")
        _, _, row, order, *rest = answer.stdout.splitlines()
        assert row.split()[:3] == ["adam", "(2", "seeds)"]
        assert order == "sorted by validation accuracy"
        assert rest[:-1] == ([] if "[" in str(names[0]) else ["skipped: 1 unfinished trial"])


def test_conditions_and_tags_select_the_runs_to_compare(nnlab, make_run: MakeRun, pictured: list[Path]) -> None:
    make_run("a")
    make_run("b", SGD)
    nnlab("runs", "tag", "runs/b", "--add", "paper")
    for arguments in (["--where", "optimizer=sgd"], ["--tag", "paper"], ["--where", "lr>0.05", "--tag", "paper"]):
        answer = nnlab("compare", "runs/*", "--csv", "-", *arguments)
        assert [row["run"] for row in csv.DictReader(answer.stdout.splitlines())] == ["b"]
    answer = nnlab("compare", "runs/*")
    assert [line.split()[-1] for line in answer.stdout.splitlines()[:1]] == ["tags"]
    assert "paper" in answer.stdout
    documents = json.loads(nnlab("compare", "runs/*", "--json").stdout)["entries"]
    assert sorted(entry["runs"][0]["tags"] for entry in documents) == [[], ["paper"]]
    answer = nnlab("compare", "runs/*", "--where", "lr>5")
    assert (answer.code, answer.stdout, answer.stderr) == (5, "", "nnlab: no run meets all conditions\n")
