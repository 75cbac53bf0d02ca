"""Process liveness."""

import os

import pytest

from nnlab.core.processes import is_alive


def test_this_process_is_alive() -> None:
    assert is_alive(os.getpid())


def test_process_group_numbers_are_not_alive() -> None:
    assert not any(is_alive(process) for process in (0, -1, -os.getpid()))


@pytest.mark.skipif(os.name != "posix", reason="Windows cannot be asked")
@pytest.mark.parametrize("process", [2**31 - 1, 2**70])
def test_out_of_range_pid_is_not_alive(process: int) -> None:
    assert not is_alive(process)
