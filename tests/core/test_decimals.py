import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nnlab.core.decimals import read_block

COMMA, POINT, SEMICOLON = b",.;"
CELLS = st.one_of(
    st.text("0123456789.+-", max_size=20),
    st.integers(-(10**17), 10**17).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.decimals(-(10**6), 10**6, places=5).map(str),
    st.decimals(-1, 1, places=22).map("{:f}".format),
    st.integers(10**15, 10**18).map(lambda n: f"{n // 10**15}.{n % 10**15:015}"),
    st.text("0123456789.+-eE_ xn:/?\x00\x7fé０", max_size=10),
)


@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=8), end=st.sampled_from(["\n", "\r\n"])
)
@example(rows=[["0.1", "-0", "+.5"], ["9007199254740991", "9007199254740992", "0.9007199254740993"]], end="\n")
@example(rows=[["12345678", "123456789", "1234567812345678"], ["", ".", "-"]], end="\r\n")
def test_valid_numbers_equal_float(rows: list[list[str]], end: str) -> None:
    text = "".join(",".join(row) + end for row in rows).encode()
    block = read_block(text, COMMA, POINT, 3)
    assert block is not None
    for index, row in enumerate(rows):
        for column, cell in enumerate(row):
            start, stop = block.starts[index, column], block.ends[index, column]
            assert text[start:stop].decode().removesuffix("\r") == cell
            if block.valid[index, column]:
                assert float(block.values[index, column]).hex() == float(cell).hex()


@pytest.mark.parametrize(
    "cell",
    [
        *("0", "255", "-1", "+1", "0.5", ".5", "5.", "-0.0", "00012", "12345678.125", "123456789", "0.000000000001234"),
        *("-12.345678901234567", "0.12345678901234567", "0.0012345678901234567", "123456789012345678"),
    ],
)
def test_decimal_numbers_are_valid(cell: str) -> None:
    block = read_block(f"{cell};{cell}\n".encode(), SEMICOLON, POINT, 2)
    assert block is not None
    assert block.valid.all()
    assert block.values.tolist() == [[float(cell)] * 2]


@pytest.mark.parametrize(
    "cell", ["", ".", "-", "--1", "1.2.3", "1e5", "nan", "inf", "1_0", " 1", "1 ", "?", "0x1", "１", "1,5"]
)
def test_other_notations_are_invalid(cell: str) -> None:
    block = read_block(f"{cell};1\n".encode(), SEMICOLON, POINT, 2)
    assert block is not None
    assert block.valid.tolist() == [[False, True]]


@pytest.mark.parametrize(
    "cell", ["9007199254740993", "4503599627370497.5", "1234567890123456789", "0.12345678901234567890123"]
)
def test_doubtful_and_overlong_numbers_are_left_to_float(cell: str) -> None:
    block = read_block(f"{cell},1\n".encode(), COMMA, POINT, 2)
    assert block is not None
    assert block.valid.tolist() == [[False, True]]


def test_seventeen_digits_equal_float() -> None:
    cells = list(
        map(repr, (np.random.default_rng(0).standard_normal(4000) * 10.0 ** np.arange(-4, 4).repeat(500)).tolist())
    )
    block = read_block("".join(f"{cell}\n" for cell in cells).encode(), COMMA, POINT, 1)
    assert block is not None
    assert block.valid.mean() > 0.9
    expected = np.array([float(cell) for cell in cells])[:, np.newaxis]
    np.testing.assert_array_equal(block.values[block.valid], expected[block.valid])


def test_decimal_comma() -> None:
    block = read_block(b"0,25;-1,5\n1.5;2\n", SEMICOLON, COMMA, 2)
    assert block is not None
    assert block.values[0].tolist() == [0.25, -1.5]
    assert block.valid.tolist() == [[True, True], [False, True]]


@pytest.mark.parametrize("text", [b"1,2\n3\n", b"1,2\n\n3,4\n", b"1,2,3\n", b"\n", b"1\n2,3,4\n"])
def test_rows_of_unequal_width(text: bytes) -> None:
    assert read_block(text, COMMA, POINT, 2) is None


def test_large_block_equals_loadtxt() -> None:
    rows = np.random.RandomState(0).randn(300, 20) * 10.0 ** np.arange(-3, 17)
    text = "".join(",".join(f"{x:.3f}" for x in row) + "\n" for row in rows)
    block = read_block(text.encode(), COMMA, POINT, 20)
    assert block is not None
    expected = np.loadtxt(text.splitlines(), delimiter=",")
    assert block.valid[:, :15].all()
    np.testing.assert_array_equal(block.values[block.valid], expected[block.valid])
