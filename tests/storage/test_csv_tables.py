"""Reading CSV files, and the report of damage."""

from math import isnan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.errors import RunError
from nnlab.records.formats import csv_line
from nnlab.storage import csv_tables
from nnlab.storage.csv_tables import Table, csv_rows, read_table

COLUMNS = ("step", "loss")


def read(
    folder: Path, text: str | bytes, *, unfinished: bool = False, gaps: bool = False, short_block: int = 0
) -> Table:
    path = folder / "steps.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(csv_tables, "SHORT_BLOCK_BYTES", short_block)
        return read_table(path, COLUMNS, unfinished=unfinished, gaps=gaps)


@given(losses=st.lists(st.floats(), max_size=20))
def test_every_number_reads_back_equal(tmp_path_factory: pytest.TempPathFactory, losses: list[float]) -> None:
    text = "step,loss\n" + "".join(csv_line([step, loss]) for step, loss in enumerate(losses))
    table = read(tmp_path_factory.mktemp("table"), text)
    assert table["step"].tolist() == list(range(len(losses)))
    assert [repr(loss) for loss in table["loss"].tolist()] == [repr(loss) for loss in losses]


def test_further_columns_are_read_too(tmp_path: Path) -> None:
    table = read(tmp_path, "step,loss,gradient_norm\n1,2.0,3.5\n")
    assert {name: column.tolist() for name, column in table.items()} == {
        "step": [1],
        "loss": [2.0],
        "gradient_norm": [3.5],
    }


def test_empty_cells_become_nan_only_where_gaps_are_allowed(tmp_path: Path) -> None:
    assert isnan(read(tmp_path, "step,loss\n1,\n", gaps=True)["loss"][0])
    with pytest.raises(RunError, match=r"steps\.csv:2: loss: must be a number, got ''"):
        read(tmp_path, "step,loss\n1,\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r":1: expected the header step,loss, found ''"),
        ("step,loss", r":1: expected the header step,loss, found 'step,loss'"),
        ("loss,step\n", r":1: expected the header step,loss, found 'loss,step'"),
        ("step,loss,loss\n", r":1: expected the header"),
        ("step,loss\n1,2.0\ngarbage\n", r":3: expected 2 cells, found 1: 'garbage'"),
        ("step,loss\n1,2.0,3.0\n", r":2: expected 2 cells, found 3"),
        ("step,loss\n1,2.0\n\n", r":3: expected 2 cells, found 1"),
        ("step,loss\n1,two\n", r":2: loss: must be a number, got 'two'"),
        ("step,loss\none,2.0\n", r":2: step: must be a number, got 'one'"),
        ("step,loss\n1,1_000\n", r":2: loss: must be a number, got '1_000'"),
        ("step,loss\n1,2.0\n2,1", r":3: the line is cut off: '2,1'"),
        (b"step,loss\n1,2.0\n\0\0\0\0", r":3: the line is cut off: '\\x00"),
        (b"step,loss\n1,\xff\n", r":2: loss: must be a number"),
        ("step,loss\n1,\x1b[31m\n", r":2: loss: must be a number, got '\\x1b\[31m'"),
        ("step,loss\n1,2.0\n1,2.0\n", r":3: step: must be a whole number above 1, got 1"),
        ("step,loss\n5,2.0\n3,2.0\n", r":3: step: must be a whole number above 5, got 3"),
        ("step,loss\n-1,2.0\n", r":2: step: must be a whole number, got -1"),
        ("step,loss\n1.5,2.0\n", r":2: step: must be a whole number, got 1\.5"),
        ("step,loss\n1,2.0\nnan,2.0\n", r":3: step: must be a whole number above 1, got nan"),
        ("step,loss\ninf,2.0\ninf,2.0\n", r":2: step: must be a whole number, got inf"),
    ],
)
def test_damage_is_reported_with_its_line(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(RunError, match="steps.csv" + message) as caught:
        read(tmp_path, text)
    assert "\x1b" not in str(caught.value)
    assert caught.value.exit_code == 5


@given(data=st.binary(max_size=200))
def test_any_bytes_give_a_table_or_a_run_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("table")
    for unfinished in (False, True):
        fault = ""
        try:
            table = read(folder, b"step,loss\n" + data, unfinished=unfinished, gaps=True)
        except RunError as error:
            fault = str(error)
        assert "steps.csv:" in fault or len(table["step"]) == len(table["loss"]) <= data.count(b"\n")


@pytest.mark.parametrize("text", ["", "step,lo", "step,loss\n", "step,loss\n1", "step,loss\n1,2."])
def test_an_unfinished_file_may_end_anywhere(tmp_path: Path, text: str) -> None:
    assert len(read(tmp_path, text, unfinished=True)["step"]) == 0


def test_an_unfinished_file_is_still_checked(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"steps\.csv:2: loss"):
        read(tmp_path, "step,loss\n1,x\n2,1.", unfinished=True)


def test_windows_line_ends_are_read(tmp_path: Path) -> None:
    assert read(tmp_path, "step,loss\r\n1,2.0\r\n")["loss"].tolist() == [2.0]


def test_a_missing_file_and_a_folder_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"steps\.csv: missing"):
        read_table(tmp_path / "steps.csv", COLUMNS, unfinished=False, gaps=False)
    (tmp_path / "steps.csv").mkdir()
    with pytest.raises(RunError, match=r"steps\.csv: must be a file"):
        read_table(tmp_path / "steps.csv", COLUMNS, unfinished=False, gaps=False)


def test_oversized_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_tables, "MAX_TABLE_BYTES", 20)
    with pytest.raises(RunError, match="30 B is more than the 20 B"):
        read(tmp_path, "step,loss\n" + "1,2.0\n" * 3 + "1,")


@given(
    st.lists(
        st.lists(st.sampled_from(["1", "2.5", "-3e-05", "", "nan", "1_0", "x", "3", "4"]), max_size=3), max_size=9
    ),
    st.sampled_from(["\n", "\n", "\r\n", ",", ""]),
    st.booleans(),
    st.booleans(),
    st.integers(1, 12),
)
def test_blocks_of_lines_give_what_single_lines_give(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[list[str]],
    end: str,
    unfinished: bool,
    gaps: bool,
    block: int,
) -> None:
    text = "step,loss\n" + "".join(f"{index},{','.join(line)}{end}" for index, line in enumerate(lines))
    folder, answers = tmp_path_factory.mktemp("blocks"), []
    for short_block in (0, csv_tables.SHORT_BLOCK_BYTES):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(csv_tables, "BLOCK_BYTES", block)
            try:
                answers.append(str(read(folder, text, unfinished=unfinished, gaps=gaps, short_block=short_block)))
            except RunError as error:
                answers.append(str(error))
    assert answers[0] == answers[1]


def test_overlong_line_is_not_read_whole(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"steps\.csv:2: the line is cut off: '0000"):
        read(tmp_path, "step,loss\n" + "0" * 70_000 + ",1\n")


def quoted_cells(folder: Path, text: str) -> list[list[str]]:
    path = folder / "path.csv"
    path.write_text(text, encoding="utf-8")
    with csv_rows(path, ("rule", "step"), unfinished=False, quoted=True) as (_, rows):
        return [cells for _, cells in rows]


def test_quoted_cells_may_contain_commas(tmp_path: Path) -> None:
    assert quoted_cells(tmp_path, 'rule,step\n"sgd lr=1, decay=2",0\nsgd,1\n') == [
        ["sgd lr=1, decay=2", "0"],
        ["sgd", "1"],
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('rule,step\nsgd,0\n"sgd,1\n', r"path\.csv:3: cannot be read: "),
        ("rule,step\nsgd,0\nsgd", r"path\.csv:3: the line is cut off: 'sgd'"),
        ("rule,step\n\n", r"path\.csv:2: expected 2 cells, found 0: ''"),
    ],
)
def test_damaged_quoted_cells_are_reported_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(RunError, match=message):
        quoted_cells(tmp_path, text)


def test_an_overlong_line_of_an_unfinished_file_is_damage(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"steps\.csv:2: the line is cut off: '0000"):
        read(tmp_path, "step,loss\n" + "0" * 70_000, unfinished=True)
