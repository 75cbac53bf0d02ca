"""Resolution of data paths, also after the data or the run has moved."""

import copy
import json
import pickle
import unicodedata
from hashlib import sha256
from pathlib import Path

import pytest

from nnlab.config.data_paths import DataPaths, FoundPath, existing_spelling
from nnlab.config.experiment import Experiment
from nnlab.config.loading import load_experiment
from nnlab.config.recorded_data import RecordedData, data_locations
from nnlab.data.sources.table import Table
from nnlab.errors import SpecError, UsageError

SPEC = "data: {{name: table, path: {}}}\nmodel: softmax\noptimizer: {{name: sgd, lr: 0.1}}\ntrain: {{iterations: 1}}\n"
COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "Zürich/がくしゅう.csv") for form in ("NFC", "NFD"))


def load(folder: Path, path: str, data: Path | None = None) -> Experiment:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spec.yaml").write_text(SPEC.format(path), encoding="utf-8")
    return load_experiment(folder / "spec.yaml", data=data)


def file(path: Path, text: str = "a") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def recorded(run: Path, data: Path, text: str = "a") -> None:
    """Write what a run in a folder records about its data."""
    environment = {
        "data_sha256": {"t.csv": sha256(text.encode()).hexdigest()},
        "data_places": data_locations(Table(path=str(data)), run),
    }
    file(run / "environment.json", json.dumps(environment))


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda path: pickle.loads(pickle.dumps(path))])
def test_found_path_keeps_path_as_written(duplicate) -> None:
    found = duplicate(FoundPath("/a/b.csv", "b.csv"))
    assert found == "/a/b.csv"
    assert Path(found).name == "b.csv"
    assert found.written == "b.csv"


def test_resolved_spec_keeps_path_as_written(tmp_path: Path) -> None:
    data = file(tmp_path / "specs" / "t.csv")
    experiment = load(tmp_path / "specs", "t.csv")
    assert experiment.data.files() == [data]
    assert "path: t.csv" in experiment.to_yaml()
    assert str(tmp_path) not in experiment.to_yaml()
    assert load(tmp_path / "specs", str(data)).resolved()["data"]["path"] == str(data)
    assert load(tmp_path / "other", "t.csv").sha256() == experiment.sha256()


@pytest.mark.parametrize(("stored", "asked"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED), (COMPOSED, COMPOSED)])
def test_data_path_in_either_unicode_form(tmp_path: Path, stored: str, asked: str) -> None:
    data = file(tmp_path / stored)
    (found,) = load(tmp_path, f'"{asked}"').data.files()
    assert found.samefile(data)
    mixed = unicodedata.normalize("NFC", asked).split("/")[0] + "/" + unicodedata.normalize("NFD", asked).split("/")[1]
    assert existing_spelling(tmp_path / mixed).samefile(data)
    assert existing_spelling(tmp_path / "Zürich" / "other.csv") is None


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "https://example.org/t.csv",
            "must be a local file, got the URL 'https://example.org/t.csv'",
        ),
        ("s3://bucket/t.csv", "must be a local file, got the URL"),
        (
            r'"C:\new\table.csv"',
            r"in double quotes YAML reads \n as one: put the path in single quotes",
        ),
        (r'"C:\temp\bells.csv"', r"in double quotes YAML reads \t as one"),
        (r'"C:\data\t.csv"', r"in double quotes \ starts an escape; put a path in single quotes, or write / for"),
    ],
)
def test_unusable_data_path_is_rejected_with_advice(tmp_path: Path, written: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        load(tmp_path, written)
    assert message in str(caught.value)


def test_data_path_with_control_character(tmp_path: Path) -> None:
    data = file(tmp_path / "a\tb.csv")
    assert load(tmp_path, '"a\\tb.csv"').data.files() == [data]


def test_run_spec_finds_data_from_any_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, run = file(tmp_path / "project" / "t.csv"), tmp_path / "project" / "runs" / "one"
    recorded(run, data)
    monkeypatch.chdir(tmp_path)
    assert load(run, "t.csv").data.files() == [data]
    (tmp_path / "project").rename(tmp_path / "moved")
    (found,) = load(tmp_path / "moved" / "runs" / "one", "t.csv").data.files()
    assert found == tmp_path / "moved" / "t.csv"


def test_moved_run_finds_data_at_absolute_path(tmp_path: Path) -> None:
    data, run = file(tmp_path / "project" / "t.csv"), tmp_path / "project" / "runs" / "one"
    recorded(run, data)
    run.rename(tmp_path / "one")
    assert load(tmp_path / "one", "t.csv").data.files() == [data]


def test_data_with_recorded_checksum_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, other, changed = tmp_path / "runs" / "one", file(tmp_path / "here" / "t.csv"), file(tmp_path / "t.csv", "b")
    recorded(run, changed, "a")
    monkeypatch.chdir(other.parent)
    assert load(run, "t.csv").data.files() == [other]
    other.write_text("c")
    assert load(run, "t.csv").data.files() == [changed]  # neither is; the place that was recorded


def test_missing_absolute_path_is_replaced_by_same_checksum_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, here = tmp_path / "runs" / "one", file(tmp_path / "here" / "t.csv", "b")
    recorded(run, tmp_path / "gone" / "t.csv", "a")
    monkeypatch.chdir(here.parent)
    assert load(run, "/gone/t.csv").data.files() == [Path("/gone/t.csv")]
    here.write_text("a")
    assert load(run, "/gone/t.csv").data.files() == [here]


def test_crossval_finds_data_recorded_in_first_fold(tmp_path: Path) -> None:
    data = file(tmp_path / "elsewhere" / "t.csv")
    recorded(tmp_path / "cv" / "fold-1", data)
    assert load(tmp_path / "cv", "t.csv").data.files() == [data]


def test_sweep_finds_data_recorded_by_the_trial_that_named_it(tmp_path: Path) -> None:
    files = {name: file(tmp_path / "elsewhere" / name, name) for name in ("a.csv", "b.csv")}
    sweep = file(tmp_path / "sweep" / "sweep.yaml", "").parent
    for number, name in ((1, "a.csv"), (20, "b.csv")):
        recorded(sweep / f"trial-{number:03d}", files[name], name)
    file(sweep / "trial-002" / "environment.json", "{")
    assert load(sweep, "./b.csv").data.files() == [files["b.csv"]]
    assert load(sweep, "../elsewhere/a.csv").data.files() == [files["a.csv"]]
    assert load(sweep, "c.csv").data.files() == [sweep / "c.csv"]


@pytest.mark.parametrize("text", ["[]", "{", '{"data_places": 5, "data_sha256": []}', '{"data_places": {"path": 5}}'])
def test_damaged_environment_records_no_data_path(tmp_path: Path, text: str) -> None:
    file(tmp_path / "environment.json", text)
    assert list(RecordedData.of(tmp_path).paths("path")) == []
    assert load(tmp_path, "t.csv").data.files() == [tmp_path / "t.csv"]


def test_data_option_overrides_data_path(tmp_path: Path) -> None:
    data, folder = file(tmp_path / "new" / "renamed.csv"), file(tmp_path / "folder" / "t.csv").parent
    experiment = load(tmp_path, "t.csv", data)
    assert experiment.data.files() == [data]
    assert experiment.resolved()["data"]["path"] == "t.csv"
    assert load(tmp_path, "t.csv", folder).data.files() == [folder / "t.csv"]
    assert DataPaths(given=folder).find("images", "path", [tmp_path]) == str(folder)  # a folder of files itself
    assert DataPaths(given=data).find("y.csv", "test_path", [tmp_path]) == str(tmp_path / "y.csv")
    with pytest.raises(UsageError, match=r"--data: '.*nowhere' does not exist"):
        load(tmp_path, "t.csv", tmp_path / "nowhere")
