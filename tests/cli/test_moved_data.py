"""``--data``: where the data of a run is now."""

from pathlib import Path

import numpy as np
import pytest


@pytest.mark.usefixtures("no_pictures")
def test_a_picture_finds_moved_data(nnlab, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "d.npz", x=rng.standard_normal((20, 2)), y=np.arange(20) % 2)
    spec = "data: {name: table, path: d.npz}\nmodel: softmax\noptimizer: {name: sgd, lr: 0.1}\ntrain: {iterations: 2"
    (tmp_path / "a.yaml").write_text(f"{spec}, batch_size: 4}}\n", encoding="utf-8")
    assert nnlab("train", "a.yaml").code == 0
    (tmp_path / "new").mkdir()
    (tmp_path / "d.npz").rename(tmp_path / "new" / "d.npz")
    answer = nnlab("plot", "last", "confusion")
    assert answer.code == 4
    assert "d.npz: no such file" in answer.stderr
    for place in ("new", "new/d.npz"):
        answer = nnlab("plot", "last", "confusion", "--data", place)
        assert answer.code == 0, answer.stderr
        assert answer.stderr == ""
    answer = nnlab("plot", "last", "confusion", "--data", "nowhere")
    assert answer.code == 2
    assert "--data: " in answer.stderr
    answer = nnlab("train", "a.yaml", "--data", "new")
    assert answer.code == 2
    assert "--data belongs to --resume; a spec has data.path: -s data.path=PATH" in answer.stderr
