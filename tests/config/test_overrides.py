"""Overrides from the command line: ``-s key=value``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from nnlab.config.experiment import Experiment
from nnlab.config.loading import load_experiment
from nnlab.config.overrides import apply_overrides
from nnlab.config.positions import YamlTree
from nnlab.config.yaml_parser import parse_collecting_problems
from nnlab.errors import SpecError
from nnlab.registry import initialisers, optimizers

TEXT = """\
data:      {name: spiral, points: 10}
model:     {name: mlp, hidden: [4, 3], init: 0.01}
optimizer: adam
train:     {iterations: 5, batch_size: 5}
"""

BASE = "base: OTHER.yaml inherits from another spec"


def changed(text: str, *overrides: str) -> YamlTree:
    tree = parse_collecting_problems(text, "a.yaml")
    apply_overrides(tree, overrides)
    return tree


def complaints(tree: YamlTree) -> list[str]:
    return [f"{position}: {message}" for position, _, message in tree.problems]


def load(folder: Path, overrides: Sequence[str], text: str = TEXT) -> Experiment:
    path = folder / "a.yaml"
    path.write_text(text, encoding="utf-8")
    return load_experiment(path, overrides)


def refusal(folder: Path, *overrides: str, text: str = TEXT) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load(folder, overrides, text)
    return str(caught.value).replace(f"{folder}/", "").splitlines()


@pytest.mark.parametrize(
    ("text", "override", "value"),
    [
        ("a: 1", "a=2", {"a": 2}),
        ("a: {b: 1, c: 2}", "a.b=3", {"a": {"b": 3, "c": 2}}),
        ("a: 1", "b=2", {"a": 1, "b": 2}),
        ("a: 1", "b.c.d=2", {"a": 1, "b": {"c": {"d": 2}}}),
        ("a:", "a.b=1", {"a": {"b": 1}}),
        ("a: word", "a.b=1", {"a": {"name": "word", "b": 1}}),
        ("a: word", "a.name=other", {"a": {"name": "other"}}),
        ("a: 0.01", "a.name=he", {"a": {"name": "he"}}),
        ("a: true", "a.b=1", {"a": {"b": 1}}),
        ("a: false", "a.b=1", {"a": {"b": 1}}),
        ("a: [1, 2]", "a.1=3", {"a": [1, 3]}),
        ("a: [1, 2]", "a.01=3", {"a": [1, 3]}),
        ("a: [x, {b: 1}]", "a.0.c=2", {"a": [{"name": "x", "c": 2}, {"b": 1}]}),
        ("a: [x, {b: 1}]", "a.1.b=2", {"a": ["x", {"b": 2}]}),
        ("a: {0: x}", "a.0=y", {"a": {"0": "y"}}),
        ("a: {b: 1}", "a={c: 2}", {"a": {"c": 2}}),
        ("a: {b: 1}", "a=[1, [2]]", {"a": [1, [2]]}),
        ("a: 1", "a=", {"a": None}),
        ("a: 1", "a=null", {"a": None}),
        ("a: 1", "a=1e-3", {"a": 0.001}),
        ("a: 1", "a=no", {"a": "no"}),
        ("a: 1", "a='5'", {"a": "5"}),
        ("a: 1", "a= 0.1 ", {"a": 0.1}),
        ("a: 1", " a =2", {"a": 2}),
        ("a: 1", "a=b=c", {"a": "b=c"}),
        ("a: 1", "a=x # comment", {"a": "x"}),
        ("a: 1", "a=|\n two\n lines", {"a": "two\nlines"}),
    ],
)
def test_override(text: str, override: str, value: object) -> None:
    tree = changed(text, override)
    assert tree.value == value
    assert complaints(tree) == []


@pytest.mark.parametrize(
    ("text", "first", "second", "message"),
    [
        ("a: 1", "a=2", "a=3", "given twice, first by -s a=2; keep one"),
        ("a: 1", "a=2", "a=2", "given twice, first by -s a=2; keep one"),
        ("a: [1, 2]", "a.1=3", "a.01=3", "given twice, first by -s a.1=3; keep one"),
        ("a: 1", "b.c=1", "b={d: 4}", "overwrites -s b.c=1; set the parent before its keys"),
        ("a: 1", "a={d: 1}", "a.d=2", "contradicts -s a={d: 1}; keep one"),
        ("a: 1", "a=[1, 2]", "a.0=3", "contradicts -s a=[1, 2]; keep one"),
        ("a: 1", "a=word", "a.name=other", "contradicts -s a=word; keep one"),
        ("a: 1", "a=0.1", "a.name=he", "contradicts -s a=0.1; keep one"),
        ("a: 1", "a=false", "a.eps=1", "contradicts -s a=false; keep one"),
    ],
)
def test_contradicting_overrides_are_rejected(text: str, first: str, second: str, message: str) -> None:
    tree = changed(text, first, second)
    assert tree.value == changed(text, first).value
    assert complaints(tree) == [f"-s {second}: {message}"]


def test_parent_then_key_overrides() -> None:
    tree = changed("a: 1", "a=x", "a.lr=1", "b=true", "b.eps=1", "c={d: 1}", "c.e=2")
    assert tree.value == {"a": {"name": "x", "lr": 1}, "b": {"eps": 1}, "c": {"d": 1, "e": 2}}
    assert complaints(tree) == []


def test_overridden_values_have_position_of_override() -> None:
    tree = changed("a: {b: {c: 1}}\nd: word\ne: 1\nf: [1]", "a.b={c: 2}", "d.x=1", "e.x=1", "g.x=1", "f.0=2")
    shown = {path: str(position) for path, position in tree.positions.items()}
    assert shown == {
        (): "a.yaml:1:1",
        ("a",): "a.yaml:1:1",
        ("a", "b"): "-s a.b={c: 2}",
        ("d",): "a.yaml:2:1",
        ("d", "x"): "-s d.x=1",
        ("e",): "-s e.x=1",
        ("e", "x"): "-s e.x=1",
        ("f",): "a.yaml:4:1",
        ("f", 0): "-s f.0=2",
        ("g",): "-s g.x=1",
        ("g", "x"): "-s g.x=1",
    }


def test_overrides_sort_after_file_in_order() -> None:
    tree = changed("b: 1\na: 2", "z=1", "y=1")
    assert sorted([("y",), ("a",), ("z",), ("b",)], key=tree.position) == [("b",), ("a",), ("z",), ("y",)]


@pytest.mark.parametrize("override", ["", "a", "=1", ".=1", "a.=1", ".a=1", "a..b=1", "  =1", "a" + ".a" * 40 + "=1"])
def test_malformed_override(override: str) -> None:
    tree = changed("a: 1", override, "a=2")
    assert tree.value == {"a": 2}
    (complaint,) = complaints(tree)
    assert complaint == f"-s {override}: must be KEY=VALUE, such as optimizer.lr=0.1"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("a=[1", "not valid YAML: expected ',' or ']', but got '<stream end>'"),
        (
            "a=*x",
            "aliases (*name) are not allowed; write the value out, or " + BASE,
        ),
        ("a=!!int 1", "tags ('tag:yaml.org,2002:int') are not allowed"),
        ("a=1\n--- 2", "a second document; a spec is a single document"),
        ("a={b: 1, b: 2}", "duplicate key; first at value:1:2"),
        ("a=\x00", "the character U+0000 is not allowed"),
        ("l.2=1", "no such item; the list has 2 items, counted from 0"),
        ("l.-1=1", "no such item; the list has 2 items, counted from 0"),
        ("l.x=1", "no such item; the list has 2 items, counted from 0"),
        ("l.²=1", "no such item; the list has 2 items, counted from 0"),
        ("l." + "9" * 5000 + "=1", "no such item; the list has 2 items, counted from 0"),
        ("l.x.y=1", "no such item; the list has 2 items, counted from 0"),
    ],
)
def test_invalid_override_changes_nothing(override: str, message: str) -> None:
    tree = changed("a: 0\nl: [1, 2]", override)
    assert tree.value == {"a": 0, "l": [1, 2]}
    ((position, _, found),) = tree.problems
    assert str(position).startswith("-s ")
    assert found == message


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        (
            "optimizer.lr=0.1,0.01",
            "optimizer.lr: two values; nnlab sweep trains one run for each: must be a number above 0 and at most "
            "1e+06, got '0.1,0.01'",
        ),
        (
            "seed=0..4",
            "seed: several values; nnlab sweep trains one run for each: must be a whole number from 0 to 4294967295, "
            "got '0..4'",
        ),
        (
            "optimizer.lr=log:1e-6..1e-2",
            "optimizer.lr: a range; nnlab sweep draws the values of its runs from it: must be a number above 0 and at "
            "most 1e+06, got 'log:1e-6..1e-2'",
        ),
        ("model.hidden=[5],[5,5]", "model.hidden: two values; nnlab sweep trains one run for each"),
        ("optimizer={name: sgd},adam,adam", "optimizer: 3 values; nnlab sweep trains one run for each"),
    ],
)
def test_several_values_point_to_sweep(tmp_path: Path, override: str, complaint: str) -> None:
    assert refusal(tmp_path, override) == [f"-s {override}: {complaint}"]


def test_text_with_commas_stays_a_value(tmp_path: Path) -> None:
    assert load(tmp_path, ["name=a, b,c"]).name == "a, b,c"


def test_several_values_in_a_descent_get_no_hint() -> None:
    tree = changed("function: sphere\noptimizer: {lr: 0.1}", "optimizer.lr=0.1,0.2")
    assert tree.typos == {}
    assert complaints(changed("function: sphere\nstart: 1", "start=[1],[2]"))[0].startswith(
        "-s start=[1],[2]: not valid"
    )


def test_overrides_of_non_mapping_are_ignored() -> None:
    for text in ("[1, 2]", "", "word"):
        tree = changed(text, "a=1")
        assert tree.value == parse_collecting_problems(text, "a.yaml").value
        assert tree.problems == []


@pytest.mark.parametrize(
    ("overrides", "key", "value"),
    [
        (["seed=3"], "seed", 3),
        (["optimizer.lr=0.1"], "optimizer", {"name": "adam", "lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-7}),
        (["optimizer={name: sgd, lr: 1}"], "optimizer", {"name": "sgd", "lr": 1.0}),
        (["compute.threads=2"], "compute", {"threads": 2}),
        (["penalty.l2=0.1"], "penalty", {"l1": 0.0, "l2": 0.1}),
        (["loss=mean_squared_error"], "loss", "mean_squared_error"),
        (["data.train_size="], "data", {"train_size": None}),
        (["data=xor", "data.points=3"], "data", {"name": "xor", "points": 3}),
        (["model.hidden.0=7"], "model", {"hidden": [7, 3]}),
        (["model.hidden=[]"], "model", {"hidden": []}),
        (["model.init=he"], "model", {"init": "he"}),
        (["model.init.name=he"], "model", {"init": "he"}),
        (["model.init.name=normal", "model.init.std=0.5"], "model", {"init": 0.5}),
        (["model.batch_norm=true"], "model", {"batch_norm": {"eps": 1e-5, "momentum": 0.9, "frozen": False}}),
        (
            ["model.batch_norm=true", "model.batch_norm.eps=0.1"],
            "model",
            {"batch_norm": {"eps": 0.1, "momentum": 0.9, "frozen": False}},
        ),
        (["train.iterations=null", "train.epochs=2"], "train", {"iterations": None, "epochs": 2}),
        (["name=other"], "name", "other"),
    ],
)
def test_overrides_in_experiment(tmp_path: Path, overrides: list[str], key: str, value: Any) -> None:
    found = load(tmp_path, overrides).resolved()[key]
    assert {name: found[name] for name in value} == value if isinstance(value, dict) else found == value


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        ("optimizer.beta1=1.5", "optimizer.beta1: must be below 1, got 1.5"),
        ("optimizer.lr=", "optimizer.lr: must be a number above 0 and at most 1e+06, got null"),
        ("seed=true", "seed: must be a whole number from 0 to 4294967295, got true"),
        ("optimizer.betta1=0.9", "optimizer.betta1: unknown key; did you mean 'beta1'? adam has lr, beta1, beta2, eps"),
        (
            "optimzer.lr=1",
            "optimzer: unknown key; did you mean 'optimizer'? a spec has "
            "name, seed, dtype, rng, data, model, loss, metrics, optimizer, penalty, train, compute",
        ),
        ("optimizer.5=1", "optimizer.5: unknown key; adam has lr, beta1, beta2, eps"),
        (
            "optimizer.name=adamm",
            "optimizer.name: no optimizer is called 'adamm'; did you mean 'adam'? there are "
            + ", ".join(optimizers.names()),
        ),
        (
            "optimizer=sgd",
            "optimizer: needs the key lr (learning rate η)",
        ),
        ("model.hidden.1=0", "model.hidden.1: must be at least 1, got 0"),
        ("model.init.std=0.5", "model.init: needs a name: " + ", ".join(initialisers.names())),
        ("train.epochs=3", "train.epochs: both iterations and epochs are given; keep one (the other may be null)"),
        ("seed.x=1", "seed: must be a whole number from 0 to 4294967295, got {x: 1}"),
        ("compute=5", "compute: must be a mapping with the keys threads, shards, got 5"),
        ("model.hidden.2=5", "model.hidden.2: no such item; the list has 2 items, counted from 0"),
        ("seed=[", "seed: not valid YAML: expected the node content, but found '<stream end>'"),
    ],
)
def test_error_names_the_override(tmp_path: Path, override: str, complaint: str) -> None:
    assert refusal(tmp_path, override) == [f"-s {override}: {complaint}"]


def test_errors_of_file_and_overrides_together(tmp_path: Path) -> None:
    text = TEXT.replace("points: 10", "points: 0").replace("[4, 3]", "[4, x]")
    lines = refusal(tmp_path, "seed=-1", "nonsense", "optimizer.lr=0", "train.batch_size=[", text=text)
    assert lines == [
        "a.yaml:1:27: data.points: must be at least 1, got 0",
        "a.yaml:2:36: model.hidden.1: must be a whole number from 1 to 10000000, got 'x'",
        "-s seed=-1: seed: must be at least 0, got -1",
        "-s nonsense: must be KEY=VALUE, such as optimizer.lr=0.1",
        "-s optimizer.lr=0: optimizer.lr: must be above 0, got 0",
        "-s train.batch_size=[: train.batch_size: not valid YAML: expected the node content, but found '<stream end>'",
    ]


def test_overrides_in_messages_are_escaped(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, "a\x1b[31m=\u202e\x07" + "x" * 1000)
    assert line.startswith("-s a\\x1b[31m=\\u202e\\x07xxx")
    assert "\x1b" not in line
    assert len(line) < 400


@examples(500)
@given(st.lists(st.text("ab01.=:{}[]' ,*&!-\n", max_size=12) | st.text(max_size=8), max_size=4))
def test_fuzzed_override_is_applied_or_reported(overrides: list[str]) -> None:
    tree = changed("a: {b: [1, {c: 2}], d: word}\nl: [x]", *overrides)
    assert isinstance(tree.value, dict)
    for position, _, message in tree.problems:
        assert str(position).startswith("-s ")
        assert message
    for override in overrides:
        if "=" not in override:
            assert any(message.startswith("must be KEY=VALUE") for _, _, message in tree.problems)


def test_decimal_mark_needs_quotes() -> None:
    tree = YamlTree({}, {})
    apply_overrides(tree, ["data.decimal=,"])
    ((_, path, message),) = tree.problems
    assert path == ("data", "decimal")
    assert message.endswith("""; text goes in quotes: -s 'data.decimal=","'""")
    quoted = YamlTree({}, {})
    apply_overrides(quoted, ['data.decimal=","'])
    assert quoted.problems == []
    assert quoted.value == {"data": {"decimal": ","}}
