"""Keys that move together may repeat a value, but no row of values."""

from pathlib import Path

import pytest

from nnlab.config.sweep_loading import load_sweep, sweep_from_arguments
from nnlab.errors import SpecError

SPEC = "{data: spiral, model: softmax, optimizer: {name: sgd, lr: 1.0}, train: {iterations: 5, eval_every: 1}}"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def zipped(spec: Path, lrs: str, iterations: str) -> Path:
    path = spec.with_name("sweep.yaml")
    path.write_text(f"base: spec.yaml\nzip: {{optimizer.lr: {lrs}, train.iterations: {iterations}}}", encoding="utf-8")
    return path


def test_zipped_keys_repeat_values(spec: Path) -> None:
    expected = [{"optimizer.lr": lr, "train.iterations": steps} for lr, steps in ((0.1, 5), (0.1, 6), (0.2, 5))]
    assert load_sweep(zipped(spec, "[0.1, 0.1, 0.2]", "[5, 6, 5]")).space.grid() == expected
    settings = ["optimizer.lr=0.1,0.1,0.2", "train.iterations=5,6,5"]
    assert sweep_from_arguments(spec, settings, zip=True).space.grid() == expected


def test_a_repeated_row_of_zipped_keys_is_refused(spec: Path) -> None:
    with pytest.raises(SpecError, match="row 3 of the values repeats row 1"):
        load_sweep(zipped(spec, "[0.1, 0.1, 0.1]", "[5, 6, 5]"))
    with pytest.raises(SpecError, match="row 2 of the values repeats row 1"):
        sweep_from_arguments(spec, ["optimizer.lr=0.1,0.1"], zip=True)


def test_a_repeated_value_of_a_key_of_its_own_is_refused(spec: Path) -> None:
    with pytest.raises(SpecError, match=r"0.1 is given twice; keep one"):
        sweep_from_arguments(spec, ["optimizer.lr=0.1,0.1", "train.iterations=5,6"])
