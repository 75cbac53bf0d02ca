"""Reading run folders: round trip, and every fault reported."""

import json
from collections.abc import Callable
from math import isnan
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnlab.errors import RunError
from nnlab.records.reader import read_run

MakeRun = Callable[..., Path]


def change_summary(run: Path, **changes: Any) -> None:
    path = run / "summary.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_run_folder_round_trip(make_run: MakeRun) -> None:
    record = read_run(make_run(changes={"name": "mine", "optimizer.lr": 0.5}))
    assert (record.name, record.status) == ("mine", "completed")
    assert record.spec["optimizer"]["lr"] == 0.5
    assert record.metrics["step"].tolist() == [0, 10, 20, 30, 40]
    assert record.metrics["train_accuracy"].tolist() == [0.125, 0.5, 0.75, 0.875, 0.9375]
    assert record.steps["step"].tolist() == list(range(1, 41))
    assert record.final is not None
    assert record.best is not None
    assert record.final["step"] == record.best["step"] == 40


def test_without_a_test_set_its_columns_are_nan(make_run: MakeRun) -> None:
    record = read_run(make_run(test=False))
    assert all(isnan(value) for value in record.metrics["test_accuracy"])
    assert record.final is not None
    assert record.final["test_accuracy"] is None


def test_validation_metrics_are_read(make_run: MakeRun) -> None:
    record = read_run(make_run(validation=True))
    assert record.metrics["validation_accuracy"].tolist() == [0.09375, 0.46875, 0.71875, 0.84375, 0.90625]
    assert all(isnan(value) for value in read_run(make_run("other")).metrics["validation_accuracy"])


def test_run_without_validation_columns_is_read(make_run: MakeRun) -> None:
    run = make_run()
    path = run / "metrics.csv"
    path.write_text("".join(",".join(line.split(",")[:8]) + "\n" for line in path.read_text().splitlines()))
    summary = json.loads((run / "summary.json").read_text())
    for key in ("final", "best"):
        del summary[key]["validation_loss"], summary[key]["validation_accuracy"]
    change_summary(run, **summary)
    record = read_run(run)
    assert all(isnan(value) for value in record.metrics["validation_loss"])
    assert record.metrics["objective"][-1] == 2.5 * 0.0625


def test_cross_validation_is_not_a_run_but_its_folds_are(make_run: MakeRun) -> None:
    run = make_run("parent/fold-1")
    for name in ("spec.yaml", "summary.json"):
        (run.parent / name).write_text((run / name).read_text())
    with pytest.raises(
        RunError,
        match=r"parent: a cross-validation; its folds are runs, so name one of them .*takes them all: .*parent/\*",
    ):
        read_run(run.parent)
    assert read_run(run).status == "completed"


def test_killed_run_is_read_up_to_its_last_complete_line(make_run: MakeRun) -> None:
    run = make_run(accuracies=[0.125, 0.75, 0.5], status="running")
    for name in ("steps.csv", "metrics.csv"):
        path = run / name
        path.write_bytes(path.read_bytes()[:-3])
    record = read_run(run)
    assert record.metrics["step"].tolist() == [0, 10]
    assert len(record.steps["step"]) == 19
    assert record.final is not None
    assert record.best is not None
    assert record.final["train_accuracy"] == record.best["train_accuracy"] == 0.75


def test_new_run_has_no_metrics(make_run: MakeRun) -> None:
    run = make_run(accuracies=[], status="running")
    (run / "metrics.csv").write_text("")
    (run / "steps.csv").write_text("")
    summary = json.loads((run / "summary.json").read_text())
    del summary["final"], summary["best"]
    (run / "summary.json").write_text(json.dumps(summary))
    record = read_run(run)
    assert record.final is record.best is None
    assert len(record.steps["step"]) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"summary\.json:1: not JSON"),
        ('{"status":\n "comp', r"summary\.json:2: not JSON: Unterminated string"),
        ("[1]", r"summary\.json: must be an object, got \[1\]"),
        ("[" * 100_000, r"summary\.json: not JSON"),
        ("{}", r"summary\.json: status: must be one of running, completed, .*, got null"),
        ('{"status": "done"}', r"summary\.json: status: must be one of .*, got 'done'"),
        ('{"status": ["completed"]}', r"summary\.json: status: must be one of"),
        ('{"status": "completed"}', r"summary\.json: lacks steps, parameters, train_seconds, spec_sha256, final, best"),
        (" " * 2**20 + "{}", r"summary\.json: 1\.0 MiB is more than the 1\.0 MiB"),
    ],
)
def test_a_damaged_summary_is_reported(make_run: MakeRun, text: str, message: str) -> None:
    run = make_run()
    (run / "summary.json").write_text(text)
    with pytest.raises(RunError, match=message):
        read_run(run)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": "40"}, "steps: must be a whole number from 0 to 1000000000, got '40'"),
        ({"steps": True}, "steps: must be a whole number from 0 to 1000000000, got true"),
        ({"parameters": -1}, "parameters: must be at least 0, got -1"),
        ({"steps": 10**400}, "steps: must be a whole number"),
        ({"train_seconds": None}, "train_seconds: must be a number from 0 to 1e\\+10, got null"),
        ({"spec_sha256": 0}, "spec_sha256: must be text, got 0"),
        ({"final": 3}, "final: must be an object or null, got 3"),
        ({"best": {"step": 1}}, "best: lacks epoch, lr"),
        ({"train_seconds": 1e308}, "train_seconds: must be at most 1e\\+10, got 1e"),
    ],
)
def test_a_summary_of_wrong_types_is_reported(make_run: MakeRun, changes: dict[str, Any], message: str) -> None:
    run = make_run()
    change_summary(run, **changes)
    with pytest.raises(RunError, match=rf"summary\.json: {message}"):
        read_run(run)


def test_text_among_the_final_metrics_is_reported(make_run: MakeRun) -> None:
    run = make_run()
    final = json.loads((run / "summary.json").read_text())["final"]
    change_summary(run, final=final | {"test_loss": "low"})
    with pytest.raises(RunError, match=r"final\.test_loss: must be a number or null, got 'low'"):
        read_run(run)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: a\nname: b\n", r"spec\.yaml:2:1: name: duplicate key"),
        ("a: [1\n", r"spec\.yaml:2:1: not valid YAML"),
        ("just words\n", r"spec\.yaml:1: must be a mapping, got 'just words'"),
        ("seed: 0\n", r"spec\.yaml: name: must be text, got null"),
        ("name: a\nseed: first\n", r"spec\.yaml: seed: must be a whole number, got 'first'"),
        ("a: &x 1\nb: *x\n", r"spec\.yaml:1:4: a: anchors .* \(and 1 more\)"),
        (b"name: \xff\n", r"spec\.yaml:1(:7)?: not UTF-8 text"),
    ],
)
def test_a_damaged_spec_is_reported_with_its_line(make_run: MakeRun, text: str | bytes, message: str) -> None:
    run = make_run()
    (run / "spec.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RunError, match=message):
        read_run(run)


@pytest.mark.parametrize("name", ["spec.yaml", "summary.json", "metrics.csv"])
def test_missing_file_is_reported(make_run: MakeRun, name: str) -> None:
    run = make_run()
    (run / name).unlink()
    with pytest.raises(RunError, match=f"{name}: missing"):
        read_run(run)


def test_steps_are_read_lazily(make_run: MakeRun) -> None:
    run = make_run()
    (run / "steps.csv").unlink()
    record = read_run(run)
    with pytest.raises(RunError, match=r"steps\.csv: missing"):
        _ = record.steps


@pytest.mark.parametrize("name", ["metrics.csv", "steps.csv"])
def test_missing_last_lines_of_a_completed_run_are_reported(make_run: MakeRun, name: str) -> None:
    run = make_run()
    lines = (run / name).read_text().splitlines(keepends=True)
    (run / name).write_text("".join(lines[:-1]))
    with pytest.raises(RunError, match=rf"{name}: .* summary\.json says that 40"):
        _ = read_run(run).steps


def test_paths_that_are_not_run_folders_are_reported(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run()
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    for path, message in [
        (tmp_path / "nothing", "nothing: no such run folder"),
        (tmp_path / "runs*", r"runs\*: nothing matches this pattern"),
        (tmp_path / "file", "file: a file, not a run folder"),
        (tmp_path / "empty", r"empty: not a run folder: it has neither spec\.yaml nor summary\.json$"),
        (run.parent, r"runs: not a run folder: .* name one of them .*runs/\*"),
        (tmp_path / ("x" * 3000), "cannot be read|no such run folder"),
        (tmp_path / "nul\0byte", r"nul\\x00byte: "),
    ]:
        with pytest.raises(RunError, match=message) as caught:
            read_run(path)
        assert "\0" not in str(caught.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    name=st.sampled_from(["spec.yaml", "summary.json", "metrics.csv", "steps.csv"]),
    where=st.floats(0, 1),
    patch=st.binary(min_size=1, max_size=4),
)
def test_damaged_bytes_are_a_run_error_or_without_effect(
    tmp_path_factory: pytest.TempPathFactory, make_run: MakeRun, name: str, where: float, patch: bytes
) -> None:
    run = make_run(tmp_path_factory.mktemp("damaged").name)
    contents = (run / name).read_bytes()
    at = int(where * len(contents))
    (run / name).write_bytes(contents[:at] + patch + contents[at + len(patch) :])
    fault = ""
    try:
        _ = read_run(run).steps
    except RunError as error:
        fault = str(error)
    assert not fault or name in fault or "summary.json" in fault


def test_edited_spec_is_reported_as_damage(make_run: MakeRun) -> None:
    folder = make_run()
    spec = folder / "spec.yaml"
    spec.write_text(spec.read_text(encoding="utf-8").replace("lr: 0.01", "lr: 0.02"), encoding="utf-8")
    with pytest.raises(RunError, match=r"spec\.yaml: is not the spec of this run"):
        read_run(folder)


@pytest.mark.parametrize("key", ["final", "best"])
def test_summary_that_contradicts_the_metrics_is_damaged(make_run: MakeRun, key: str) -> None:
    folder = make_run()
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    summary[key]["test_accuracy"] = 0.0625
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    with pytest.raises(RunError, match=rf"summary\.json: {key}: is not a row of metrics\.csv"):
        read_run(folder)


@pytest.mark.parametrize("depth", [40, 600, 100_000])
def test_a_summary_nested_too_deep_is_damaged(make_run: MakeRun, depth: int) -> None:
    run = make_run()
    (run / "summary.json").write_text("[" * depth + "]" * depth, encoding="utf-8")
    with pytest.raises(RunError, match=r"summary\.json: not JSON: nested too deep"):
        read_run(run)


def test_a_table_of_many_columns_is_not_read(make_run: MakeRun) -> None:
    run, columns = make_run(), 200
    path = run / "metrics.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    more = "".join(f",more{index}" for index in range(columns))
    path.write_text(
        "\n".join([lines[0] + more, *(line + "," * columns for line in lines[1:])]) + "\n", encoding="utf-8"
    )
    with pytest.raises(RunError, match="has 210 columns, but such a file has at most 100"):
        read_run(run)


def test_step_beyond_the_maximum_is_damage(make_run: MakeRun) -> None:
    run = make_run()
    path = run / "metrics.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[-1] = "1e308," + lines[-1].partition(",")[2]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(RunError, match="step: must be a whole number"):
        read_run(run)


@pytest.mark.parametrize("accuracy", ["1e308", "-0.5", "1.01"])
def test_accuracy_outside_0_to_1_is_damage(make_run: MakeRun, accuracy: str) -> None:
    run = make_run()
    path = run / "metrics.csv"
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    cells = lines[-1].split(",")
    cells[header.split(",").index("test_accuracy")] = accuracy
    path.write_text("\n".join([header, *lines[:-1], ",".join(cells)]) + "\n", encoding="utf-8")
    with pytest.raises(RunError, match=rf"metrics\.csv:{len(lines) + 1}: test_accuracy: must be from 0 to 1, got"):
        read_run(run)
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    final = json.loads((run / "summary.json").read_text(encoding="utf-8"))["final"]
    change_summary(run, final=final | {"test_accuracy": float(accuracy)})
    with pytest.raises(RunError, match=r"summary\.json: final\.test_accuracy: must be from 0 to 1"):
        read_run(run)
