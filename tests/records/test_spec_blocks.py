"""Specs put together from remembered blocks equal those parsed as a whole, or are not used."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.config.resolved_spec import spec_sha256
from nnlab.config.yaml_parser import parse_yaml
from nnlab.config.yaml_writer import dump_yaml
from nnlab.errors import RunError
from nnlab.records import spec_blocks
from nnlab.records.reader import read_run
from nnlab.records.spec_blocks import remember_blocks, spec_from_blocks

SPEC: dict[str, Any] = {
    "name": "adam",
    "seed": 0,
    "model": {"name": "mlp", "hidden": [40, 20], "layers": [{"name": "relu"}, {"name": "linear", "size": 3}]},
    "optimizer": {"name": "sgd", "lr": 0.1},
    "note": "a\nb: # c",
}


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spec_blocks, "_PARSED", {})


def test_spec_that_differs_in_a_block_is_put_together() -> None:
    remember_blocks(dump_yaml(SPEC), SPEC)
    other = {**SPEC, "seed": 1, "optimizer": {"name": "sgd", "lr": 0.2}}
    assert spec_from_blocks(dump_yaml(other), spec_sha256(other)) == other


def test_new_spec_is_parsed_as_a_whole() -> None:
    assert spec_from_blocks(dump_yaml(SPEC), spec_sha256(SPEC)) is None


def test_spec_with_another_digest_is_not_believed() -> None:
    remember_blocks(dump_yaml(SPEC), SPEC)
    assert spec_from_blocks(dump_yaml({**SPEC, "seed": 1}), spec_sha256(SPEC)) is None


@pytest.mark.parametrize(
    "more", ["seed: 0\n", "- 1\n", "---\na: 1\n", "a: *b\n", "{a: 1, b: 2}\n", "? [a]\n: 1\n", "a: [\n"]
)
def test_text_that_is_no_block_mapping_is_left_to_the_parser(more: str) -> None:
    remember_blocks(dump_yaml(SPEC), SPEC)
    assert spec_from_blocks(dump_yaml(SPEC) + more, spec_sha256(SPEC)) is None


def test_blocks_without_their_keys_are_not_remembered() -> None:
    remember_blocks("{a: 1,\nb: 2}\n", {"a": 1, "b": 2})
    assert not spec_blocks._PARSED


def test_remembered_blocks_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spec_blocks, "MOST_BLOCKS", 7)
    for seed in range(20):
        remember_blocks(dump_yaml({**SPEC, "seed": seed}), {**SPEC, "seed": seed})
        assert len(spec_blocks._PARSED) <= 7


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.text(max_size=6), VALUES, max_size=4), st.dictionaries(st.text(max_size=6), VALUES, max_size=2)
)
def test_spec_from_blocks_is_none_or_what_the_parser_gives(first: dict[str, Any], change: dict[str, Any]) -> None:
    spec_blocks._PARSED.clear()
    remember_blocks(dump_yaml(first), first)
    text = dump_yaml({**first, **change})
    whole = parse_yaml(text, "spec").value
    found = spec_from_blocks(text, spec_sha256({**first, **change}))
    assert found is None or (found == whole and list(found) == list(whole))


def test_edited_spec_is_damage_even_beside_its_like(make_run) -> None:
    runs = [make_run(f"run{index}", {"seed": index}) for index in range(3)]
    assert [read_run(run).spec["seed"] for run in runs] == [0, 1, 2]
    text = (runs[2] / "spec.yaml").read_text()
    (runs[2] / "spec.yaml").write_text(text.replace("seed: 2", "seed: 1"))
    with pytest.raises(RunError, match="is not the spec of this run"):
        read_run(runs[2])
