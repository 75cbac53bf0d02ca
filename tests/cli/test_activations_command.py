"""``nnlab activations`` as a user calls it."""

import re
from pathlib import Path

import pytest

from nnlab.engine.activation_statistics import ActivationStatistics


def test_several_specs_become_one_picture_in_a_new_folder(nnlab, spec: Path) -> None:
    answer = nnlab("activations", spec, spec, "-s", "model.activation=relu")
    assert (answer.code, answer.stderr) == (0, "")
    assert re.fullmatch(r"activations/[0-9]{8}-[0-9]{6}-[0-9a-f]{6}/activations\.png\n", answer.stdout)
    assert Path(answer.stdout.strip()).read_bytes().startswith(b"\x89PNG")


def test_rows_follow_the_order_of_the_specs(nnlab, spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[list[tuple[str, int]]] = []

    def note(rows: list[tuple[str, list[ActivationStatistics]]], folder: Path) -> Path:
        drawn.append([(name, len(layers)) for name, layers in rows])
        return folder

    monkeypatch.setattr("nnlab.plots.activations.plot_untrained_activations", note)
    other = spec.with_name("deeper.yaml")
    other.write_text(spec.read_text().replace("[4]", "[4, 3]"), encoding="utf-8")
    assert nnlab("activations", other, spec, "--out", "here").stdout == "here\n"
    assert drawn == [[("deeper", 2), ("moons", 1)]]


def test_invalid_specs_and_folders_are_refused(nnlab, spec: Path) -> None:
    answer = nnlab("activations", spec, "-s", "model=softmax")
    assert answer.code == 2
    assert f"{spec}: model: has no activation layers" in answer.stderr
    Path("file").write_text("")
    answer = nnlab("activations", spec, "--out", "file/inside")
    assert answer.code == 5
    assert "file/inside: cannot be written: " in answer.stderr
    assert nnlab("activations").code == 2
    assert not Path("activations").exists()


def test_too_many_specs_are_refused_before_computing(nnlab, spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "nnlab.engine.activation_statistics.activation_statistics", lambda experiment: pytest.fail("computed")
    )
    answer = nnlab("activations", *[spec] * 41)
    assert answer.code == 2
    assert "41 specs are more than the 40 rows" in answer.stderr
    assert not Path("activations").exists()
