"""Lines of a terminal, in cells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from nnlab.cli.wrapping import wrapped

JAPANESE = (
    "差があるとは言えない（差 1.7 ポイント、シード 6 個、p\xa0=\xa00.25）、シード 6 個中 3 個で上回る。あと約 9 個"
)


@pytest.mark.parametrize("width", [20, 40, 80])
def test_japanese_lines_fit_and_do_not_begin_with_punctuation(width: int) -> None:
    lines = wrapped(JAPANESE, width)
    assert max(map(cell_len, lines)) <= width + 2  # for punctuation that hangs over
    assert not [line for line in lines if line[0] in "、。）；：ー"]
    assert "".join(lines).replace(" ", "") == JAPANESE.replace(" ", "")
    assert any("p\xa0=\xa00.25" in line for line in lines)


def test_english_lines_break_at_spaces() -> None:
    assert wrapped("one two three", 8) == ["one two", "three"]


@given(st.text(alphabet="aあ漢、 。ー（）1", max_size=60), st.integers(4, 30))
def test_no_letter_is_lost(text: str, width: int) -> None:
    assert "".join("".join(wrapped(text, width)).split()) == "".join(text.split())
