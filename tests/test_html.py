from nnlab.html import code, line, table

HOSTILE = "<script>alert(1)</script>\x1b[2J\u202e\"'&"


def test_no_text_is_markup_and_control_characters_are_escaped() -> None:
    for made in (line(HOSTILE), code(HOSTILE), table((HOSTILE,), ((HOSTILE,),), caption=HOSTILE)):
        assert "<script>" not in made
        assert "&lt;script&gt;" in made
        assert "\x1b" not in made
        assert "\u202e" not in made


def test_cells_of_a_table_are_short_and_numbers_aligned_right() -> None:
    made = table(("a", "b"), (("x" * 1000, 3),), numbers=(1,))
    assert "x" * 201 not in made
    assert '<td style="text-align: right">3</td>' in made
