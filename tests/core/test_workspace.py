"""Workspace: arrays on reused memory."""

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
def test_arrays_are_writable_and_contiguous(requests: Any) -> None:
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
def test_repeated_requests_reuse_memory(requests: Any) -> None:
    workspace = Workspace()
    for request in requests:
        workspace.array(*request)
    second = [address(workspace.array(*request)) for request in requests]
    third = [address(workspace.array(*request)) for request in requests]
    assert second == third


def test_same_request_gives_same_array() -> None:
    workspace = Workspace()
    array = workspace.array("y", (3, 4), np.float64)
    array.fill(7)
    assert workspace.array("y", (3, 4), np.float64) is array
    assert (array == 7).all()


def test_smaller_shape_shares_memory() -> None:
    workspace = Workspace()
    large = workspace.array("y", (100, 5), np.float32)
    small = workspace.array("y", (7, 5), np.float32)
    assert np.shares_memory(small, large)
    assert workspace.array("y", (100, 5), np.float32) is large


def test_grown_memory_is_shared_by_all_shapes() -> None:
    workspace = Workspace()
    old = workspace.array("y", (2, 3), np.float64)
    large = workspace.array("y", (20, 3), np.float64)
    assert not np.shares_memory(old, large)
    assert np.shares_memory(workspace.array("y", (2, 3), np.float64), large)


@pytest.mark.parametrize("dtype", ["float32", np.float32, np.dtype(np.float32)])
def test_dtype_spellings(dtype: Any) -> None:
    assert Workspace().array("y", (2,), dtype).dtype == np.float32


@given(st.tuples(*(st.integers(0, 4) for _ in range(4))), st.sampled_from([np.float32, np.float64]))
def test_images_are_channels_last_in_memory(shape: Any, dtype: Any) -> None:
    images = Workspace().images("y", shape, dtype)
    assert images.shape == shape
    assert images.dtype == dtype
    assert images.flags.writeable
    assert images.transpose(0, 2, 3, 1).flags.c_contiguous


@given(
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    data=st.data(),
    dtype=st.sampled_from([None, np.float32, np.bool_]),
)
def test_like_keeps_memory_layout(sizes: list[int], data: Any, dtype: Any) -> None:
    order = data.draw(st.permutations(range(len(sizes))))
    x = np.zeros([sizes[axis] + 1 for axis in order])[tuple(slice(1, None) for _ in sizes)].transpose(np.argsort(order))
    assert x.shape == tuple(sizes)
    array = Workspace().like("y", x, dtype)
    assert array.shape == x.shape
    assert array.dtype == (dtype or np.float64)
    assert array.flags.writeable
    assert array.transpose(order).flags.c_contiguous, "without the gaps of a view"


def test_like_of_broadcast_array_is_full_size() -> None:
    repeated = np.broadcast_to(np.arange(3.0)[:, None, None], (3, 4, 5))
    array = Workspace().like("y", repeated)
    array[...] = np.arange(60.0).reshape(3, 4, 5)
    np.testing.assert_array_equal(array, np.arange(60.0).reshape(3, 4, 5))


def test_arrays_of_one_name_share_memory_after_growing() -> None:
    workspace = Workspace()
    x = np.zeros((2, 3, 4, 5)).transpose(0, 3, 1, 2)
    like, images = workspace.like("y", x), workspace.images("y", (2, 5, 3, 4), np.float64)
    assert np.shares_memory(like, images)
    assert like.strides == images.strides
    assert workspace.like("y", x) is like
    large = workspace.array("y", (1000,), np.float64)
    assert not np.shares_memory(like, large)
    for array in (workspace.like("y", x), workspace.images("y", (2, 5, 3, 4), np.float64)):
        assert np.shares_memory(array, large)
        assert array.shape == (2, 5, 3, 4)


def test_same_shape_in_two_memory_orders() -> None:
    workspace = Workspace()
    rows, columns = np.zeros((3, 4)), np.zeros((4, 3)).T
    for _ in range(2):
        assert workspace.like("y", rows).strides == rows.strides
        assert workspace.like("y", columns).strides == columns.strides
