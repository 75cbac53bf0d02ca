"""``nnlab predict`` as a user calls it."""

import csv
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_sweeps import made_sweep
from PIL import Image
from trainings import make_experiment

from nnlab.train.run import RunResult, run

LOANS = (
    "data: {name: table, path: loans.csv}\nmodel: {name: mlp, hidden: [8]}\n"
    "optimizer: {name: adam, lr: 0.05}\ntrain: {epochs: 10, batch_size: 16}\n"
)
DIGITS = (
    "data: {name: mnist, train_size: 500, test_size: 20}\nmodel: softmax\n"
    "optimizer: {name: adam, lr: 0.01}\ntrain: {epochs: 5, batch_size: 50, eval_every: epoch}\n"
)
SCORES = "loss: mean_squared_error\n"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], RunResult]:
    """Train a spec once in this module, without pictures."""
    folder = tmp_path_factory.mktemp("trained")
    random = np.random.default_rng(0)
    lines = ["income,rate,y"]
    for index in range(60):
        income, rate = ((1300, 0.3), (1000, 0.5))[index % 2]
        noise = random.standard_normal(2)
        lines.append(f"{income + 30 * noise[0]:.1f},{rate + 0.03 * noise[1]:.3f},{('good', 'bad')[index % 2]}")
    (folder / "loans.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found: dict[str, RunResult] = {}

    def call(spec: str, name: str) -> RunResult:
        if name not in found:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("nnlab.train.pictures.plot_run", lambda *arguments: None)
                patch.setattr("nnlab.train.pictures.draw_all", lambda *arguments: [])
                found[name] = run(make_experiment(folder, spec, name=name), folder / "runs")
        return found[name]

    return call


@pytest.fixture
def loans(trained: Callable[[str, str], RunResult]) -> Path:
    return trained(LOANS, "loans").path


@pytest.fixture
def digits(trained: Callable[[str, str], RunResult]) -> Path:
    return trained(DIGITS, "digits").path


@pytest.fixture
def new(tmp_path: Path) -> Path:
    file = tmp_path / "new.csv"
    file.write_text("id,rate,income\n=1,0.3,1310\n2,0.52,990\n", encoding="utf-8")
    return file


def test_the_table_shows_each_sample_with_its_most_probable_classes(nnlab, loans: Path, new: Path) -> None:
    answer = nnlab("predict", loans, new.name)
    assert answer.code == 0
    heading, first, second = answer.stdout.splitlines()
    assert heading.split() == ["sample", "prediction", "probability", "next", "classes"]
    assert first.split()[:2] == ["new.csv#1", "good"]
    assert second.split()[:2] == ["new.csv#2", "bad"]
    assert "left out: id" in answer.stderr
    assert not Path("predictions").exists()


def test_csv_has_the_columns_of_the_contract(nnlab, loans: Path, new: Path) -> None:
    answer = nnlab("predict", loans, new, "--csv", "-")
    rows = list(csv.DictReader(io.StringIO(answer.stdout)))
    assert list(rows[0]) == ["sample", "prediction", "probability", "p_bad", "p_good"]
    assert [row["prediction"] for row in rows] == ["good", "bad"]
    for row in rows:
        assert row["probability"] == row[f"p_{row['prediction']}"]
        assert float(row["p_bad"]) + float(row["p_good"]) == pytest.approx(1, abs=1e-12)
    assert nnlab("predict", loans, new, "--csv", "out.csv").code == 0
    assert Path("out.csv").read_text(encoding="utf-8") == answer.stdout
    refused = nnlab("predict", loans, new, "--csv", "out.csv")
    assert refused.code == 2
    assert "out.csv: already exists; use --overwrite" in refused.stderr


def test_json_is_all_that_is_on_stdout(nnlab, loans: Path, new: Path) -> None:
    answer = nnlab("predict", loans, new, "--json", "--top", "1")
    document = json.loads(answer.stdout)
    assert document["classes"] == ["bad", "good"]
    assert document["picture"] is None
    first = document["predictions"][0]
    assert (first["sample"], first["prediction"]) == ("new.csv#1", "good")
    assert first["top"] == [{"class": "good", "probability": first["probability"]}]
    assert document["notes"] == ["new.csv: left out: id", document["notes"][1]]


def test_json_and_csv_cannot_share_stdout(nnlab, loans: Path, new: Path) -> None:
    assert nnlab("predict", loans, new, "--json", "--csv", "-").code == 2


def test_a_network_of_another_loss_gives_scores_and_says_so(nnlab, trained, new: Path) -> None:
    path = trained(LOANS + SCORES, "scores").path
    answer = nnlab("predict", path, new)
    assert "scores, not probabilities" in answer.stderr
    assert answer.stdout.splitlines()[0].split()[2] == "score"
    assert "score" in json.loads(nnlab("predict", path, new, "--json").stdout)["predictions"][0]


def test_a_csv_is_read_from_stdin(nnlab, loans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"income,rate\n1310,0.3\n")))
    answer = nnlab("predict", loans, "-")
    assert answer.stdout.splitlines()[1].split()[:2] == ["stdin#1", "good"]


def test_the_range_of_stdin_is_checked_unless_asked_otherwise(nnlab, loans: Path, monkeypatch) -> None:
    def stdin() -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"income,rate\n1310000,0.3\n")))

    stdin()
    refused = nnlab("predict", loans, "-")
    assert refused.code == 2
    assert refused.stderr.startswith("nnlab: stdin: income is about 1.31e+06")
    stdin()
    assert nnlab("predict", loans, "-", "--no-check-range").code == 0


@pytest.mark.parametrize(("rows", "more"), [(51, "... and 1 sample more; "), (52, "... and 2 samples more; ")])
def test_a_long_table_ends_with_the_number_of_other_samples(nnlab, loans: Path, rows: int, more: str) -> None:
    Path("new.csv").write_text("income,rate\n" + "1310,0.3\n" * rows, encoding="utf-8")
    *table, last = nnlab("predict", loans, "new.csv").stdout.splitlines()
    assert len(table) == 51
    assert last == f"{more}--csv FILE writes all. Predicted classes: good {rows}"


def test_a_column_that_is_missing_is_named(nnlab, loans: Path) -> None:
    Path("new.csv").write_text("incomes,rate\n1,2\n", encoding="utf-8")
    answer = nnlab("predict", loans, "new.csv")
    assert answer.code == 4
    assert "missing 'income'; is 'income' called 'incomes' here?" in answer.stderr


def test_values_far_outside_the_training_range_are_refused_unless_allowed(nnlab, loans: Path) -> None:
    Path("new.csv").write_text("income,rate\n1310000,0.3\n", encoding="utf-8")
    answer = nnlab("predict", loans, "new.csv")
    assert answer.code == 2
    assert "new.csv: income is about 1.31e+06 (in training" in answer.stderr
    assert "--no-check-range" in answer.stderr
    assert nnlab("predict", loans, "new.csv", "--no-check-range").code == 0


def test_arrays_pictures_and_tables_in_one_command(nnlab, digits: Path) -> None:
    seven = np.full((100, 80), 255, np.uint8)
    seven[20:30, 20:60] = seven[30:80, 50:60] = 0
    Image.fromarray(seven).save("seven.png")
    np.save("two.npy", np.zeros((2, 28, 28), np.uint8))
    Path("three.csv").write_text("\n".join([",".join(["0", "255"] * 392)] * 3), encoding="utf-8")
    answer = nnlab("predict", digits, "two.npy", "seven.png", "three.csv", "--json")
    document = json.loads(answer.stdout)
    names = [row["sample"] for row in document["predictions"]]
    assert names == ["two.npy#1", "two.npy#2", "seven.png", "three.csv#1", "three.csv#2", "three.csv#3"]
    assert document["notes"] == ["seven.png: inverted; digit cut out and centred in 28x28"]
    assert Path(document["picture"]).read_bytes()[:4] == b"\x89PNG"
    assert Path(document["picture"]).parent.parent == Path("predictions")


def test_a_pattern_and_a_folder_of_pictures(nnlab, digits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[object] = []

    def note(name: str, seen: list[object], total: int, folder: Path, *, probability: bool) -> Path:
        drawn.append((name, len(seen), total, probability))
        return folder / "predictions.png"

    monkeypatch.setattr("nnlab.plots.predictions.plot_predictions", note)
    Path("own").mkdir()
    for index in range(2):
        Image.new("L", (28, 28), 10).save(f"own/{index}.png")
    answer = nnlab("predict", digits, "own/*.png", "own", "--fit", "none", "--out", "seen")
    assert [line.split()[0] for line in answer.stdout.splitlines()[1:]] == [
        *["own/0.png", "own/1.png", "own/0.png", "own/1.png"],
        "seen/predictions.png",
    ]
    assert drawn == [("digits", 4, 4, True)]


def test_no_plots_draws_nothing(nnlab, digits: Path) -> None:
    Image.new("L", (28, 28), 10).save("a.png")
    answer = nnlab("predict", digits, "a.png", "--fit", "none", "--no-plots")
    assert answer.code == 0
    assert len(answer.stdout.splitlines()) == 2
    assert not Path("predictions").exists()


def test_existing_pictures_are_kept(nnlab, digits: Path) -> None:
    Image.new("L", (28, 28), 10).save("a.png")
    Path("predictions.png").write_text("mine")
    answer = nnlab("predict", digits, "a.png", "--fit", "none", "--out", ".")
    assert answer.code == 2
    assert "predictions.png: already exists; use --overwrite" in answer.stderr
    assert Path("predictions.png").read_text() == "mine"
    Path("predictions").mkdir()
    Path("predictions/predictions.png").write_text("mine")
    answer = nnlab("predict", digits, "a.png", "--fit", "none")  # draws into a new folder of its own
    assert answer.code == 0, answer.stderr
    assert Path("predictions/predictions.png").read_text() == "mine"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_are_not_unicode_are_escaped(nnlab, digits: Path) -> None:
    Image.new("L", (28, 28), 10).save(os.fsdecode(b"\xff.png"), "PNG")
    answer = nnlab("predict", digits, os.fsdecode(b"\xff.png"), "--fit", "none", "--no-plots", "--csv", "out.csv")
    assert answer.code == 0, answer.stderr
    assert Path("out.csv").read_text(encoding="utf-8").splitlines()[1].startswith(r"\udcff.png,")


def test_a_missing_font_ends_only_the_prediction_of_pictures(
    nnlab, digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnlab.plots.fonts.has_japanese_font", lambda: False)
    Image.new("L", (28, 28), 10).save("a.png")
    arguments = ("predict", digits, "a.png", "--fit", "none", "--lang", "ja")
    answer = nnlab(*arguments)
    assert (answer.code, answer.stdout) == (2, "")
    assert answer.stderr.startswith("nnlab: no Japanese font was found")
    assert not Path("predictions").exists()
    assert nnlab(*arguments, "--no-plots").code == 0


def test_folders_of_several_runs_name_one_of_them(nnlab, make_run) -> None:
    sweep = Path("runs") / made_sweep(make_run, [(lr, 0, lr, "completed") for lr in (0.1, 0.2)]).name
    answer = nnlab("predict", sweep, "a.png")
    assert (answer.code, answer.stdout) == (5, "")
    assert answer.stderr == f"nnlab: {sweep}: a sweep; predict with its best trial: nnlab predict {sweep}/trial-002\n"


def test_a_run_that_does_not_exist_is_named(nnlab) -> None:
    answer = nnlab("predict", "nosuch", "a.png")
    assert (answer.code, answer.stdout, answer.stderr) == (5, "", "nnlab: nosuch: no such run folder\n")


@pytest.mark.parametrize(
    ("file", "contents", "code", "message"),
    [
        ("none.png", None, 4, "none.png: no such file"),
        ("bad.png", b"\x89PNG\r\n\x1a\nrubbish", 4, "bad.png: a damaged picture"),
        ("empty.csv", b"", 4, "empty.csv: expected samples, found an empty file"),
        ("bad.npy", b"\x93NUMPY\x01\x00", 4, "bad.npy: damaged"),
        ("doc.pdf", b"%PDF-1.4", 4, "doc.pdf: expected a CSV or .npz file, found a PDF"),
    ],
)
def test_unreadable_files_are_one_clear_error(
    nnlab, digits: Path, file: str, contents: bytes | None, code: int, message: str
) -> None:
    if contents is not None:
        Path(file).write_bytes(contents)
    answer = nnlab("predict", digits, file)
    assert answer.code == code
    assert message in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
    assert answer.stdout == ""
