"""A packed run of data in the user's home is shown, plotted, repeated and predicts where it is unpacked."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from nnlab.config.loading import load_experiment
from nnlab.inference.trained_network import predict
from nnlab.records.packing import packed_run
from nnlab.records.reader import read_run
from nnlab.train.run import run

SPEC = """\
data: {{name: table, path: {path}}}
model: softmax
optimizer: {{name: momentum, lr: 0.1}}
train: {{iterations: 6, batch_size: 4, checkpoint_every: 1, eval_every: 2, snapshots: 2}}
"""
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_pictures")]


@pytest.mark.parametrize("absolute", [True, False])
def test_exported_run_contains_no_absolute_paths(tmp_path: Path, nnlab, absolute: bool) -> None:
    home, lent = tmp_path / "ada lovelace", tmp_path / "lent"
    (home / "project").mkdir(parents=True)
    rng = np.random.default_rng(0)
    data = rng.standard_normal((20, 2))
    np.savez(home / "d.npz", x=data, y=np.arange(20) % 2)
    spec = home / "project" / "a.yaml"
    spec.write_text(SPEC.format(path=home / "d.npz" if absolute else "../../ada lovelace/d.npz"), encoding="utf-8")
    path = run(load_experiment(spec), home / "project" / "runs").path
    with (path / "log.txt").open("a", encoding="utf-8") as log:
        log.write(f"{path / 'plots'}: cannot be written; {home / 'd.npz'}: was read\n")
    with ZipFile(BytesIO(packed_run(path))) as archive:
        archive.extractall(lent)
    unpacked = lent / path.name
    names = {file.relative_to(unpacked).as_posix() for file in unpacked.rglob("*") if file.is_file()}
    assert "model.safetensors" in names
    assert "snapshots/step-0000006.safetensors" in names
    for name in names:
        assert b"lovelace" not in (unpacked / name).read_bytes(), name
        assert str(tmp_path).encode() not in (unpacked / name).read_bytes(), name

    assert read_run(unpacked).spec["data"]["path"] == "d.npz"
    assert "plots: cannot be written; d.npz: was read" in (unpacked / "log.txt").read_text(encoding="utf-8")
    np.testing.assert_array_equal(predict(unpacked, data), predict(path, data))
    (home / "d.npz").rename(lent / "d.npz")
    shown = nnlab("show", unpacked)
    assert (shown.code, "completed: " in shown.stdout) == (0, True)
    assert nnlab("plot", unpacked, "accuracy").code == 0
    assert nnlab("plot", unpacked, "confusion", "--data", lent / "d.npz").code == 0
    (lent / "d.npz").rename(unpacked / "d.npz")
    again = run(load_experiment(unpacked / "spec.yaml"), lent / "runs").path
    for name in ("metrics.csv", "steps.csv"):
        assert (again / name).read_bytes() == (unpacked / name).read_bytes()
    assert read_run(again).summary["spec_sha256"] == read_run(unpacked).summary["spec_sha256"]
