"""Safe pickle reader: CIFAR-10's Python version is read, every other pickle is rejected."""

import builtins
import os
import pickle
import pickletools
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.data.files.plain_pickle import read_plain_pickle
from nnlab.errors import DataError

DATA = np.arange(12, dtype=np.uint8).reshape(2, 6)
BATCH = {b"batch_label": b"training batch 1 of 5", b"labels": [6, 9], b"data": DATA, b"filenames": [b"a.png", b"b.png"]}


def short(text: bytes) -> bytes:
    return b"U" + bytes([len(text)]) + text


def python2(rows: bytes = DATA.tobytes(), shape: bytes = b"K\x02K\x06\x86", kind: bytes = b"u1") -> bytes:
    """A batch with the instructions of data_batch_1, as cPickle of Python 2 wrote it."""
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85U\x01b\x87Rq\t(K\x01"
        + shape
        + b"cnumpy\ndtype\nq\n"
        + short(kind)
        + b"K\x00K\x01\x87Rq\x0b(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T"
        + struct.pack("<I", len(rows))
        + rows
        + b"tb"
    )
    labels = b"]q\x05(K\x06K\te"
    return b"\x80\x02}q\x01(" + short(b"labels") + labels + short(b"data") + array + short(b"n") + b"]q\x0cu."


def refusal(content: bytes) -> str:
    with pytest.raises(DataError) as caught:
        read_plain_pickle(content, "f")
    assert str(caught.value).startswith("f: ")
    return str(caught.value)


def test_pickle_of_python_2() -> None:
    found = read_plain_pickle(python2(), "f")
    np.testing.assert_array_equal(found["data"], DATA)
    assert found["labels"] == [6, 9]
    assert pickle.loads(python2(), encoding="bytes")[b"labels"] == [6, 9]  # Python reads it alike


@pytest.mark.parametrize("protocol", [0, 1, 2, 3])
@pytest.mark.parametrize("data", [DATA, np.asfortranarray(DATA)])
def test_every_pickle_protocol(protocol: int, data: np.ndarray) -> None:
    found = read_plain_pickle(pickle.dumps(BATCH | {b"data": data}, protocol), "f")
    np.testing.assert_array_equal(found["data"], DATA)
    assert found["labels"] == [6, 9]
    assert found["filenames"] == [b"a.png", b"b.png"]


class Calls:
    """Pickled as a call."""

    def __init__(self, function, *arguments) -> None:
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 3, 4, 5])
@pytest.mark.parametrize(
    "value",
    [
        Calls(os.system, "exit 1"),
        Calls(builtins.eval, "1/0"),
        Calls(pytest.exit, "unpickled"),
        {b"data": Calls(builtins.exec, "raise SystemExit")},
        {b"data": np.array([os.getcwd], object)},
        {b"data": DATA.astype(float)},
        {1: 2},
        [1],
        {b"labels": {1, 2}},
        {b"labels": 1.5},
    ],
)
def test_other_pickles_are_rejected_without_calls(value, protocol: int) -> None:
    assert "pickle" in refusal(pickle.dumps(value, protocol))


@pytest.mark.parametrize(
    "content",
    [
        b"cos\nsystem\n(S'echo'\ntR.",
        b"(ios\nsystem\n.",
        b"(cos\nsystem\nS'echo'\no.",
        b"\x80\x02cnumpy\nload\n(U\x01atR.",
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncbuiltins\nstr\nK\x00\x85U\x01b\x87R.",
        b"\x80\x02cnumpy\ndtype\n(U\x01OK\x00K\x01tR.",
        b"Pxyz\n.",
        b"\x80\x02U\x01xQ.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
        b"\x80\x02}cnumpy\ndtype\nb.",
        b"\x80\x02)K\x01a.",
    ],
)
def test_import_and_call_opcodes_are_rejected(content: bytes) -> None:
    assert "other pickles are rejected since they can run commands" in refusal(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b".",
        b"\x80\x02}",
        b"\x80\x02h\x05.",
        b"\x80\x02t.",
        b"\x80\x02K\x01\x87.",
        python2(shape=b"K\x02K\x07\x86"),
        python2(shape=b"J\xff\xff\xff\xffJ\xf4\xff\xff\xff\x86"),
        python2(shape=b")"),
    ],
)
def test_damaged_pickles_are_rejected(content: bytes) -> None:
    refusal(content)


def test_truncated_pickles_are_rejected() -> None:
    content = python2()
    for length in range(len(content)):
        refusal(content[:length])


def test_invalid_escape_in_a_name_gives_no_warning() -> None:
    assert "expected a pickle of plain arrays" in refusal(b"\x80\x02cnum\\y\nndarray\n.")


@given(st.data())
def test_fuzzed_pickle_is_plain_data_or_data_error(data: st.DataObject) -> None:
    content = bytearray(python2())
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[at] = data.draw(st.integers(0, 255))
    try:
        found = read_plain_pickle(bytes(content), "f")
    except DataError as error:
        message = str(error)
    else:
        assert all(isinstance(key, str) for key in found)
        return
    assert message.startswith("f: ")


def test_pickle_bomb_of_copied_text() -> None:
    text = b"X" + struct.pack("<I", 1 << 20) + b"a" * (1 << 20) + b"q\x00"
    copies = b"c_codecs\nencode\nh\x00U\x06latin1\x86Ra" * 500
    content = b"\x80\x02}U\x01a]" + text + b"a" + copies + b"s."
    tracemalloc.start()
    try:
        assert "the same text too many times" in refusal(content)
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


def test_deeply_nested_pickle_is_rejected() -> None:
    refusal(b"\x80\x02" + b")" + b"\x85" * 100_000 + b".")
    refusal(b"\x80\x02cnumpy\ndtype\n)" + b"\x85" * 100_000 + b"K\x00K\x01\x87R.")


def test_number_of_opcodes_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    count = sum(1 for _ in pickletools.genops(python2()))
    monkeypatch.setattr("nnlab.data.files.plain_pickle.MOST_INSTRUCTIONS", count)
    read_plain_pickle(python2(), "f")
    monkeypatch.setattr("nnlab.data.files.plain_pickle.MOST_INSTRUCTIONS", count - 1)
    assert f"more than {count - 1} instructions" in refusal(python2())
