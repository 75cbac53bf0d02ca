from pathlib import Path

import numpy as np
import pytest

from nnlab.data.input_format import Column
from nnlab.data.tables import csv_arrays as table_reading
from nnlab.data.tables import csv_header, csv_text
from nnlab.data.tables.checked_rows import MOST_CATEGORIES
from nnlab.data.tables.csv_file import CsvSettings, read_csv
from nnlab.data.tables.csv_samples import read_rows
from nnlab.data.tables.csv_text import CsvFormat
from nnlab.errors import DataError

HOUSES = "rooms,town,heated,price\n3,Oslo,yes,low\n4,Rome,no,high\n5,Oslo,yes,high\n2,Bern,no,low\n6,Rome,yes,low\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


def read(path: Path, content: str, **settings: object) -> list[list[float]]:
    path.write_text(content, encoding="utf-8")
    inputs: list[list[float]] = read_csv(path, CsvSettings(**settings)).train.inputs.tolist()  # type: ignore[arg-type]
    return inputs


# ---- categories ----


def test_text_columns_are_one_hot_encoded(table: Path) -> None:
    inputs = read(table, HOUSES)
    assert inputs[:3] == [[3, 0, 1, 0, 0, 1], [4, 0, 0, 1, 1, 0], [5, 0, 1, 0, 0, 1]]
    dataset = read_csv(table)
    assert dataset.columns == (
        Column("rooms"),
        Column("town", ("Bern", "Oslo", "Rome")),
        Column("heated", ("no", "yes")),
    )
    assert dataset.inputs.feature_names == ("rooms", "town=Bern", "town=Oslo", "town=Rome", "heated=no", "heated=yes")
    assert "feature 'town': 3 categories, one-hot encoded (Bern, Oslo, Rome)" in dataset.notes


@pytest.mark.parametrize(
    ("cells", "categories"),
    [
        (["TRUE", "FALSE"], ("FALSE", "TRUE")),
        (["b", "a"], ("a", "b")),
        (["10", "9"], ("9", "10")),
        (["1", "1.0"], ("1",)),
        (["10", "9", "x"], ("10", "9", "x")),
        (["薔薇", "百合"], ("百合", "薔薇")),
    ],
)
def test_categories_are_sorted(table: Path, cells: list[str], categories: tuple[str, ...]) -> None:
    rows = "".join(f"{cell},1,{kind}\n" for cell in cells for kind in "xy")
    read(table, f"a,b,kind\n{rows}", categorical=("a",))
    assert read_csv(table, CsvSettings(categorical=("a",))).columns[0] == Column("a", categories)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["1", "2", "more"], ":4: 'a': expected a finite number, found 'more': data.categorical: .a. makes the column"),
        (["0%", "5%"], ":2: 'a': .* a percentage"),
        (["2024-01-01", "2024-01-02"], ":2: 'a': .* a date or time; exclude the column with data.exclude"),
        (["1/2/2024", "13/2/2024"], "a date or time"),
        (["12:30", "13:45:10"], "a date or time"),
        (["2024年1月1日", "2024年1月2日"], "a date or time"),
        (["１", "２"], "full-width digits"),
        (["$5", "$7.50"], "an amount of money"),
        (["¥1,000", "¥200"], "an amount of money"),
        (["1_000", "2_000"], "in the notation of a programming language or script"),
        (["0x1F", "0x2A"], "in the notation of a programming language or script"),
        (["inf", "inf"], "infinite or too large"),
        (
            ["Braund, Mr", "Cumings", "Heikkinen", "Allen"],
            "4 distinct values in 4 rows: exclude the column",
        ),
    ],
)
def test_invalid_text_is_rejected(table: Path, cells: list[str], message: str) -> None:
    rows = "".join(f'"{cell}",1,{kind}\n' for cell, kind in zip(cells, "xyxyx", strict=False))
    with pytest.raises(DataError, match=message) as caught:
        read(table, f"a,b,kind\n{rows}")
    assert "\n" not in str(caught.value)


def test_categorical_refuse(table: Path) -> None:
    with pytest.raises(DataError, match=":2: 'town': expected a finite number, found 'Oslo'"):
        read(table, HOUSES, categorical="refuse")


def test_number_in_text_column_needs_categorical(table: Path) -> None:
    content = "a,kind\n" + "low,x\nhigh,y\n" * 600 + "3,x\n"
    with pytest.raises(DataError, match=":1202: 'a': expected text, found '3': the rows above are text"):
        read(table, content)
    assert read(table, content, categorical=("a",))[-1] == [1, 0, 0]


def test_number_of_categories_is_limited(table: Path) -> None:
    rows = "".join(f"t{i},{'xy'[i % 2]}\n" for i in range(MOST_CATEGORIES + 1))
    with pytest.raises(DataError, match="expected at most 1000 categories"):
        read(table, f"a,kind\n{rows}", categorical=("a",))


# ---- missing values ----

ABSENT = ["", "NA", "na", "N/A", "#N/A", "nan", "NaN", "NULL", "null", "None", "?", " ? "]


@pytest.mark.parametrize("absent", ABSENT)
def test_missing_feature_refuse_drop_or_nan(table: Path, absent: str) -> None:
    content = f"a,b,kind\n1,2,x\n{absent},5,x\n3,4,y\n"
    with pytest.raises(DataError, match=r":3: 'a': expected a finite number, found .*data\.missing: drop removes"):
        read(table, content)
    assert read(table, content, missing="drop") == [[1, 2], [3, 4]]
    np.testing.assert_array_equal(read(table, content, missing="mean"), [[1, 2], [np.nan, 5], [3, 4]])


@pytest.mark.parametrize("absent", ABSENT)
def test_missing_label(table: Path, absent: str) -> None:
    content = f"a,b,kind\n1,2,x\n7,5,{absent}\n3,4,y\n"
    for missing in ("refuse", "mean", 0.0):
        with pytest.raises(DataError, match=r":3: 'kind': expected a label, found .*data\.missing: drop"):
            read(table, content, missing=missing)
    assert read(table, content, missing="drop") == [[1, 2], [3, 4]]
    assert "1 row with missing values dropped" in read_csv(table, CsvSettings(missing="drop")).notes


@pytest.mark.parametrize(
    ("values", "classes"),
    [(("-999",), ("none", "x")), (("none", "-999"), ("x", "y")), (("",), ("-999", "none", "x"))],
)
def test_missing_values_key(table: Path, values: tuple[str, ...], classes: tuple[str, ...]) -> None:
    table.write_text("a,kind\n1,x\n2,none\n3,-999\n" + ("4,y\n" if classes == ("x", "y") else ""))
    dataset = read_csv(table, CsvSettings(CsvFormat(missing_values=values), missing="drop"))
    assert dataset.class_names == classes


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("blocks", [True, False])
@pytest.mark.parametrize("missing", ["refuse", "drop", "mean", "median", 0.5])
def test_numeric_missing_values(
    table: Path, monkeypatch: pytest.MonkeyPatch, missing: str | float, blocks: bool, quote: str
) -> None:
    if blocks:
        monkeypatch.setattr(csv_header, "MOST_AHEAD_ROWS", 3)
        monkeypatch.setattr(csv_text, "BLOCK_BYTES", 60)
    marked = [row % 4 == 3 for row in range(60)]
    cells = ["-999" if absent else str(row) for row, absent in enumerate(marked)]
    lines = [["a", "b", "kind"], *([cell, "-9.5", "xy"[row % 2]] for row, cell in enumerate(cells))]
    content = "".join(",".join(f"{quote}{cell}{quote}" for cell in line) + "\n" for line in lines)
    form = CsvFormat(missing_values=("", "?", "-999"))
    if missing == "refuse":
        with pytest.raises(DataError, match=r":5: 'a': expected a finite number, found '-999': data\.missing_values"):
            read(table, content, form=form)
        return
    expected = [
        [np.nan if absent else row, -9.5] for row, absent in enumerate(marked) if missing != "drop" or not absent
    ]
    np.testing.assert_array_equal(read(table, content, form=form, missing=missing), expected)


def test_missing_values_are_compared_as_text(table: Path) -> None:
    content = "a,b,kind\n-999,-999.0,x\n-999.0,-999,y\n1,-999.00,x\n"
    form = CsvFormat(missing_values=("-999",))
    nan = np.nan
    np.testing.assert_array_equal(
        read(table, content, form=form, missing="mean"), [[nan, -999], [-999, nan], [1, -999]]
    )
    comma = CsvFormat(missing_values=("-9,5",), decimal=",")
    content = "a;b;kind\n-9,5;2;x\n-9,50;1,5;y\n"
    np.testing.assert_array_equal(read(table, content, form=comma, missing="mean"), [[nan, 2], [-9.5, 1.5]])
    inputs = read(table, content.replace("2;x", "-9,50;x"), form=comma, missing="mean", categorical=("b",))
    np.testing.assert_array_equal(inputs, [[nan, 1, 0], [-9.5, 0, 1]])


def test_missing_value_is_no_other_spelling_of_category(table: Path) -> None:
    content = "a,b,kind\n1.0,1,x\n1,2,x\n2,3,y\n1.00,4,y\n"
    settings = {"form": CsvFormat(missing_values=("1",)), "missing": 0.0, "categorical": ("a",)}
    assert read(table, content, features=("a",), **settings) == [[1, 0], [0, 0], [0, 1], [1, 0]]


def test_missing_category_is_all_zeros(table: Path) -> None:
    content = HOUSES + "7,?,yes,low\n"
    assert read(table, content, missing="mean")[-1] == [7, 0, 0, 0, 0, 1]
    assert len(read(table, content, missing="drop")) == 5
    with pytest.raises(DataError, match=r":7: 'town': expected a category, found '\?'"):
        read(table, content)


# ---- rows of another file ----


def test_columns_of_another_file_are_matched_by_name(table: Path) -> None:
    columns = (Column("rooms"), Column("town", ("Bern", "Oslo", "Rome")), Column("heated", ("no", "yes")))
    table.write_text("heated,town,extra,rooms\nyes,Rome,1,9\nno,Bern,2,8\n")
    inputs, labels, *_ = read_rows(table, columns)
    assert inputs.tolist() == [[9, 0, 0, 1, 0, 1], [8, 1, 0, 0, 1, 0]]
    assert labels is None
    table.write_text("price,heated,town,rooms\nhigh,yes,Rome,9\nlow,no,Bern,8\n")
    assert read_rows(table, columns, label="price", class_names=("high", "low"))[1].tolist() == [0, 1]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("rooms,heated\n1,yes\n2,no\n", "expected the 3 columns of the training samples, missing 'town'"),
        ("Rooms,town,heated\n1,Oslo,yes\n", "missing 'rooms'; is 'rooms' called 'Rooms' here"),
        (
            "rooms,town,heated\n1,Paris,yes\n",
            r":2: 'town': expected a category of .* \(Bern, Oslo, Rome\), found 'Paris'",
        ),
        ("rooms,town,heated\n?,Oslo,yes\n", r":2: 'rooms': expected a finite number, found '\?'"),
        ("rooms,town,heated\n", "expected samples, found none"),
    ],
)
def test_mismatched_file_is_rejected(table: Path, content: str, message: str) -> None:
    columns = (Column("rooms"), Column("town", ("Bern", "Oslo", "Rome")), Column("heated", ("no", "yes")))
    table.write_text(content)
    with pytest.raises(DataError, match=message):
        read_rows(table, columns)


def test_unknown_category_is_missing(table: Path) -> None:
    columns = (Column("rooms"), Column("town", ("Bern", "Oslo"), missing=0.0))
    table.write_text("rooms,town\n1,Paris\n2,Oslo\n")
    assert read_rows(table, columns, missing="mean")[0].tolist() == [[1, 0, 0], [2, 0, 1]]
    assert read_rows(table, columns, missing="drop")[0].tolist() == [[2, 0, 1]]


def test_file_without_header_has_same_columns_or_only_features(table: Path) -> None:
    columns = (Column("c2"), Column("c3"))
    form = CsvFormat(header=False)
    table.write_text("x,1,2\ny,3,4.5\n")
    assert read_rows(table, columns, form)[0].tolist() == [[1, 2], [3, 4.5]]
    table.write_text("1,2\n3,4.5\n")
    assert read_rows(table, columns, form)[0].tolist() == [[1, 2], [3, 4.5]]


# ---- many rows at once, the short way and the careful one ----


@pytest.mark.parametrize("repeats", [1, 40])
@pytest.mark.parametrize(
    ("content", "settings"),
    [
        (HOUSES, {}),
        ("a,b,kind\n1e-3,-0,x\n+.5,1.7976931348623157e308,y\n 3 , 4. ,x\n", {}),
        ("a,b,kind\n0.1,-0.0,x\n.5,123456789.125,y\n-3,4.,x\n0.12345678901234567,99999999999999999,y\n", {}),
        ("a,b,kind\r\n1,2.5,x\r\n3,4,y\r\n", {}),
        ("a;b;kind\n1,5;2;薔薇\n3;4e-1;百合\n", {"form": CsvFormat(decimal=",")}),
        ("kind,b,a\nx,1,2\n1.0,2,3\n1,3,4\n", {"label": "kind"}),
        ("a,b,kind\n1,?,x\nNA,2,y\n3,3,?\n4,4,x\n5,5,y\n", {"missing": "drop"}),
        ("a,b,kind\n1,?,x\nNA,2,y\n4,4,x\n", {"missing": 0.5}),
        ("a,b,kind\n1,-9,x\n-9.0,2,y\n4,4,x\n", {"form": CsvFormat(missing_values=("-9",)), "missing": "mean"}),
        ('"a","b","kind"\n"1","2","x, 1"\n\n"3","4","y\nz"\n,,\n', {}),
        ("# c\na,b,kind,\n1,2,x,\n# d\n3,4,y,\n", {"features": ("b", "a")}),
        ("# c\na,b,kind\n1,2,x\n\n3,4,y\n,,\n# 5,4,x\n", {"features": ("b",)}),
        ("part,a,kind\ntrain,1,x\ntest,2,y\ntrain,3,y\n", {"split_column": "part"}),
        ("a\tb\tkind\n1\t2\tx\n3\t4\ty\n", {}),
        ("a b  kind\n1 2  x\n3 4  y\n", {}),
    ],
)
def test_block_and_row_readers_agree(
    table: Path, monkeypatch: pytest.MonkeyPatch, content: str, settings: dict[str, object], repeats: int
) -> None:
    lines = content.splitlines(keepends=True)
    names = 2 if content.startswith("#") else 1
    table.write_bytes("".join(lines[:names] + lines[names:] * repeats).encode())
    chosen = CsvSettings(**settings)  # type: ignore[arg-type]  # as a spec gives them
    usual = read_csv(table, chosen)
    monkeypatch.setattr(csv_header, "MOST_AHEAD_ROWS", 2 + names)
    monkeypatch.setattr(csv_text, "BLOCK_BYTES", 40)
    in_blocks = read_csv(table, chosen)
    monkeypatch.setattr(csv_text.CsvRows, "separator", None)
    short = read_csv(table, chosen)

    def never(cells: object) -> list[float]:
        raise ValueError

    monkeypatch.setattr(table_reading.Cells, "reader", lambda self, *, plain: never)
    careful = read_csv(table, chosen)
    for other in (usual, in_blocks, short):
        for part, split in careful.splits.items():
            assert split.inputs.tobytes() == other.splits[part].inputs.tobytes()
            np.testing.assert_array_equal(split.targets, other.splits[part].targets)
        assert (other.columns, other.class_names, other.notes) == (careful.columns, careful.class_names, careful.notes)


def test_invalid_cell_in_block_has_its_line(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_header, "MOST_AHEAD_ROWS", 10)
    monkeypatch.setattr(csv_text, "BLOCK_BYTES", 100)
    rows = [f"{i},{i / 4},{'xy'[i % 2]}\n" for i in range(300)]
    rows[200] = "200,abc,x\n"
    rows[250] = "1,2,3,4\n"
    with pytest.raises(DataError) as caught:
        read(table, f"a,b,kind\n{''.join(rows)}")
    first, second = str(caught.value).splitlines()
    assert ":202: 'b': expected a finite number, found 'abc'" in first
    assert ":252: expected 3 cells as in the header, found 4" in second


@pytest.mark.slow
def test_long_cells_and_many_columns_are_fast(table: Path) -> None:
    with pytest.raises(DataError, match="expected a finite number, found '1111"):
        read(table, f"a,kind\n1,x\n{'1' * 100_000}x,y\n")
    columns = tuple(Column(f"f{index}") for index in range(30_000))
    table.write_text(",".join(column.name for column in reversed(columns)) + "\n" + ",".join("1" * 30_000) + "\n")
    assert read_rows(table, columns)[0].shape == (1, 30_000)
    rows = "".join(f"{','.join('xy'[i % 2] * 9_999)},{i % 3},{'xy'[i % 2]}\n" for i in range(6))
    inputs = read(table, ",".join(f"t{i}" for i in range(9_999)) + f",n,kind\n{rows}")
    assert np.shape(inputs) == (6, 2 * 9_999 + 1)
