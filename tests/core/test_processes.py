"""Whether a process lives is asked without disturbing it."""

import os

import pytest

from nnlab.core.processes import is_alive


def test_this_process_lives() -> None:
    assert is_alive(os.getpid())


def test_numbers_that_stand_for_groups_are_no_processes() -> None:
    assert not any(is_alive(process) for process in (0, -1, -os.getpid()))


@pytest.mark.skipif(os.name != "posix", reason="Windows cannot be asked")
@pytest.mark.parametrize("process", [2**31 - 1, 2**70])
def test_numbers_beyond_every_process(process: int) -> None:
    assert not is_alive(process)
