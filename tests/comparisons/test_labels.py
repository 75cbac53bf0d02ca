"""Short labels of keys and values."""

import pytest

from nnlab.comparisons.labels import distinguishing_labels, setting_text, short_keys
from nnlab.text import format_value, one_line


def test_values_are_written_as_in_a_spec() -> None:
    assert format_value([40, None, True, "relu", {"a": 1e-7}]) == "[40, null, true, relu, {a: 1e-07}]"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"name": "momentum", "lr": 0.1, "nested": {"a": [1, None]}}, "momentum, lr 0.1, nested {a: [1, null]}"),
        ({"name": "adam"}, "adam"),
        ({"lr": 0.1}, "{lr: 0.1}"),
        ([50, 20], "[50, 20]"),
        ("adam", "adam"),
        (True, "true"),
    ],
)
def test_components_are_written_by_their_name(value: object, text: str) -> None:
    assert setting_text(value) == text


def test_control_characters_in_labels_are_escaped() -> None:
    assert one_line("a\x1b[31m\nb") == "a\\x1b[31m\\nb"
    assert len(one_line("x" * 500, 40)) == 40


@pytest.mark.parametrize(
    ("keys", "short"),
    [
        (["optimizer.name", "optimizer.lr"], ["optimizer", "lr"]),
        (["name", "seed"], ["name", "seed"]),
        (["optimizer.momentum", "model.batch_norm.momentum"], ["optimizer.momentum", "batch_norm.momentum"]),
        (["a.b.c", "b.c", "c"], ["a.b.c", "b.c", "c"]),
    ],
)
def test_short_keys_are_unambiguous(keys: list[str], short: list[str]) -> None:
    assert list(short_keys(keys).values()) == short


def labels(*rows: dict[str, object]) -> list[str]:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    return distinguishing_labels(rows, short_keys(keys), [f"run{index}" for index in range(len(rows))])


def test_labels_leave_out_what_follows_from_another_key() -> None:
    adam = {"optimizer.name": "adam", "optimizer.lr": 0.01, "optimizer.beta1": 0.9}
    sgd = {"optimizer.name": "sgd", "optimizer.lr": 0.1}
    assert labels(adam, sgd) == ["optimizer adam, lr 0.01", "optimizer sgd, lr 0.1"]


def test_labels_name_a_key_that_only_one_row_has_where_nothing_else_differs() -> None:
    assert labels({"model.batch_norm": False}, {"model.batch_norm.eps": 1e-5}) == ["batch_norm false", "eps 1e-05"]


def test_rows_that_no_key_distinguishes_get_titles() -> None:
    assert labels({}, {}) == ["run0", "run1"]
    assert labels({"a": 1}, {"a": 1}, {"a": 2}) == ["run0, a 1", "run1, a 1", "a 2"]


def test_long_labels_keep_the_most_distinguishing_keys() -> None:
    rows: list[dict[str, object]] = [
        {"data.path": "p" * 25, "notes": notes * 25, "optimizer.name": name, "train.iterations": iterations}
        for notes, name, iterations in [("0", "adam", 100), ("1", "sgd", 100), ("0", "nadam", 101)]
    ]
    assert labels(*rows) == [
        f"notes {'0' * 25}, optimizer adam, iterations 100",
        f"notes {'1' * 25}, optimizer sgd, iterations 100",
        f"notes {'0' * 25}, optimizer nadam, iterations 101",
    ]
    rows[1]["data.path"] = "q" * 25
    assert labels(*rows) == ["optimizer adam", "optimizer sgd", "optimizer nadam"]


def test_values_that_differ_only_beyond_the_cut_get_titles() -> None:
    long = ["x" * 100 + ending for ending in "ab"]
    assert labels({"path": long[0]}, {"path": long[1]})[0].startswith("run0, path xxx")
