"""Strings of strangers on the console and in pictures: markup, escape sequences, characters that reorder text."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from nnlab.spec.tree import dump_tree

ESCAPES = "\x1b[31m\x1b]0;title\x07"
TEXTS = {
    "markup": "[/markup][bold]",
    "escapes": ESCAPES,
    "c1": "\x9b31mred",
    "bidirectional": "txt.\u202egpj\u2066",
    "formula": "$\\frac{$",
    "percent": "{name} %s %(x)d \\",
    "underscore": "_hidden",
    "lines": "one\ntwo\rthree\u2028four\x85five",
    "invisible": "a\u200b\u00ad\ufeff\U000e0041",
    "noncharacter": "\uffff\U0010ffff",
    "long": "long" * 100,
    "scripts": "עברית العربية हिन्दी 🏳️‍🌈",
}
hostile = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())


def write_table(path: Path, text: str) -> None:
    """Points in the plane with hostile names of columns and classes."""
    quoted = '"' + text.replace('"', '""') + '"'
    rows = [f"{index % 7},{index % 5},{quoted if index % 2 else 'b'}" for index in range(20)]
    path.write_text("\n".join([f"{quoted},y,label", *rows, ""]), encoding="utf-8", newline="")


def spec_of_table(**more: Any) -> str:
    spec = {
        "data": {"name": "table", "path": "table.csv"},
        "model": {"name": "mlp", "hidden": [3]},
        "optimizer": "adam",
        "train": {"iterations": 3, "batch_size": 5, "eval_every": 1, "diagnostics": True},
        "compute": {"threads": 1},
    }
    return dump_tree(spec | more)


@hostile
def test_names_of_columns_and_classes(harmless: Any, tmp_path: Path, text: str) -> None:
    write_table(tmp_path / "table.csv", text)
    (tmp_path / "spec.yaml").write_text(spec_of_table(), encoding="utf-8")
    run = harmless("train", "spec.yaml", code=0).stdout.splitlines()[-1]
    harmless("data", "show", "spec.yaml", code=0)
    harmless("show", "spec.yaml", code=0)
    pictures = harmless("plot", run, "boundary", "confusion", "--format", "svg", code=0).stdout.splitlines()
    for picture in pictures:
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", Path(picture).read_text(encoding="utf-8"))
    harmless("train", "spec.yaml", "-s", f"data.label={json.dumps(text + 'x')}", code=4)
    harmless("train", "spec.yaml", "-s", f"data.features=[{json.dumps(text)}]", "--dry-run", code=0)
