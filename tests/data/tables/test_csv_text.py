from pathlib import Path

import pytest

from nnlab.data.tables.csv_file import CsvSettings, read_csv
from nnlab.data.tables.csv_text import CsvFormat
from nnlab.errors import DataError

GOOD = "a,b,kind\n1,2,x\n3,4.5,y\n"
INPUTS = [[1, 2], [3, 4.5]]


def read(folder: Path, content: str, **form: object) -> list[list[float]]:
    path = folder / "table.csv"
    path.write_bytes(content.encode())
    dataset = read_csv(path, CsvSettings(CsvFormat(**form)))  # type: ignore[arg-type]  # as a spec gives them
    assert dataset.class_names == ("x", "y")
    return dataset.train.inputs.tolist()


@pytest.mark.parametrize(
    "content",
    [
        "sep=,\n" + GOOD,
        "sep=;\r\n" + GOOD.replace(",", ";").replace("\n", "\r\n"),
        "\ufeffsep=;\r\n" + GOOD.replace(",", ";"),
        "SEP=|\n" + GOOD.replace(",", "|"),
        '"sep=;"\n' + GOOD.replace(",", ";"),
        "sep=:\n" + GOOD.replace(",", ":"),
        "sep=\t\n" + GOOD.replace(",", "\t"),
        GOOD + ",,\n,,\n",
        GOOD.replace("\n", "\n,,\n"),
        GOOD.replace("\n", ",\n"),
        GOOD.replace("\n", ",,,\n"),
        "# made by logger v2\n" + GOOD,
        "# made by logger v2, 2024, site B\n\n" + GOOD,
        "#one\n#two\n" + GOOD + "# the end\n",
        GOOD.replace("3,4.5", "# a pause\n3,4.5"),
        "# a,b,kind\n1,2,x\n3,4.5,y\n",
        "#a,b,kind\n1,2,x\n3,4.5,y\n",
        GOOD.replace(",", " "),
        GOOD.replace(",", " \t  "),
        GOOD.replace(",", "\t").replace("1\t", "1\t\t"),
        "  " + GOOD.replace(",", "   ").replace("\n", "  \n  "),
        '"a b" b kind\n1 2 "x"\n3 4.5 "y"\n',
        '"a, 1"|"b|2"|kind\n1|2|x\n3|4.5|y\n',
    ],
)
def test_csv_exports_of_other_programs(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content) == INPUTS


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (GOOD.replace(",", ":"), {"separator": ":"}),
        (GOOD.replace(",", "\t"), {"separator": "tab"}),
        (GOOD.replace(",", "\t"), {"separator": "\t"}),
        (GOOD.replace(",", "\t\t"), {"separator": "whitespace"}),
        ("a;b;kind\n1,0;2;x\n3;4,5;y\n", {"decimal": ","}),
        ("a;b;kind\n1,0;2,0;x\n3,0;4,5;y\n", {"decimal": ",", "separator": ";"}),
        ("a\tb\tkind\n1\t2,0\tx\n3\t45e-1\ty\n", {"decimal": ","}),
        ('a,b,kind\n"1,0",2,x\n3,"4,5",y\n', {"decimal": ",", "separator": ","}),
        ("1;2;x\n3;4,5;y\n", {"decimal": ",", "header": False}),
        ("Flowers 2024,,\n" + GOOD, {"skip_rows": 1}),
        ("Flowers 2024\n\n" + GOOD, {"skip_rows": 2}),
        ('"a title with "" quotes, and commas"\n' + GOOD, {"skip_rows": 1}),
        ("x,y,z,u\n" + GOOD, {"skip_rows": 1}),
        ("sep=;\nTitle\n" + GOOD.replace(",", ";"), {"skip_rows": 2}),
        ("1,2,x\n3,4.5,y\n", {"header": False}),
        ("\n1,2,x,\n3,4.5,y,\n", {"header": False}),
        ("5,2018,kind\n1,2,x\n3,4.5,y\n", {"header": True}),
    ],
)
def test_given_format(tmp_path: Path, content: str, form: dict[str, object]) -> None:
    assert read(tmp_path, content, **form) == INPUTS


@pytest.mark.parametrize(
    ("content", "form", "message"),
    [
        (GOOD, {"skip_rows": 9}, r"data\.skip_rows: expected more than 9 lines, found 3"),
        (GOOD, {"skip_rows": 3}, "found an empty file"),
        (GOOD, {"separator": ";"}, r"at least one feature .* \(data\.separator is ';'\)"),
        ("a;kind\n1.5;x\n2;y\n", {"decimal": ","}, ":2: 'a': .* found '1.5': a number with a decimal point"),
        ("a;kind\n1.234,5;x\n2;y\n", {"decimal": ","}, ":2: 'a': .* found '1.234,5': a number with thousands sep"),
        ("a;kind\n0,5;x\n2;y\n", {}, ":2: 'a': .* found '0,5': a number with a decimal comma; add decimal: ','"),
        ("a;kind\n1,000;x\n2;y\n", {}, ":2: 'a': .* remove the thousands separators, or add decimal: ','"),
        ("a,kind\n1 000 000,x\n2,y\n", {}, ":2: 'a': .* thousands separators"),
        ("Flowers 2024\n\na,b,kind\n1,2,x\n", {}, "single cell 'Flowers 2024': .* starts at line 3, add skip_rows: 2"),
        ("Flowers\nof 2024\na,b,kind\n1,2,x\n", {}, ":1: .* starts at line 3, add skip_rows: 2"),
        (GOOD + "a,b,kind\n1,2,x\n", {}, ":4: expected a sample, found the header again"),
        (GOOD + "#,1,x\n", {}, ":4: 'a': expected a finite number, found '#'"),
        (GOOD, {"header": False}, ":1: expected a sample, as data.header is false, found 'a' above numbers"),
    ],
)  # fmt: skip
def test_wrong_format(tmp_path: Path, content: str, form: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read(tmp_path, content, **form)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    ["number;kind\n1,5;x\n2,5;y\n", "a;b;kind\n1,0;2,0;x\n3,0;4,5;y\n"],
)
def test_decimal_comma_is_not_the_separator(tmp_path: Path, content: str) -> None:
    with pytest.raises(DataError, match=r"decimal comma|expected 2 cells"):
        read(tmp_path, content)
