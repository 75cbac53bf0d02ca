"""docs/trace.md: its blocks are what the command prints, and its arithmetic is right."""

import re
from math import exp, log
from pathlib import Path

import pytest
from documents import ROOT, blocks

PAGE = ROOT / "docs" / "trace.md"
# ``2*0.5 + -1*0.25 = 0.75`` in inline code.
CALCULATION = re.compile(r"`([-0-9.*/+ ()explog]+) = (-?[0-9.]+)`")


def test_printed_lines_are_those_of_the_command(nnlab, tmp_path: Path) -> None:
    (Path("two.csv")).write_text(blocks(PAGE, "csv")[0].text, encoding="utf-8")
    (Path("by_hand.yaml")).write_text(blocks(PAGE, "yml")[0].text, encoding="utf-8")
    printed = nnlab("trace", "by_hand.yaml").stdout.splitlines()
    pages = blocks(PAGE, "text")
    assert len(pages) == 6
    for block in pages:
        command, *expected = block.text.splitlines()
        assert command == "$ nnlab trace by_hand.yaml"
        at = printed.index(expected[0])
        skipping = False
        for line in expected:
            if line == "...":
                skipping = True
                continue
            at = printed.index(line, at) if skipping else at
            assert printed[at] == line
            at, skipping = at + 1, False


CALCULATIONS = CALCULATION.findall(PAGE.read_text(encoding="utf-8"))


def test_page_has_calculations_of_every_part() -> None:
    assert len(CALCULATIONS) >= 22


@pytest.mark.parametrize(("expression", "result"), CALCULATIONS)
def test_calculation_is_right(expression: str, result: str) -> None:
    """To the digits that the page prints."""
    value = eval(expression, {"__builtins__": {}, "exp": exp, "log": log})
    digits = len(result.lstrip("-0.").replace(".", ""))
    assert value == pytest.approx(float(result), rel=2 * 10.0 ** -min(digits, 6), abs=1e-12)
