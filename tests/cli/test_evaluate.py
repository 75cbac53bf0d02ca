"""``nnlab evaluate`` as a user calls it."""

import json
import math
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from made_metrics import registered
from made_sweeps import made_sweep

pytestmark = pytest.mark.usefixtures("no_pictures")

OLD = Path(__file__).parents[1] / "records" / "files" / "written_by_0_1_0" / "20261128-052017-old-5a2d6f"


def recorded(run: Path, part: str, step: int | None = None) -> dict[str, float]:
    """The row of metrics.csv of this step, else the last one."""
    header, *lines = (run / "metrics.csv").read_text(encoding="utf-8").splitlines()
    rows = [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]
    row = rows[-1] if step is None else next(row for row in rows if int(row["step"]) == step)
    return {name: float(row[f"{part}_{name}"]) for name in ("loss", "accuracy")}


def newest() -> Path:
    return max(Path("runs").iterdir())


def test_json_has_everything_and_the_recorded_numbers(nnlab, spec: Path) -> None:
    assert nnlab("train", spec).code == 0
    answer = nnlab("evaluate", "last", "--json")
    assert (answer.code, answer.stderr) == (0, "")
    found = json.loads(answer.stdout)
    assert recorded(newest(), "test").items() <= found["metrics"].items()
    assert (found["run"], found["name"], found["step"], found["data"]) == (str(newest()), "moons", 4, None)
    assert (found["part"], found["samples"], found["classes"]) == ("test", 20, ["0", "1"])
    confusion = np.array(found["confusion"])
    assert confusion.sum() == 20
    assert confusion.trace() / 20 == found["metrics"]["accuracy"]
    share = found["metrics"]["accuracy"]
    assert found["standard_errors"]["accuracy"] == pytest.approx(math.sqrt(share * (1 - share) / 20))
    assert [entry["support"] for entry in found["per_class"]] == confusion.sum(axis=1).tolist()
    assert set(found["macro"]) == set(found["weighted"]) == {"precision", "recall", "f1"}


def test_the_table_has_metrics_with_errors_the_confusion_matrix_and_classes(nnlab, spec: Path) -> None:
    assert nnlab("train", spec).code == 0
    plain, by_class = nnlab("evaluate", "last"), nnlab("evaluate", "last", "--per-class", "--part", "train")
    assert plain.code == by_class.code == 0
    first, accuracy, loss, balanced, macro, explanation, *_ = plain.stdout.splitlines()
    assert first == "moons, weights of step 4: 20 test samples"
    measured = recorded(newest(), "test")
    assert accuracy.split()[:2] == ["accuracy", f"{measured['accuracy']:.4f}"]
    assert loss.split()[:3] == ["loss", f"{measured['loss']:.4f}", "±"]
    assert balanced.split()[:2] == ["balanced", "accuracy"]
    assert macro.split()[:3] == ["macro", "average", "precision"]
    assert explanation == "  ±: standard error from 20 test samples"
    assert "confusion matrix (rows: true class, columns: predicted class)" in plain.stdout
    assert "weighted average" not in plain.stdout
    assert by_class.stdout.startswith("moons, weights of step 4: 40 train samples\n")
    (last,) = (line for line in by_class.stdout.splitlines() if line.startswith("weighted average"))
    assert last.split()[-1] == "40"


@pytest.mark.slow
def test_restored_weights_have_the_numbers_of_their_step(nnlab, spec: Path) -> None:
    stopping = "train.early_stopping={patience: 2, metric: validation_loss}"
    overrides = ["data.validation=0.3", stopping, "optimizer.lr=9", "train.iterations=40", "train.eval_every=1"]
    assert nnlab("train", spec, *(word for override in overrides for word in ("-s", override))).code == 0
    summary = json.loads((newest() / "summary.json").read_text(encoding="utf-8"))
    step = summary["final"]["step"]
    assert step < summary["steps"]
    for part in ("test", "validation", "train"):
        found = json.loads(nnlab("evaluate", "last", "--json", "--part", part).stdout)
        assert found["step"] == step
        assert recorded(newest(), part, step).items() <= found["metrics"].items()


def test_every_registered_metric_is_measured(nnlab, spec: Path) -> None:
    assert nnlab("train", spec, "-s", "data={name: spiral, points: 10, test_points: 10}").code == 0
    with registered():
        found = json.loads(nnlab("evaluate", "last", "--json").stdout)
        assert found["metrics"]["top_2"] >= found["metrics"]["accuracy"]
        assert found["standard_errors"]["top_2"] is None
        assert "  top-2 accuracy  " in nnlab("evaluate", "last").stdout


def test_long_names_are_numbered_and_many_classes_are_listed_as_pairs(
    nnlab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "62")
    for classes in (6, 30):
        rows = [f"{k % classes + k / 900},{k % 7},a rather long class {k % classes:02}" for k in range(300)]
        (tmp_path / "long.csv").write_text("\n".join(["a,b,kind", *rows]) + "\n", encoding="utf-8")
        (tmp_path / "long.yaml").write_text(
            "data: {name: table, path: long.csv}\nmodel: softmax\noptimizer: {name: adam, lr: 0.1}\n"
            "train: {iterations: 20}\n",
            encoding="utf-8",
        )
        assert nnlab("train", "long.yaml").code == 0
        answer = nnlab("evaluate", "last")
        assert answer.code == 0
        tables = answer.stdout.split("\n\n", 1)[1].split("\nnever")[0]
        assert all(len(line) <= 62 for line in tables.splitlines())
        if classes == 6:
            assert "0 a rather long class" in answer.stdout
        else:
            assert "most confused classes, 10 of " in answer.stdout
            assert "true class " in answer.stdout
            assert "never predicted, so precision counts as 0: a rather" in answer.stdout


def test_other_data_is_named_and_its_notes_are_messages(nnlab, spec: Path) -> None:
    assert nnlab("train", spec).code == 0
    Path("more.csv").write_text("x,y,label\n0.1,0.2,1\n0.4,-0.1,0\n", encoding="utf-8")
    answer = nnlab("evaluate", "last", "--data", "more.csv", "--json")
    assert answer.code == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert (found["data"], found["part"], found["samples"]) == ("more.csv", "samples", 2)
    assert answer.stderr == "nnlab: more.csv: labels: column 'label'\n"
    answer = nnlab("evaluate", "last", "--data", "more.csv", "--label", "y")
    assert (answer.code, answer.stdout) == (4, "")
    assert nnlab("evaluate", "last", "--data", "spiral_relu").stdout == ""


def test_out_draws_the_confusion_matrix(nnlab, spec: Path) -> None:
    assert nnlab("train", spec).code == 0
    answer = nnlab("evaluate", "last", "--out", "pictures")
    assert answer.code == 0
    assert answer.stdout.splitlines()[-1] == str(Path("pictures") / "confusion.png")
    assert Path("pictures/confusion.png").read_bytes().startswith(b"\x89PNG")
    answer = nnlab("evaluate", "last", "--out", "pictures")
    assert (answer.code, answer.stdout) == (2, "")
    assert "confusion.png: already exists; use --overwrite to replace it" in answer.stderr
    answer = nnlab("evaluate", "last", "--out", "pictures", "--overwrite", "--json")
    assert json.loads(answer.stdout)["samples"] == 20
    assert answer.stderr == f"{Path('pictures') / 'confusion.png'}\n"
    Path("file").write_text("", encoding="utf-8")
    answer = nnlab("evaluate", "last", "--out", "file")
    assert (answer.code, answer.stdout) == (5, "")


def test_results_are_in_japanese(nnlab, spec: Path) -> None:
    assert nnlab("train", spec).code == 0
    lines = nnlab("evaluate", "last", "--lang", "ja", "--per-class").stdout.splitlines()
    assert lines[0] == "moons、ステップ 4 の重み：テストデータ 20 件"
    assert [line.split()[0] for line in lines[1:5]] == ["正解率", "損失", "バランス正解率", "マクロ平均"]
    assert not re.findall(r"[A-EG-Za-z]", "".join(lines[1:]))


def test_a_run_of_an_earlier_version_is_evaluated(nnlab, tmp_path: Path) -> None:
    run = Path(shutil.copytree(OLD, tmp_path / OLD.name))
    answer = nnlab("evaluate", run, "--json")
    assert (answer.code, answer.stderr) == (0, "")
    found = json.loads(answer.stdout)
    expected = recorded(run, "validation")
    assert {name: found["metrics"][name] for name in expected} == pytest.approx(expected, rel=1e-12)


def test_folders_of_several_runs_name_one_of_them(nnlab, make_run) -> None:
    trials = [(lr, 0, accuracy, "completed") for lr, accuracy in ((0.1, 0.5), (0.2, 0.75))]
    sweep = Path("runs") / made_sweep(make_run, trials).name
    answer = nnlab("evaluate", sweep)
    assert (answer.code, answer.stdout) == (5, "")
    assert answer.stderr == f"nnlab: {sweep}: a sweep; evaluate its best trial: nnlab evaluate {sweep}/trial-002\n"
    crossval = Path("runs/20250106-130000-adam-crossval-aa00bb")
    (crossval / "fold-1").mkdir(parents=True)
    answer = nnlab("evaluate", crossval)
    assert (answer.code, answer.stdout) == (5, "")
    assert f"a cross-validation; evaluate one of its folds, such as nnlab evaluate {crossval}/fold-1" in answer.stderr


def test_a_diverged_run_is_evaluated_with_the_weights_it_kept(nnlab, spec: Path) -> None:
    assert (
        nnlab("train", spec, "-s", "optimizer.lr=1e6", "-s", "penalty.l2=1e6", "-s", "train.iterations=500").code == 3
    )
    answer = nnlab("evaluate", "last")
    assert answer.code == 0
    assert answer.stdout.startswith("moons (diverged), weights of step ")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nothing"], 5, "nothing: no such run folder"),
        (["last", "--part", "validation"], 2, "the data has no validation samples; it has test and train samples"),
        (["last", "--part", "all"], 2, "'all' is not one of"),
        (["last", "--data", "nothing.csv"], 4, "nothing.csv: no such file"),
        (["last", "--data", "spec.yml"], 2, "spec.yml"),
        (["last", "--label", "y"], 2, "--label 'y' is for a file of samples given with --data"),
        (["last", "--data", "moons.yaml", "--label", "y"], 2, "--label 'y' is for a file of samples given with --data"),
        (["last", "--data", "."], 2, "the network takes 2 features a sample, not pictures"),
    ],
)
def test_bad_arguments_end_in_one_message(nnlab, spec: Path, arguments: list[str], code: int, message: str) -> None:
    assert nnlab("train", spec).code == 0
    answer = nnlab("evaluate", *arguments)
    assert (answer.code, answer.stdout) == (code, ""), answer.stderr
    assert message in answer.stderr
