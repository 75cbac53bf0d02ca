"""The strict YAML parser and the writer whose text it reads back equal."""

from math import copysign, inf, isnan

import pytest
from examples import examples
from hypothesis import example, given
from hypothesis import strategies as st

from nnlab.config.positions import Position
from nnlab.config.yaml_parser import MAX_DEPTH, parse_collecting_problems, parse_yaml
from nnlab.config.yaml_writer import dump_yaml
from nnlab.errors import SpecError

BASE = "base: OTHER.yaml inherits from another spec"


def problems(text: str) -> list[str]:
    """What is wrong with a text, one line each."""
    with pytest.raises(SpecError) as caught:
        parse_yaml(text, "a.yaml")
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("lr: 1e-3", {"lr": 0.001}),
        ("a: no", {"a": "no"}),
        ("a: 010", {"a": 10}),
        ("a: '5'", {"a": "5"}),
        ('a: "5"', {"a": "5"}),
        ("a: 'true'", {"a": "true"}),
        ("a: ''", {"a": ""}),
        ("a:", {"a": None}),
        ("a: |\n  5\n", {"a": "5\n"}),
        ("a: >-\n  5\n", {"a": "5"}),
        ("a: 2024-01-31", {"a": "2024-01-31"}),
        ("a: 1 b", {"a": "1 b"}),
        ("a: [1, x, [2]]", {"a": [1, "x", [2]]}),
        ("a: {b: {}, c: []}", {"a": {"b": {}, "c": []}}),
        ("a:\n- 1\n- 2\n", {"a": [1, 2]}),
        ("1: a\ntrue: b\nnull: c\n~: d\n1.0: e", {"1": "a", "true": "b", "null": "c", "~": "d", "1.0": "e"}),
        ("'<<': a", {"<<": "a"}),
        ("? a\n: b", {"a": "b"}),
        ("a: 1 # a comment", {"a": 1}),
        ("a: x#y", {"a": "x#y"}),
        ("%YAML 1.2\n---\na: 1\n", {"a": 1}),
        ("--- \na: 1\n...\n", {"a": 1}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("a: é λ 学習率", {"a": "é λ 学習率"}),
        ("- 1\n- 2\n", [1, 2]),
        ("word", "word"),
        ("", None),
        ("\n# only a comment\n", None),
        ("---\n", None),
    ],
)
def test_values(text: str, value: object) -> None:
    assert parse_yaml(text, "a.yaml").value == value


def test_positions_of_keys_and_items() -> None:
    tree = parse_yaml("data: mnist\noptimizer:\n  name: adam\n  beta1: 0.9\nlist: [1, {a: 2}]\n", "a.yaml")
    found = {path: str(position) for path, position in tree.positions.items()}
    assert found == {
        (): "a.yaml:1:1",
        ("data",): "a.yaml:1:1",
        ("optimizer",): "a.yaml:2:1",
        ("optimizer", "name"): "a.yaml:3:3",
        ("optimizer", "beta1"): "a.yaml:4:3",
        ("list",): "a.yaml:5:1",
        ("list", 0): "a.yaml:5:8",
        ("list", 1): "a.yaml:5:11",
        ("list", 1, "a"): "a.yaml:5:12",
    }


def test_position_of_unknown_path_is_nearest_parent() -> None:
    tree = parse_yaml("a: 1\nb:\n  c: 2\n", "a.yaml")
    assert str(tree.position(("b", "c", "d", 0))) == "a.yaml:3:3"
    assert str(tree.position(("b", "x"))) == "a.yaml:2:1"
    assert str(tree.position(("x",))) == "a.yaml:1:1"
    assert str(parse_yaml("", "a.yaml").position(("x",))) == "a.yaml:1:1"
    assert str(parse_yaml("# one\n\na: 1", "a.yaml").position(())) == "a.yaml:3:1"


def test_positions_sort_by_line_then_column() -> None:
    positions = [Position(10, 1, "c"), Position(2, 9, "b"), Position(2, 1, "a"), Position(inf, 0, "d")]
    assert [str(position) for position in sorted(positions)] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", ["a.yaml:3:1: a: duplicate key; first at a.yaml:1:1"]),
        ("o: {a: 1, 'a': 2}", ["a.yaml:1:11: o.a: duplicate key; first at a.yaml:1:5"]),
        ("1: a\n'1': b", ["a.yaml:2:1: 1: duplicate key; first at a.yaml:1:1"]),
        ("'': 1\n'': 2", ["a.yaml:2:1: '': duplicate key; first at a.yaml:1:1"]),
        ("a: *b", ["a.yaml:1:4: a: aliases (*name) are not allowed; write the value out, or " + BASE]),
        ("a: &b 1", ["a.yaml:1:4: a: anchors (&name) are not allowed; " + BASE]),
        ("&b a: 1", ["a.yaml:1:1: a: anchors (&name) are not allowed; " + BASE]),
        ("a: !!str 1", ["a.yaml:1:4: a: tags ('tag:yaml.org,2002:str') are not allowed"]),
        ("!!str a: 1", ["a.yaml:1:1: a: tags ('tag:yaml.org,2002:str') are not allowed"]),
        ("a: ! 1", ["a.yaml:1:4: a: tags ('!') are not allowed"]),
        ("a: !!set {b}", ["a.yaml:1:4: a: tags ('tag:yaml.org,2002:set') are not allowed"]),
        (
            "a: !!python/object/apply:os.system [ls]",
            ["a.yaml:1:4: a: tags ('tag:yaml.org,2002:python/object/apply:os.system') are not allowed"],
        ),
        ("a: {<<: {b: 1}}", ["a.yaml:1:5: a.<<: merge keys (<<) are not allowed; " + BASE]),
        ("? [a, b]\n: 1", ["a.yaml:1:3: a key must be a scalar"]),
        ("{a: 1}: 1", ["a.yaml:1:1: a key must be a scalar"]),
        ("*a : 1", ["a.yaml:1:1: a key must be a scalar"]),
        ("a: 1\n---\nb: 1", ["a.yaml:2:1: a second document; a spec is a single document"]),
        ("---\n---\na: 1", ["a.yaml:2:1: a second document; a spec is a single document"]),
        ("a: 1\n\tb: 2", ["a.yaml:2:1: not valid YAML: a tab; indent with spaces"]),
        ("a: [1, 2", ["a.yaml:1:9: not valid YAML: expected ',' or ']', but got '<stream end>'"]),
        ("a: 'x", ["a.yaml:1:6: not valid YAML: found unexpected end of stream"]),
        ("a: 1\n b: 2", ["a.yaml:2:3: not valid YAML: mapping values are not allowed here"]),
        ("a: b: c", ["a.yaml:1:5: not valid YAML: mapping values are not allowed here"]),
        ("a: 1\nb\n", ["a.yaml:3:1: not valid YAML: could not find expected ':'"]),
        ("a: !x!y 1", ["a.yaml:1:4: not valid YAML: found undefined tag handle '!x!'"]),
        (
            "%YAML 2.0\n---\na: 1",
            ["a.yaml:1:1: not valid YAML: found incompatible YAML document (version 1.* is required)"],
        ),
        ("a: 1\nb: \0", ["a.yaml:2:4: the character U+0000 is not allowed"]),
        ("a: \x1b[31m", ["a.yaml:1:4: the character U+001B is not allowed"]),
        ("\ud800", ["a.yaml:1:1: the character U+D800 is not allowed"]),
        ('a: "\\UFFFFFFFF"', ["a.yaml:1:7: not valid YAML: a number is out of range"]),
        ('a: "\\U00110000"', ["a.yaml:1:7: not valid YAML: a number is out of range"]),
        ("%YAML 1." + "9" * 5000 + "\n--- 1", ["a.yaml:1:9: not valid YAML: a number is out of range"]),
    ],
)  # fmt: skip
def test_forbidden_yaml(text: str, expected: list[str]) -> None:
    assert problems(text) == expected


def test_all_problems_in_order_of_position() -> None:
    text = "a: &x 1\nb: *x\nc: !!int 2\na: 3\nd: {<<: *x}\ne: [1"
    assert [line.split(": ")[0] for line in problems(text)] == [
        "a.yaml:1:4",
        "a.yaml:2:4",
        "a.yaml:3:4",
        "a.yaml:4:1",
        "a.yaml:5:5",
        "a.yaml:5:9",
        "a.yaml:6:6",
    ]


def test_tree_with_problems_keeps_values() -> None:
    tree = parse_collecting_problems("a: 1\na: 2\nb: &x 3\nc: *x\n---\nd: 4", "a.yaml")
    assert tree.value == {"a": 2, "b": 3, "c": None}
    assert not tree.broken
    assert [path for _, path, _ in tree.problems] == [("a",), ("b",), ("c",), ()]


@pytest.mark.parametrize("text", ["a: {b: [1, x]}\nc: 2", "a: &x 1\nb: *x\na: 3", "a: [", "a: 1\n---\nb: 2", ""])
def test_cached_text_gives_independent_equal_tree(text: str) -> None:
    first = parse_collecting_problems(text, "a.yaml")
    before = repr(first)
    if isinstance(first.value, dict):
        first.value.clear()
    first.positions.clear()
    first.problems.append((Position(1, 1, "a.yaml:1:1"), (), "its own"))
    assert repr(parse_collecting_problems(text, "a.yaml")) == before
    assert repr(parse_collecting_problems(text, "other.yaml")) == before.replace("a.yaml", "other.yaml")


def test_broken_tree_has_no_value() -> None:
    tree = parse_collecting_problems("a: [", "a.yaml")
    assert tree.broken
    assert tree.value is None
    assert len(tree.problems) == 1


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 30_000,
        "- " * 60_000,
        "\n".join(" " * depth + "a:" for depth in range(400)),
        "a: " + "[" * 100_000 + "]" * 100_000,
    ],
    ids=["[", "{a: ", "- ", "block", "closed"],
)
def test_deep_nesting_is_rejected(text: str) -> None:
    (line,) = problems(text)
    assert line.endswith(f"nested more than {MAX_DEPTH} levels deep")


def test_deepest_allowed_nesting() -> None:
    assert dump_yaml(parse_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH, "a.yaml").value).strip() == (
        "- " * (MAX_DEPTH - 2) + "- []"
    )
    problems("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2))


def test_alias_bomb() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 100))
    assert len(problems(bomb)) == 101
    assert len(parse_collecting_problems(bomb, "a.yaml").problems) == 100 + 2 * 99


def test_file_text_in_messages_is_escaped() -> None:
    lines = problems('"\\e[31m\\u202e": 1\n"\\e[31m\\u202e": 2\nb: !%1b%5b31m 1\n')
    assert lines[0] == "a.yaml:2:1: \\x1b[31m\\u202e: duplicate key; first at a.yaml:1:1"
    assert lines[1] == "a.yaml:3:4: b: tags ('!\\x1b[31m') are not allowed"


def test_long_keys_are_truncated() -> None:
    (line,) = problems(f"{{? {'k' * 5000} : 1, ? {'k' * 5000} : 2}}")
    assert len(line) < 200


SPECIAL_TEXTS = st.sampled_from(
    [
        *("", "~", "null", "true", "False", "yes", "no", "on", "1", "-1", "010", "0o7", "0x1F", "1e-3", "1.5", ".inf"),
        *("-.inf", ".nan", "1_000", "12:30", "2024-01-31", "<<", "=", "- a", "a: b", "a #b", "#a", "&a", "*a", "!a"),
        *("%a", "@a", "`a", "{a}", "[a]", "'a'", '"a"', "|", ">", "?", ":", "-", "---", "...", " a", "a ", "a\n"),
        *("\na", "a\n\nb", " \n", "a\tb", "\t", "a\rb", "\r\n", "\x85", "a\u2028b", "\ufeff", "a\ufeff", "\x00"),
        *("\x1b", "\x7f", "\U0001f389", "\uffff", "\U0010ffff", "\ud800", "x" * 300, "word " * 60, "  two  " * 40),
    ]
)
TEXT = SPECIAL_TEXTS | st.text(st.characters(codec=None), max_size=40) | st.text("ab \n\t:#-'\"\\", max_size=40)
NUMBERS = st.integers() | st.floats() | st.sampled_from([10**300, -(10**300), 5e-324, 1e16, 1e22, -0.0])
PLAIN = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def same(one: object, other: object) -> bool:
    """Equal, with equal types and signs of zero all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return (one == other and copysign(1, one) == copysign(1, other)) or (isnan(one) and isnan(other))
    return one == other


@pytest.mark.slow
@examples(1000)
@given(PLAIN)
@example({"a": inf, "b": -inf, "c": [1e16, 1e-7, 123456789.0, 0.1, 5e-324, 1.7976931348623157e308]})
@example({"key " * 50: "value " * 50, "k" * 300: {"a b": ["c: d"]}})
def test_dump_round_trips(value: object) -> None:
    text = dump_yaml(value)
    assert same(parse_yaml(text, "a.yaml").value, value), text


@examples(300)
@given(PLAIN)
def test_dump_is_stable(value: object) -> None:
    text = dump_yaml(value)
    assert dump_yaml(parse_yaml(text, "a.yaml").value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": "b"}, "{a: b}\n"),
        ({"a": {"b": 1, "c": [1, 2]}, "d": {}}, "a:\n  b: 1\n  c: [1, 2]\nd: {}\n"),
        (["adam", "3layers", "λ", "a b"], "[adam, 3layers, λ, a b]\n"),
        (["1", "1e-3", "no", "3layers"], "- '1'\n- '1e-3'\n- 'no'\n- 3layers\n"),
        ([1e-7, 0.1, 1e16, inf, None, True], "[1e-07, 0.1, 1e+16, .inf, null, true]\n"),
        (["two\nlines"], '- "two\\nlines"\n'),
    ],
)
def test_dump_format(value: object, text: str) -> None:
    assert dump_yaml(value) == text


def test_dump_without_aliases() -> None:
    shared = [1, 2]
    assert dump_yaml({"a": shared, "b": shared}) == "a: [1, 2]\nb: [1, 2]\n"


@examples(1000)
@given(
    st.text("ab01:-,[]{}&*!|>'\"%@#?<~ \n\t\\.eExo", max_size=60)
    | st.text(st.characters(codec=None), max_size=40)
    | st.lists(SPECIAL_TEXTS).map(" ".join)
)
def test_fuzzed_text_is_read_or_rejected_with_position(text: str) -> None:
    tree = parse_collecting_problems(text, "a.yaml")
    for position, _, message in tree.problems:
        assert str(position) == f"a.yaml:{position.line}:{position.column}"
        assert 1 <= position.line <= len(text) + 1
        assert 1 <= position.column <= len(text) + 1
        assert message
    assert same(parse_yaml(dump_yaml(tree.value), "a.yaml").value, tree.value)
