import re
from pathlib import Path

import pytest

from nnlab.data.tables.csv_encoding import ENCODINGS, guess_encoding
from nnlab.data.tables.csv_file import CsvSettings, read_csv
from nnlab.data.tables.csv_text import CsvFormat
from nnlab.errors import DataError

FLOWERS = "花弁長,萼片長,種類\r\n" + "1.5,2,薔薇\r\n0.5,1,百合\r\n" * 3
LATIN = "Länge;Größe;Art\n" + "1.5;2;Röschen\n0.5;1;Lilie\n" * 3
JAPANESE = [
    "花弁長,種類",
    "カラム,ラベル",
    "ひらがな,テスト",
    "年齢,性別,合否",
    "表示,ソート,能力",
    "東京,大阪",
    "身長cm,体重kg",
]


def settings(encoding: str) -> CsvSettings:
    return CsvSettings(CsvFormat(encoding=encoding))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_utf_8_and_utf_16_with_byte_order_mark_are_detected(table: Path, codec: str) -> None:
    mark = "\ufeff" if codec in {"utf-16-le", "utf-16-be"} else ""
    table.write_bytes((mark + FLOWERS).encode(codec))
    dataset = read_csv(table)
    assert [column.name for column in dataset.columns] == ["花弁長", "萼片長"]
    assert dataset.class_names == ("百合", "薔薇")


@pytest.mark.parametrize(
    ("encoding", "codec", "text"),
    [
        *(
            (encoding, codec, FLOWERS)
            for encoding, codec in ENCODINGS.items()
            if codec not in {"cp1252", "latin-1"} and encoding not in {"big5", "euc_kr"}
        ),
        ("cp932", "cp932", FLOWERS.replace("薔薇", "髙橋①")),
        ("shift_jis", "cp932", FLOWERS.replace("薔薇", "髙橋①")),
        ("big5", "big5", FLOWERS.replace("種類", "種").replace("萼片長", "長")),
        ("euc_kr", "cp949", "길이,폭,종류\n1,2,장미\n2,1,백합\n"),
        ("cp1252", "cp1252", LATIN.replace("Art", "€")),
        ("latin-1", "latin-1", LATIN),
    ],
)
def test_given_encoding(table: Path, encoding: str, codec: str, text: str) -> None:
    table.write_bytes(text.encode(codec))
    dataset = read_csv(table, settings(encoding))
    assert dataset.train.inputs[:2].tolist() in ([[1.5, 2], [0.5, 1]], [[1, 2], [2, 1]])
    assert all(name in text for name in dataset.class_names)


@pytest.mark.parametrize("text", JAPANESE)
@pytest.mark.parametrize("encoding", ["cp932", "euc_jp"])
def test_japanese_encodings_are_detected(text: str, encoding: str) -> None:
    assert guess_encoding(text.encode(encoding)) == (encoding, text)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Länge;Breite;Höhe", "latin-1"),
        ("espèce,été,forêt", "latin-1"),
        ("año,tamaño", "latin-1"),
        ("température (°C),humidité", "latin-1"),
        ("Prix en €,qualité", "cp1252"),
        ("São Paulo,Florianópolis", "latin-1"),
        ("Ærø,København,Århus", "latin-1"),
    ],
)
def test_latin_encodings_are_detected(text: str, encoding: str) -> None:
    assert guess_encoding(text.encode(encoding)) == (encoding, text)


@pytest.mark.parametrize("sample", [b"\xff\xfe\xfd", b"a,\x81\x20,b", bytes(range(128, 256))])
def test_binary_data_has_no_encoding(sample: bytes) -> None:
    assert guess_encoding(sample) is None


@pytest.mark.parametrize(
    ("contents", "encoding", "message"),
    [
        (FLOWERS.encode("cp932"), "auto", ":1: expected UTF-8 text, found bytes that look like cp932 ('花弁長')"),
        (b"a,b,kind\n" + b"1,2,x\n" * 60 + "1,2,髙橋①\n".encode("cp932"), "auto", ":62: .* look like cp932 "),
        (b"a,b,kind\n" + b"1,2,x\n" * 60_000 + "1,2,薔薇\n".encode("euc_jp"), "auto", ":60002: .* look like euc_jp "),
        (FLOWERS.encode("iso2022_jp"), "auto", "look like iso2022_jp"),
        (LATIN.encode("latin-1"), "auto", r":1: .* latin-1 \('Länge'\): save it as UTF-8, or add encoding: latin-1"),
        (FLOWERS.encode("cp932"), "euc_jp", "expected euc_jp text, found bytes that look like cp932"),
        (FLOWERS.encode(), "cp932", ":[0-9]+: expected cp932 text"),
        (FLOWERS.encode("utf-16-le"), "auto", "without a byte order mark: save it as UTF-8, or add encoding: utf"),
        (FLOWERS.encode("utf-16-be"), "auto", "look like utf-16-be without a byte order mark"),
        (FLOWERS.encode(), "utf-16", ":1: expected UTF-16 text with a byte order mark, found none"),
        (FLOWERS.encode("utf-16")[:-1], "auto", "expected utf-16 text, found other bytes"),
        (b"a,kind\n1,x\n2,y\n\0\0\0", "auto", ":4: expected text, found a NUL character: the file is damaged"),
        (b"a,kind\n1,x\n2,\x81\xff\n", "auto", ":3: expected UTF-8 text, found other bytes: save it as UTF-8"),
    ],
)  # fmt: skip
def test_error_names_encoding_and_line(table: Path, contents: bytes, encoding: str, message: str) -> None:
    table.write_bytes(contents)
    with pytest.raises(DataError) as caught:
        read_csv(table, settings(encoding))
    assert re.search(message.replace("('花弁長')", r"\('花弁長'\)"), str(caught.value))
    assert "\n" not in str(caught.value)
