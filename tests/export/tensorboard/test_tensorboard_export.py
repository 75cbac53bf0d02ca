"""A recorded run, exported for TensorBoard, read by TensorBoard's own reader."""

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from event_reading import curve, events_in
from made_sweeps import made_sweep
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from nnlab.errors import RunError, UsageError
from nnlab.export.request import ExportRequest
from nnlab.export.tensorboard.export import export
from nnlab.export.tensorboard.settings import hparams_of, start_of
from nnlab.records.reader import read_run
from nnlab.storage.lock import RunLock

STORED = Path(__file__).parents[2] / "records" / "files" / "written_by_0_1_0" / "20261128-052017-old-5a2d6f"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02"


def exported(run: Path, **request: object) -> Path:
    (folder,) = export(ExportRequest(run=run, **request))  # type: ignore[arg-type]
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def float32(values: object) -> list[float]:
    return [float(value) for value in np.asarray(values, np.float32)]


def test_curves_of_one_metric_have_one_tag_in_the_folder_of_each_split(make_run) -> None:
    run = make_run(validation=True)
    folder, record = exported(run), read_run(run)
    assert folder == run / "tensorboard"
    for split in ("train", "validation", "test"):
        for metric in ("loss", "accuracy"):
            steps, values = zip(*curve(folder / split, metric), strict=True)
            assert list(steps) == [0, 10, 20, 30, 40]
            assert list(values) == float32(record.metrics[f"{split}_{metric}"])
    assert set(events_in(folder / "train").Tags()["scalars"]) == {"loss", "accuracy", "objective", "lr"}
    assert set(events_in(folder / "test").Tags()["scalars"]) == {"loss", "accuracy"}
    steps, values = zip(*curve(folder / "train", "objective"), strict=True)
    assert (list(steps), list(values)) == (list(range(1, 41)), float32(record.steps["loss"]))


def test_splits_that_a_run_lacks_have_no_folder(make_run) -> None:
    assert {path.name for path in exported(make_run(test=False)).iterdir() if path.is_dir()} == {"train"}


def test_same_run_gives_the_same_bytes_timed_from_the_name_of_its_folder(make_run, tmp_path: Path) -> None:
    run = make_run()
    once, again = exported(run), exported(run, out=tmp_path / "again")
    assert files(once) == files(again)
    point = events_in(once / "train").Scalars("loss")[1]
    assert point.wall_time == datetime(2025, 1, 1, 12, 0, 10, tzinfo=UTC).timestamp()


def test_renamed_run_is_timed_from_zero_and_a_trial_from_its_sweep(tmp_path: Path) -> None:
    assert start_of(tmp_path / "renamed") == 0
    assert start_of(tmp_path / "99999999-999999-a-0a1b2c") == 0
    assert start_of(tmp_path / "20250106-120000-adam-sweep-aa00bb" / "trial-002") == 1736164800


def hparams(folder: Path, tag: str) -> HParamsPluginData:
    return HParamsPluginData.FromString(events_in(folder).SummaryMetadata(f"_hparams_/{tag}").plugin_data.content)


def test_settings_of_a_run_are_its_hyperparameters(make_run) -> None:
    folder = exported(make_run(changes={"model.hidden": [3], "train.diagnostics": True}, status="diverged"))
    found = hparams(folder, "session_start_info").session_start_info.hparams
    assert found["optimizer.lr"].number_value == 0.01
    assert found["model.hidden"].string_value == "[3]"
    assert found["data.name"].string_value == "mnist"
    assert not {"name", "compute.threads", "train.diagnostics", "data.train_size"} & set(found)
    assert hparams(folder, "session_end_info").session_end_info.status == 2


def test_paths_of_data_are_shortened() -> None:
    spec = {"data": {"name": "table", "path": "/home/ada/my data/a.csv"}, "train": {"drop_last": True}}
    assert hparams_of(spec) == {"data.name": "table", "data.path": "a.csv", "train.drop_last": True}


def test_pictures_are_exported_and_other_files_left_out(make_run) -> None:
    run = make_run()
    (run / "plots").mkdir()
    (run / "plots" / "loss.png").write_bytes(PNG)
    for name, contents in {"broken.png": b"\x89PN", "text.png": b"text", "loss.svg": b"<svg/>"}.items():
        (run / "plots" / name).write_bytes(contents)
    (run / "plots" / "folder.png").mkdir()
    folder = exported(run)
    assert events_in(folder).Tags()["images"] == ["plots/loss"]
    (image,) = events_in(folder).Images("plots/loss")
    assert (image.step, image.width, image.height, image.encoded_image_string) == (40, 3, 2, PNG)


def test_run_that_diverged_keeps_its_infinite_numbers(make_run) -> None:
    run = make_run(status="diverged")
    text = (run / "steps.csv").read_text(encoding="utf-8").splitlines()
    text[-2:] = ["39,1e300", "40,nan"]
    (run / "steps.csv").write_text("\n".join(text) + "\n", encoding="utf-8")
    values = [value for _, value in curve(exported(run) / "train", "objective")]
    assert values[38] == np.inf
    assert np.isnan(values[39])


def test_histograms_of_a_run_that_exploded_are_exported(make_run) -> None:
    run = make_run()
    text = "step,layer,left,right,count\n0,linear1,-1e200,0.0,3\n0,linear1,0.0,1e200,4\n"
    (run / "histograms.csv").write_text(text, encoding="utf-8")
    (found,) = events_in(exported(run) / "train").Histograms("activations/linear1")
    assert found.histogram_value.bucket == [0, 3, 4]
    assert found.histogram_value.bucket_limit == [-1e200, 0, 1e200]


def test_run_of_an_earlier_version_is_exported(tmp_path: Path) -> None:
    run = Path(shutil.copytree(STORED, tmp_path / STORED.name))
    folder = exported(run)
    assert len(curve(folder / "train", "objective")) == 40
    assert (folder / "validation").is_dir()


def test_existing_events_are_replaced_on_request_only(make_run) -> None:
    run = make_run()
    before = files(exported(run))
    (run / "tensorboard" / "train" / "events.out.tfevents.0000000020.nnlab").write_bytes(b"of a resumed training")
    (run / "tensorboard" / "train" / "notes.txt").write_bytes(b"kept")
    with pytest.raises(UsageError, match=r"nnlab: already exists; use --overwrite to replace it"):
        export(ExportRequest(run=run))
    assert files(exported(run, overwrite=True)) == {**before, "train/notes.txt": b"kept"}


@pytest.mark.parametrize("name", ["", "train"])
def test_nothing_is_written_through_a_link_in_the_run_folder(make_run, tmp_path: Path, name: str) -> None:
    run, other = make_run(), tmp_path / "other"
    other.mkdir()
    (run / "tensorboard").mkdir()
    (run / "tensorboard" / name).rmdir() if not name else None
    (run / "tensorboard" / name if name else run / "tensorboard").symlink_to(other)
    with pytest.raises(RunError, match="is a link; --out DIR writes into another folder"):
        export(ExportRequest(run=run))
    assert not list(other.iterdir())
    assert exported(run, out=other) == other


def test_each_trial_of_a_sweep_is_exported(make_run, tmp_path: Path) -> None:
    sweep = made_sweep(make_run, [(0.1, 0, 0.5, "completed"), (0.2, 0, 0.75, "completed"), (0.3, 0, 0.5, "waiting")])
    assert export(ExportRequest(run=sweep)) == [sweep / f"trial-00{number}" / "tensorboard" for number in (1, 2)]
    (sweep / "trial-001" / "metrics.csv").write_text("broken", encoding="utf-8")
    said: list[str] = []
    assert exported(sweep, out=tmp_path / "out", say=said.append) == tmp_path / "out"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["trial-002"]
    assert "trial-001/metrics.csv" in said[0]
    (sweep / "trial-002" / "metrics.csv").write_text("broken", encoding="utf-8")
    with pytest.raises(RunError, match="has no run that can be exported"):
        export(ExportRequest(run=sweep, overwrite=True))
    with pytest.raises(RunError, match="has no run that can be exported"):
        export(ExportRequest(run=made_sweep(make_run, [], name="20250107-120000-adam-sweep-aa00bc")))


def test_run_that_is_being_written_and_unwritable_folder_are_refused(make_run, tmp_path: Path) -> None:
    run = make_run()
    lock = RunLock(run)
    with pytest.raises(RunError, match="is being written"):
        export(ExportRequest(run=run))
    lock.release()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RunError, match=r"file/events\.out\.tfevents\.0+\.nnlab: cannot be written"):
        export(ExportRequest(run=run, out=tmp_path / "file"))


def test_missing_package_is_named(make_run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(UsageError, match=r"--to tensorboard: needs the package tensorboardX .*nnlab-runner\[tensorb"):
        export(ExportRequest(run=make_run()))


def test_package_that_cannot_be_loaded_is_named(make_run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tensorboardX.py").write_text('raise TypeError("Descriptors cannot be created directly.")')
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tensorboardX"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(UsageError, match=r"--to tensorboard: needs the package tensorboardX \(Descriptors cannot be"):
        export(ExportRequest(run=make_run()))
