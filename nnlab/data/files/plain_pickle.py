"""Safe reader for pickles of plain dictionaries with uint8 arrays, such as CIFAR-10's Python version.

A pickle is a program. Python's unpickler imports and calls whatever the program names; this reader supports only the
opcodes that those files contain (protocols 0 to 3), calls nothing, and rejects everything else.
"""

import pickletools
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.files.reading import error_text
from nnlab.errors import DataError
from nnlab.text import one_line, quote

MOST_INSTRUCTIONS = 2_000_000
"""The files of CIFAR-10 have about 40,000 each."""

MOST_DIMENSIONS = 4

_RECONSTRUCT, _NDARRAY, _DTYPE, _ENCODE = "_reconstruct", "ndarray", "dtype", "encode"
_GLOBALS = {
    "numpy.core.multiarray _reconstruct": _RECONSTRUCT,
    "numpy._core.multiarray _reconstruct": _RECONSTRUCT,
    "numpy ndarray": _NDARRAY,
    "numpy dtype": _DTYPE,
    "_codecs encode": _ENCODE,
}
_VALUES = {
    *("INT", "BININT", "BININT1", "BININT2", "STRING", "BINSTRING", "SHORT_BINSTRING"),
    *("UNICODE", "BINUNICODE", "BINBYTES", "SHORT_BINBYTES"),
}
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class _Unsupported(Exception):
    """The pickle contains something other than plain data."""


@dataclass(frozen=True)
class _Name:
    """A global that Python would import; here only its name."""

    name: str


class _Mark:
    """The stack mark at the start of a tuple, list or dictionary."""


class _Bytes:
    """The dtype uint8."""


class _Raw:
    """An array under construction."""

    array: Array | None = None


def read_plain_pickle(content: bytes, where: str) -> dict[str, Any]:
    """The dictionary in a pickle, with text keys and NumPy arrays of uint8.

    Raises DataError, prefixed with ``where``, for a pickle with any other content.
    """
    machine = _PickleMachine(len(content))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # pickletools warns of invalid escapes in text
            for count, (instruction, argument, _) in enumerate(pickletools.genops(content)):
                if count >= MOST_INSTRUCTIONS:
                    raise _Unsupported(f"more than {MOST_INSTRUCTIONS} instructions")
                machine.step(instruction.name, argument)
        found = machine.result()
    except _Unsupported as error:
        raise DataError(
            f"{where}: expected a pickle of plain arrays and lists, found {one_line(str(error), 200)}; "
            "other pickles are rejected since they can run commands"
        ) from None
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise DataError(f"{where}: damaged pickle: {error_text(error)}") from None
    return found


class _PickleMachine:
    """The virtual machine of pickle: a stack and a memo."""

    def __init__(self, size: int) -> None:
        self._most_copied = size
        self._copied = 0
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        """Execute one opcode; raises _Unsupported for opcodes that plain data does not need."""
        stack = self._stack
        if name in _VALUES:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name]())
        elif name in ("BINPUT", "LONG_BINPUT", "PUT"):
            self._memo[argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            stack.append(self._memo[argument])
        elif name == "MARK":
            stack.append(_Mark)
        elif name in _TUPLES:
            count = _TUPLES[name]
            if len(stack) < count:
                raise ValueError("a tuple larger than the stack")
            stack[-count:] = [tuple(stack[-count:])]
        elif name in ("TUPLE", "LIST", "DICT"):
            items = self._since_mark()
            stack.append(tuple(items) if name == "TUPLE" else items if name == "LIST" else _dictionary(items))
        elif name in ("APPEND", "APPENDS"):
            items = [stack.pop()] if name == "APPEND" else self._since_mark()
            _of_type(stack[-1], list).extend(items)
        elif name in ("SETITEM", "SETITEMS"):
            items = [stack.pop(-2), stack.pop()] if name == "SETITEM" else self._since_mark()
            _of_type(stack[-1], dict).update(_dictionary(items))
        elif name == "GLOBAL":
            if argument not in _GLOBALS:
                raise _Unsupported(f"the name {quote(argument.replace(' ', '.'))}")
            stack.append(_Name(_GLOBALS[argument]))
        elif name == "REDUCE":
            arguments = stack.pop()
            stack.append(self._call(stack.pop(), _of_type(arguments, tuple)))
        elif name == "BUILD":
            state = stack.pop()
            self._set_state(stack[-1], state)
        elif name not in ("PROTO", "STOP"):
            raise _Unsupported(f"the instruction {name}")

    def result(self) -> dict[str, Any]:
        """The result of the program."""
        if len(self._stack) != 1 or not isinstance(self._stack[0], dict):
            raise _Unsupported("no dictionary")
        return {_text(key): value.array if isinstance(value, _Raw) else value for key, value in self._stack[0].items()}

    def _since_mark(self) -> list[Any]:
        start = len(self._stack) - 1
        while self._stack[start] is not _Mark:
            start -= 1
            if start < 0:
                raise ValueError("no mark")
        items = self._stack[start + 1 :]
        del self._stack[start:]
        return items

    def _call(self, function: Any, arguments: tuple[Any, ...]) -> Any:
        """The calls in the pickle of an array: an empty array, the dtype uint8, text as bytes."""
        match function, arguments:
            case _Name(name="_reconstruct"), (_Name(name="ndarray"), (0,), _):
                return _Raw()
            case _Name(name="dtype"), ("u1" | b"u1", int(), int()):
                return _Bytes()
            case _Name(name="encode"), (str(text), "latin1" | "latin-1"):
                return self._encoded(text)
            case _Name(name="dtype"), (str(kind), *_):
                raise _Unsupported(f"an array of {quote(kind)}, not of uint8")
        raise _Unsupported("an unsupported call")

    def _set_state(self, unfinished: Any, state: Any) -> None:
        """Set the state of an array or a dtype."""
        match unfinished, state:
            case _Bytes(), (int(), *_):
                return
            case _Raw(), (int(), tuple(shape), _Bytes(), int(by_columns), (bytes() | str()) as data):
                content = self._encoded(data) if isinstance(data, str) else data
                sides = [side for side in shape if type(side) is int and side >= 0]
                if not 1 <= len(shape) == len(sides) <= MOST_DIMENSIONS or prod(sides) != len(content):
                    raise ValueError(f"an array whose shape does not match its {len(content)} bytes")
                array: Array = np.frombuffer(content, np.uint8)
                unfinished.array = array.reshape(sides, order="F" if by_columns else "C")
                return
        raise _Unsupported("an unsupported object state")

    def _encoded(self, text: str) -> bytes:
        """Latin-1 text as bytes; rejects a program that copies more bytes than the file has."""
        self._copied += len(text)
        if self._copied > self._most_copied:
            raise _Unsupported("the same text too many times")
        return text.encode("latin-1")


def _of_type(value: Any, kind: type[Any]) -> Any:
    if type(value) is not kind:
        raise _Unsupported(f"a value that is not a {kind.__name__}")
    return value


def _dictionary(items: list[Any]) -> dict[Any, Any]:
    keys, values = items[::2], items[1::2]
    if any(type(key) not in (bytes, str) for key in keys):
        raise _Unsupported("a key that is not text")
    return dict(zip(keys, values, strict=True))


def _text(value: bytes | str) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
