"""Calls into a learner's code: reproducible random numbers, and errors with the line of that code."""

import random
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import nnlab
from nnlab.errors import CheckFailed, Interrupted, NnlabError, PluginError, UsageError
from nnlab.text import escape_control, one_line

SEED = 20_150_526
LIBRARIES = (str(Path(nnlab.__file__).parent), str(Path(np.__file__).parent))


class CodeRaised(UsageError):
    """The code under test raised an exception; the message has its file and line."""


@contextmanager
def isolated(offset: int = 0) -> Iterator[None]:
    """Run code with the same random numbers each time and without floating-point warnings.

    Seeds the generators of NumPy and Python that have global state, and each ``np.random.default_rng()`` without a
    seed; restores them afterwards. Backward has another ``offset``, as it does not draw forward's numbers again in
    training. Exceptions become CodeRaised.
    """
    numpy_state, python_state, unseeded = np.random.get_state(), random.getstate(), np.random.default_rng
    np.random.set_state(_numpy_state(offset))
    random.seed(SEED + offset)
    np.random.default_rng = _seeded(unseeded, SEED + offset)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (Interrupted, KeyboardInterrupt, CodeRaised, CheckFailed):
        raise
    except BaseException as error:  # sys.exit(), too
        raise CodeRaised(located(error)) from error
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)
        np.random.default_rng = unseeded


@cache
def _numpy_state(offset: int) -> Any:
    """Setting a state takes a fifth of the time of seeding."""
    return np.random.RandomState(SEED + offset).get_state()


def _seeded(make: Callable[..., np.random.Generator], own: int) -> Callable[..., np.random.Generator]:
    return lambda seed=None: make(own if seed is None else seed)


def located(error: BaseException) -> str:
    """``my_layer.py:12: ValueError: ...``, with the last line that is neither nnlab's nor NumPy's."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(LIBRARIES)]
    if isinstance(error, PluginError):  # which has its place already
        return str(error)
    kind = "" if isinstance(error, NnlabError) else f"{type(error).__name__}: "
    text = one_line(str(error), 300) or "no message"
    if not own:
        return f"{kind}{text}"
    return f"{escape_control(Path(own[-1].filename).name)}:{own[-1].lineno}: {kind}{text}"


def line_of(subject: Any) -> str:
    """``my_layer.py:12``, where a function or a method of a class is defined; its name where that is not known."""
    for found in (subject, getattr(subject, "forward", None), getattr(subject, "__init__", None)):
        code = getattr(found, "__code__", None)
        if code is not None:
            return f"{escape_control(Path(code.co_filename).name)}:{code.co_firstlineno}"
    return one_line(str(getattr(subject, "__name__", type(subject).__name__)))
