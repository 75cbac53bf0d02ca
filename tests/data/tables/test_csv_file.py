import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnlab.data.tables.csv_file import CsvSettings, read_csv
from nnlab.errors import DataError

GOOD = "a,b,kind\n1,2,x\n3,4.5,y\n"
INPUTS = [[1, 2], [3, 4.5]]


@pytest.fixture
def table(tmp_path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD.rstrip("\n"),
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace(",", "|"),
        GOOD.replace(",", "   "),
        GOOD.encode("utf-16"),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        GOOD.replace("\n", "\n\n  \n"),
        "\n\n" + GOOD,
        GOOD.replace(",", " , "),
        b"\xef\xbb\xbf" + GOOD.encode(),
        '"a","b","kind"\n"1","2","x"\n"3","4.5","y"\n',
        'a, b, "kind"\n1, 2, "x"\n3, 4.5, "y"\n',
        "a,b,kind\n+1,2e0,x\n3.,.45e1,y\n",
    ],
)
def test_csv_dialects(table, content):
    dataset = read_csv(table(content))
    assert dataset.train.inputs.tolist() == INPUTS
    assert dataset.train.inputs.dtype == np.float64
    assert dataset.train.targets.tolist() == [0, 1]
    assert dataset.train.targets.dtype == np.intp
    assert dataset.class_names == ("x", "y")


def test_separator_inside_column_name(table):
    path = table("size, cm;weight, kg;kind, any\n1;2;x\n3;4.5;y\n")
    assert read_csv(path).train.inputs.tolist() == INPUTS
    assert read_csv(path, CsvSettings(label="kind, any", features=("weight, kg",))).train.inputs.tolist() == [
        [2],
        [4.5],
    ]


def test_columns_in_given_order(table):
    path = table("id,kind,a,b\nr1,x,1,2\nr2,y,3,4.5\n")
    dataset = read_csv(path, CsvSettings(label="kind", features=("b", "a")))
    assert dataset.train.inputs.tolist() == [[2, 1], [4.5, 3]]
    assert dataset.class_names == ("x", "y")


def test_unused_column_needs_no_name(table):
    path = table(",a,kind\n0,1,x\n1,3,y\n")
    assert read_csv(path, CsvSettings(features=("a",))).train.inputs.tolist() == [[1], [3]]
    with pytest.raises(DataError, match="column 1 has no name"):
        read_csv(path)


def test_quoted_cells(table):
    dataset = read_csv(table('a,kind\n1,"x, ""or"" \n y"\n2,z\n'))
    assert dataset.class_names == ('x, "or" \n y', "z")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "expected a header row and samples, found an empty file"),
        ("\n\n", "found an empty file"),
        ("a,b,kind\n", "expected samples below the header row, found none"),
        ("1,2,3\n4,5,6\n", ":1: expected a header row .* found only numbers"),
        ("5.1,3.5,rose\n4.9,3.0,rose\n", ":1: expected a header row .* found the number 5.1"),
        ("a,b,a\n1,2,x\n", ":1: .*found 'a' twice"),
        ("kind\nx\ny\n", ":1: expected at least one feature besides the label 'kind'"),
        ("a/b/kind\n1/2/x\n", "separators are comma, semicolon, tab, | and spaces"),
        ("a,kind\n1,x\n2\n", ":3: expected 2 cells as in the header, found 1"),
        ("a,kind\n1,x\n2,y,z\n", ":3: expected 2 cells as in the header, found 3"),
        ("a,kind\n1,x\n,y\n", ":3: 'a': expected a finite number, found nothing"),
        ("a,kind\n1,x\n\n\nNA,y\n", ":5: 'a': expected a finite number, found 'NA'"),
        ("a;kind\n1;x\n1,5;y\n", ":3: 'a': expected a finite number, found '1,5'"),
        ("a,kind\n1,x\nnan,y\n", ":3: 'a': .*found 'nan'"),
        ("a,kind\n1,x\n-inf,y\n", ":3: 'a': .*found '-inf'"),
        ("a,kind\n1,x\n1e999,y\n", ":3: 'a': .*found '1e999'"),
        ("a,kind\n1,x\n2, \n", ":3: 'kind': expected a label, found nothing"),
        ("a,kind\n1,x\n2,x\n", "'kind': expected 2 to 10000 classes, found 1"),
        ("a,price\n1,2.5\n2,3.5\n", "'price': .*found '2.5': this looks like a regression target"),
        ('a,kind\n1,x\n2,"y\n3,z\n', ":3: unexpected end of data"),
        ('a,kind\n1,x\n2,"y"z\n', ":3: "),
        ("a,kind\n1," + "x" * 200_000 + "\n", ":2: field larger than field limit"),
        ("x" * 200_000, ":1: field larger than field limit"),
        (b"a,kind\n1,x\n2,\xff\n", ":3: expected UTF-8 text"),
        (b"a,kind\n" + b"1,x\n" * 10_000 + b"2,\xfc\n", ":10002: expected UTF-8 text"),
        (GOOD.encode("utf-32"), ": expected UTF-8 text, found UTF-32"),
        ("a,kind\n1,x\n\x1b[31m,y\n", r"found '\\x1b\[31m'"),
    ],
)
def test_invalid_csv(table, content, message):
    path = table(content)
    with pytest.raises(DataError) as caught:
        read_csv(path)
    assert str(caught.value).startswith(str(path))
    assert re.search(message, str(caught.value))
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("label", "features", "message"),
    [
        ("knid", None, r":1: data\.label: no column 'knid'; did you mean 'kind'\?"),
        ("zzzzz", None, r"no column 'zzzzz'; the columns are 'a, b, kind'"),
        ("", None, "no column ''"),
        (None, ["a", "B"], r":1: data\.features: no column 'B'; did you mean 'b'\?"),
        (None, ["a", "a"], r"data\.features: expected each column once"),
        (None, ["a", "kind"], "not the label 'kind'"),
        (None, [], "expected at least one feature"),
    ],
)
def test_misspelt_column_name(table, label, features, message):
    with pytest.raises(DataError, match=message):
        read_csv(table(GOOD), CsvSettings(label=label, features=features))


def test_five_invalid_cells_are_reported_at_once(table):
    path = table("a,b,kind\n1,?,x\n1,2\n?,?,\n1,2,y\n?,?,y\n")
    with pytest.raises(DataError) as caught:
        read_csv(path)
    lines = str(caught.value).splitlines()
    assert [line.removeprefix(f"{path}:").split(": expected")[0] for line in lines] == [
        "2: 'b'",
        "3",
        "4: 'a'",
        "4: 'b'",
        "4: 'kind'",
    ]


def test_error_in_multiline_row_has_its_first_line(table):
    with pytest.raises(DataError, match=r"table\.csv:5: 'a'"):
        read_csv(table('a,kind\n1,"x\n\nx"\n?,"y\ny"\n'))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["p, q", 'r"s', "t;u", "v"])),
        min_size=2,
        max_size=20,
    ).filter(lambda rows: len({label for _, label in rows}) > 1),
    delimiter=st.sampled_from(",;\t"),
)
def test_csv_writer_round_trip(tmp_path, rows, delimiter):
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(["number", "kind"])
    writer.writerows((repr(number), label) for number, label in rows)
    path = tmp_path / "table.csv"
    path.write_bytes(text.getvalue().encode())
    dataset = read_csv(path)
    assert dataset.train.inputs[:, 0].tolist() == [number for number, _ in rows]
    assert [dataset.class_names[index] for index in dataset.train.targets] == [label for _, label in rows]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=60) | st.text('a1.,;\t\n\r" \0é', max_size=40).map(str.encode))
def test_fuzzed_bytes_are_table_or_data_error(tmp_path, content):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    try:
        dataset = read_csv(path)
    except DataError as error:
        message = str(error)
    else:
        assert len(dataset.train.inputs) == len(dataset.train.targets) > 1
        return
    assert message.startswith(str(path))


@pytest.mark.parametrize("cell", ["1_000", "\u0663"])
def test_python_number_notations_are_rejected(table, cell: str) -> None:
    with pytest.raises(DataError, match=cell):
        read_csv(table(f"a,b,kind\n1,2,x\n{cell},4.5,y\n"))
