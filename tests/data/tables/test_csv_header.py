from pathlib import Path

import pytest

from nnlab.data.tables.csv_file import CsvSettings, read_csv
from nnlab.data.tables.csv_text import CsvFormat
from nnlab.errors import DataError

IRIS = "5.1,3.5,1.4,rose\n4.9,3,1.4,lily\n4.7,3.2,1.3,iris\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "table.data"


@pytest.mark.parametrize(
    "content",
    [
        IRIS,
        IRIS.replace(",", "\t"),
        "5,3,4,good\n0,0,0,bad\n1,1,1,good\n",
        "5,3,4,good\n0,0,0,bad\n1,1,1,fair\n",
        "0,0,bad\n1,1,good\n2,2,bad\n",
        "low,2,unacc\nmed,4,acc\nlow,more,unacc\n",
        "vhigh,vhigh,2,small,unacc\nhigh,low,4,big,acc\nvhigh,low,2,small,unacc\n",
        "0,234,1,213\n1,249,245,228\n2,115,234,242\n",
        "1,13.07,1.7,100\n2,14.16,1.4,101\n1,15.07,1.1,102\n",
        "M,17.99,10.38\nB,20.57,17.77\nM,19.69,21.25\n",
        "39,State-gov,13,Male\n50,Private,13,Male\n38,Private,9,Female\n",
        "p,x,s,n\ne,x,s,y\np,b,s,n\n",
        "?,2,x\n1,3,y\n2,4,x\n",
        "1,0,0,1,a\n0,1,0,0,b\n0,0,1,1,a\n",
        "5.1 3.5 1\n4.9 3.0 2\n4.7 3.2 1\n",
    ],
)
def test_missing_header_is_rejected_with_advice(table: Path, content: str) -> None:
    table.write_text(content)
    with pytest.raises(DataError, match=r":1: expected a header row .* add header: false to data") as caught:
        read_csv(table)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "names",
    [
        "a,b,c,kind",
        "0,1,2,kind",
        "1,2,3,kind",
        "1,2,3,4",
        "2018,2019,2021,kind",
        "width 1,width 2,0,kind",
        "V1,V2,V3,V4",
        "x,y,z,label",
        "長さ,幅,高さ,種類",
        "rose_width,b,c,rose_or_not",
    ],
)
def test_headers_that_resemble_samples(table: Path, names: str) -> None:
    table.write_text(f"{names}\n{IRIS}" * 1, encoding="utf-8")
    form = CsvFormat(header=True) if names == "1,2,3,4" else CsvFormat()
    dataset = read_csv(table, CsvSettings(form))
    assert [column.name for column in dataset.columns] == names.split(",")[:3]
    assert len(dataset.train) == 3


def test_header_false_numbers_columns_from_1(table: Path) -> None:
    table.write_text(IRIS)
    form = CsvFormat(header=False)
    dataset = read_csv(table, CsvSettings(form))
    assert [column.name for column in dataset.columns] == ["c1", "c2", "c3"]
    assert len(dataset.train) == 3
    chosen = read_csv(table, CsvSettings(form, label="c4", features=("c2",)))
    assert chosen.train.inputs.tolist() == [[3.5], [3], [3.2]]


@pytest.mark.parametrize(
    ("there", "wanted"), [("ガ", "カ\u3099"), ("カ\u3099", "ガ"), ("é", "e\u0301"), ("e\u0301", "é")]
)
def test_column_names_are_compared_in_nfc(table: Path, there: str, wanted: str) -> None:
    table.write_text(f"{there},b,kind\n1,2,x\n2,1,y\n", encoding="utf-8")
    assert read_csv(table, CsvSettings(features=(wanted,))).train.inputs.tolist() == [[1], [2]]
    assert read_csv(table, CsvSettings(exclude=(wanted,))).train.inputs.tolist() == [[2], [1]]


@pytest.mark.parametrize(
    ("settings", "features"),
    [
        ({"exclude": ("id",)}, ["a", "b"]),
        ({"exclude": ("id", "a")}, ["b"]),
        ({"exclude": ("kind",), "label": "b"}, ["id", "a"]),
        ({"exclude": ("kind",)}, ["id", "a"]),
    ],
)
def test_excluded_columns(table: Path, settings: dict[str, tuple[str, ...]], features: list[str]) -> None:
    table.write_text("id,a,b,kind\n" + "".join(f"{i * 3},{i * 7 % 5},{i % 2},{'xy'[i % 2]}\n" for i in range(20)))
    dataset = read_csv(table, CsvSettings(**settings))  # type: ignore[arg-type]  # as a spec gives them
    assert [column.name for column in dataset.columns] == features


def test_unnamed_column_can_be_excluded(table: Path) -> None:
    table.write_text(",a,kind\n0,1,x\n1,3,y\n")
    assert read_csv(table, CsvSettings(exclude=("",))).train.inputs.tolist() == [[1], [3]]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"exclude": ("aa",)}, r"data\.exclude: no column 'aa'; did you mean 'a'\?"),
        ({"exclude": ("kind",), "label": "kind"}, r"data\.label: 'kind' is excluded"),
        ({"exclude": ("a", "kind")}, "at least one feature and the label"),
        ({"exclude": ("a",)}, "at least one feature besides the label 'kind'"),
        ({"split_column": "part"}, r"data\.split_column: no column 'part'"),
        ({"categorical": ("kind",)}, r"data\.categorical: 'kind' is not one of the features"),
        ({"categorical": ("knd",)}, r"data\.categorical: no column 'knd'; did you mean 'kind'\?"),
    ],
)
def test_invalid_column_selection(table: Path, settings: dict[str, tuple[str, ...]], message: str) -> None:
    table.write_text("a,kind\n1,x\n2,y\n")
    with pytest.raises(DataError, match=message):
        read_csv(table, CsvSettings(**settings))  # type: ignore[arg-type]  # as a spec gives them
