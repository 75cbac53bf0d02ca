"""Blocks of CSV rows: quotes, codes of texts, and the rows that a block cannot hold."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from nnlab.data.tables import csv_blocks, csv_header, csv_text
from nnlab.data.tables.checked_rows import CheckedRows
from nnlab.data.tables.csv_blocks import NumberBlock, codes_in, without_quotes
from nnlab.data.tables.csv_file import CsvSettings, read_csv
from nnlab.data.tables.rows import MISSING, Codes
from nnlab.errors import DataError


@pytest.fixture(autouse=True)
def short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_header, "MOST_AHEAD_ROWS", 3)
    monkeypatch.setattr(csv_text, "BLOCK_BYTES", 40)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"1,2\n", b"1,2\n"),
        (b'"1","2"\n"3",4\r\n', b"1,2\n3,4\r\n"),
        (b'1,"x"\r\n', b"1,x\r\n"),
        (b'"",1\n', b",1\n"),
        (b'"1,2",3\n', None),
        (b'"1\n2",3\n', None),
        (b'"a""b",3\n', None),
        (b'1, "x"\n', None),
        (b'5" disk,3" disk\n', None),
        (b'"1" ,2\n', None),
        (b'"1,2\n', None),
    ],
)
def test_quotes_around_whole_cells_are_taken_off(text: bytes, expected: bytes | None) -> None:
    assert without_quotes(text, ord(",")) == expected


@pytest.mark.parametrize("longest", [64, 2])
def test_codes_of_texts(monkeypatch: pytest.MonkeyPatch, longest: int) -> None:
    monkeypatch.setattr(csv_blocks, "LONGEST_TEXT", longest)
    text = "赤,\nab ,\n,\nabc,\n赤,".encode()
    ends = np.array([text.index(b",", start) for start in (0, 5, 9, 11, 15)])[:, np.newaxis]
    starts = np.array([0, 5, 10, 12, 17])[:, np.newaxis]
    ends[2], ends[4] = 10, 20
    known = Codes()
    for name in ("赤", "ab"):
        known.add(name)
    block = NumberBlock(text, np.zeros((5, 0)), np.ones(5, bool), starts, ends)
    assert codes_in(block, 0, known).tolist() == [0, 1, MISSING, MISSING, 0]


def table_of(path: Path, rows: list[str], **settings: object) -> np.ndarray:
    path.write_text("a,b,kind\n" + "".join(rows), newline="")
    inputs: np.ndarray = read_csv(path, CsvSettings(**settings)).train.inputs  # type: ignore[arg-type]
    return inputs


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    monkeypatch.setattr(csv_blocks, "available_cores", lambda: threads)
    rows = [f"{index / 8},{index}e-1,{'xy'[index % 2]}\n" for index in range(60)]
    expected = [[index / 8, float(f"{index}e-1")] for index in range(60)]
    assert table_of(tmp_path / "table.csv", rows).tolist() == expected


@pytest.mark.parametrize("cell", ['"x,\ny"', '"x ""y"""', '"x\ny', 'x"'])
def test_quoted_text_is_read_as_row_by_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: str) -> None:
    rows = [f'"{index}",{index + 0.5},"x"\n' for index in range(30)]
    rows[20] = f"20,20.5,{cell}\n"
    rows[25] = "25,wrong,x\n"
    messages = []
    for separator in (csv_text.CsvRows.separator, None):
        monkeypatch.setattr(csv_text.CsvRows, "separator", separator)
        with pytest.raises(DataError) as caught:
            table_of(tmp_path / "table.csv", rows)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_empty_cells_are_imputed_within_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    checked: list[int] = []
    read = CheckedRows.read

    def noted(self: CheckedRows, line: int, row: list[str]) -> object:
        checked.append(line)
        return read(self, line, row)

    monkeypatch.setattr(CheckedRows, "read", noted)
    rows = [f"{'' if index % 3 else index},{index},x{end}" for index in range(4, 30)]
    inputs = table_of(tmp_path / "table.csv", ["1,2,y\n", "2,2,x\n", *rows, f",,{end}"], missing="mean")
    expected = [[np.nan if index % 3 else index, index] for index in range(4, 30)]
    np.testing.assert_array_equal(inputs[2:], expected)
    assert checked == [2, 3, 30]  # the first of each class and the blank row; the others were not read one by one


def test_empty_targets_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,price\n" + "".join(f"{index},{index}\n" for index in range(20)) + ",\n21,\n")
    with pytest.raises(DataError, match=r":23: 'price': expected a target"):
        read_csv(path, CsvSettings(target=("price",), missing="mean"))


def test_rows_are_widened_in_the_memory_of_the_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.data.tables.rows.ROWS_WIDENED", 7)
    rows = [f"{'uvw'[index % 3]},{index},{'xy'[index % 2]}\n" for index in range(40)]
    expected = [[*np.eye(3)[index % 3], index] for index in range(40)]
    assert table_of(tmp_path / "table.csv", rows).tolist() == expected


def test_a_line_break_in_quotes_does_not_parse_the_rest_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_blocks, "available_cores", lambda: 1)
    ahead: list[int] = []
    rest = csv_text.CsvRows.rest

    def noted(self: csv_text.CsvRows, line: int, blocks: Sequence[bytes]) -> Iterator[csv_text.Row]:
        ahead.append(len(blocks))
        return rest(self, line, blocks)

    monkeypatch.setattr(csv_text.CsvRows, "rest", noted)
    rows = [f'{i},{i}.5,"up\ndown",a' if i == 30 else f"{i},{i}.5,side,b" for i in range(300)]
    (tmp_path / "table.csv").write_text("x,z,way,kind\n" + "\n".join(rows) + "\n", encoding="utf-8")
    inputs = read_csv(tmp_path / "table.csv").train.inputs
    assert ahead == [1]
    assert len(inputs) == 300
    assert inputs[30, :2].tolist() == [30, 30.5]
    assert inputs[299, :2].tolist() == [299, 299.5]
