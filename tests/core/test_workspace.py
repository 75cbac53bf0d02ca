"""The workspace: arrays of the asked shape on memory that is kept."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.core.workspace import Workspace

REQUESTS = st.lists(
    st.tuples(
        st.sampled_from(["y", "dx", "mask"]),
        st.lists(st.integers(0, 6), min_size=1, max_size=3).map(tuple),
        st.sampled_from([np.float32, np.float64, np.complex128, np.bool_]),
    ),
    min_size=1,
    max_size=15,
)


def address(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])


@given(REQUESTS)
def test_each_request_gives_a_writable_contiguous_array_of_its_shape_and_dtype(requests: Any) -> None:
    workspace = Workspace()
    for name, shape, dtype in requests:
        array = workspace.array(name, shape, dtype)
        assert array.shape == shape
        assert array.dtype == dtype
        assert array.flags.c_contiguous
        assert array.flags.writeable
        assert array.flags.aligned


@given(REQUESTS)
def test_arrays_of_different_names_never_overlap(requests: Any) -> None:
    workspace = Workspace()
    current: dict[str, np.ndarray] = {}
    for mark, (name, shape, dtype) in enumerate(requests):
        current[name] = workspace.array(name, shape, dtype)
        kept = {other: array.copy() for other, array in current.items() if other != name}
        current[name].fill(mark)
        for other, array in kept.items():
            np.testing.assert_array_equal(current[other], array)


@given(REQUESTS)
def test_repeating_the_same_requests_uses_the_same_memory(requests: Any) -> None:
    workspace = Workspace()
    for request in requests:
        workspace.array(*request)
    second = [address(workspace.array(*request)) for request in requests]
    third = [address(workspace.array(*request)) for request in requests]
    assert second == third


def test_the_same_request_gives_the_same_array() -> None:
    workspace = Workspace()
    array = workspace.array("y", (3, 4), np.float64)
    array.fill(7)
    assert workspace.array("y", (3, 4), np.float64) is array
    assert (array == 7).all()


def test_a_smaller_shape_shares_the_memory_of_a_larger_one() -> None:
    workspace = Workspace()
    large = workspace.array("y", (100, 5), np.float32)
    small = workspace.array("y", (7, 5), np.float32)
    assert np.shares_memory(small, large)
    assert workspace.array("y", (100, 5), np.float32) is large


def test_after_growing_all_shapes_are_on_the_new_memory() -> None:
    workspace = Workspace()
    old = workspace.array("y", (2, 3), np.float64)
    large = workspace.array("y", (20, 3), np.float64)
    assert not np.shares_memory(old, large)
    assert np.shares_memory(workspace.array("y", (2, 3), np.float64), large)


@pytest.mark.parametrize("dtype", ["float32", np.float32, np.dtype(np.float32)])
def test_every_spelling_of_a_dtype_is_understood(dtype: Any) -> None:
    assert Workspace().array("y", (2,), dtype).dtype == np.float32
