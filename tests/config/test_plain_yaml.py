"""The quick reader of plain YAML gives the values of the strict parser, or leaves the text to it."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nnlab.config.plain_yaml import plain_yaml
from nnlab.config.yaml_parser import parse_yaml
from nnlab.config.yaml_writer import dump_yaml

SPEC = """\
name: 学習 2
seed: 0
data:
  name: table
  path: data/houses.csv
  augment: []
  label: '1e3'
model:
  name: sequential
  layers:
  - {name: linear, units: 20, init: he}
  - name: residual
    layers:
    - {name: linear, units: 20}
    - relu
loss: {name: cross_entropy, smoothing: 0.0, class_weights: [1.0, -2.5e-05, .inf]}
train: {iterations: 200, epochs: null, batch_size: full, drop_last: false, sampling: replacement, eval_every: 10,
  eval_train: all, schedule: {name: steps, at: [1, 2]}}
"""

texts = st.text(st.sampled_from("ab0 1.-_é学:#'{"), max_size=8)
scalars = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False) | texts
keys = st.sampled_from(["name", "lr", "layers", "l2", "no", "_x", "a b", "1"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=20
)
mappings = st.dictionaries(keys, values, min_size=1, max_size=4)


def strictly(text: str) -> str:
    return repr(parse_yaml(text, "spec.yaml").value)


def test_written_specs_are_read_quickly() -> None:
    assert repr(plain_yaml(SPEC)) == strictly(SPEC)
    assert repr(plain_yaml(dump_yaml(plain_yaml(SPEC)))) == strictly(SPEC)


@given(mappings)
def test_dumped_values_are_those_of_the_strict_parser(value: dict[str, Any]) -> None:
    text = dump_yaml(value)
    found = plain_yaml(text)
    assert found is None or repr(found) == strictly(text) == repr(value)


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(SPEC)),
            st.integers(0, 3),
            st.text(st.sampled_from(" \n\t\r:-,[]{}#'\"&*!|>%?=a0.<"), max_size=3),
        ),
        min_size=1,
        max_size=3,
    )
)
@example([(0, 0, "---\n")])
@example([(0, 0, "\ufeff")])
@example([(18, 0, "  ")])
def test_changed_texts_are_read_as_by_the_strict_parser_or_not_at_all(changes: list[tuple[int, int, str]]) -> None:
    text = SPEC
    for at, removed, inserted in changes:
        text = text[:at] + inserted + text[at + removed :]
    found = plain_yaml(text)
    assert found is None or repr(found) == strictly(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: 1",
        "- 1\n",
        "a: 1\na: 2\n",
        "a: {b: 1, b: 2}\n",
        "a: &x 1\n",
        "a: *x\n",
        "a: !t 1\n",
        "a:\n",
        "a: 1 # one\n",
        "# one\na: 1\n",
        "a: 1\n  b: 2\n",
        "a: b\n  c\n",
        "a: [1,2]\n",
        "a: [1, ]\n",
        "a: [1\n, 2]\n",
        "a: - 1\n",
        'a: "1"\n',
        "a: |\n  b\n",
        "a: b: c\n",
        "a: 1\n\nb: 2\n",
        "a: 1\r\n",
        "a:  1\n",
        "a: 1 \n",
        "<<: {b: 1}\n",
        "a" * 101 + ": 1\n",
        "a: [" + ", ".join("1" * 9000) + "]\n",
        "a: " + "[" * 30 + "]" * 30 + "\n",
    ],
)
def test_other_forms_are_left_to_the_strict_parser(text: str) -> None:
    assert plain_yaml(text) is None
