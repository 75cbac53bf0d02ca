"""Work shared out over threads comes back in order, whole, and with what went wrong."""

import threading

import numpy as np
import pytest

from nnlab.core.threads import Workers, available_cores


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_results_come_in_order_whoever_computed_them(threads: int, count: int) -> None:
    assert Workers(threads).run(lambda index: index * index, count) == [index * index for index in range(count)]


def test_as_many_threads_work_as_were_asked_for() -> None:
    meeting = threading.Barrier(3, timeout=10)  # passed only when three are there at once
    assert len(set(Workers(3).run(lambda index: (meeting.wait(), threading.get_ident())[1], 3))) == 3


@pytest.mark.parametrize("bad", [0, 1])
def test_what_goes_wrong_in_any_thread_is_raised(bad: int) -> None:
    def fail(index: int) -> None:
        if index == bad:
            raise ValueError(f"part {index}")

    with pytest.raises(ValueError, match=f"part {bad}"):
        Workers(2).run(fail, 2)


def test_nobody_works_any_more_when_an_error_arrives() -> None:
    finished = threading.Event()

    def part(index: int) -> None:
        if index < 2:
            raise ValueError(f"part {index}")
        finished.wait(0.2)
        finished.set()

    with pytest.raises(ValueError, match="part 0"):
        Workers(3).run(part, 3)
    assert finished.is_set()


def test_threads_treat_overflow_as_their_caller_does() -> None:
    with np.errstate(over="ignore"):
        assert Workers(2).run(lambda index: float(np.float32(1e38) * np.float32(10 + index)), 2) == [np.inf] * 2


def test_there_is_a_core_to_work_with() -> None:
    assert available_cores() >= 1
