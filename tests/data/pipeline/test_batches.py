import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.core.random import make_streams
from nnlab.data.dataset import Split
from nnlab.data.pipeline.batches import Batches, BatchLoader
from nnlab.errors import ShapeError, UsageError


def numbered(count: int) -> Split:
    """Samples whose single feature is their own index."""
    return Split(np.arange(count, dtype=np.float64).reshape(-1, 1), np.arange(count))


def batches(count: int, size: int, sampling: str, mode: str = "streams", seed: int = 0) -> Batches:
    return Batches(BatchLoader(numbered(count), "float64"), size, sampling, make_streams(mode, seed))  # type: ignore[arg-type]


@given(count=st.integers(1, 40), size=st.integers(1, 40))
def test_shuffle_visits_every_sample_once_per_epoch(count: int, size: int) -> None:
    size = min(size, count)
    source = batches(count, size, "shuffle")
    for epoch in range(2):
        seen = [
            label
            for position in range(source.steps_per_epoch)
            for label in source.batch(epoch * source.steps_per_epoch + position + 1)[1]
        ]
        assert sorted(seen) == list(range(count))


def test_shuffle_differs_between_epochs() -> None:
    source = batches(100, 100, "shuffle")
    first, second = source.batch(1)[1].copy(), source.batch(2)[1].copy()
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("mode", ["streams", "legacy"])
@pytest.mark.parametrize("sampling", ["shuffle", "replacement"])
def test_the_last_batch_before_the_first_step_is_that_of_step_one(sampling: str, mode: str) -> None:
    plain, source = batches(20, 6, sampling, mode), batches(20, 6, sampling, mode)
    first = source.last_batch()[1].copy()
    for step in range(1, 6):
        x, labels = source.batch(step)
        in_hand = x.copy()
        np.testing.assert_array_equal(labels, plain.batch(step)[1])
        np.testing.assert_array_equal(source.last_batch()[1], labels)
        np.testing.assert_array_equal(x, in_hand)  # in memory of its own
        if step == 1:
            np.testing.assert_array_equal(labels, first)


@pytest.mark.parametrize("sampling", ["shuffle", "replacement"])
def test_inputs_match_labels(sampling: str) -> None:
    source = batches(50, 8, sampling)
    for step in range(1, 20):
        x, labels = source.batch(step)
        np.testing.assert_array_equal(x[:, 0], labels)


def test_batches_are_addressed_by_step() -> None:
    for sampling in ("shuffle", "replacement"):
        whole = batches(50, 8, sampling)
        wanted = [whole.batch(step)[1].copy() for step in range(1, 31)]
        resumed = batches(50, 8, sampling)
        np.testing.assert_array_equal(resumed.batch(17)[1], wanted[16])


def test_replacement_repeats_samples_and_depends_on_seed() -> None:
    drawn = np.concatenate([batches(1000, 100, "replacement").batch(step)[1] for step in range(1, 10)])
    assert len(set(drawn)) < len(drawn)
    other = batches(1000, 100, "replacement", seed=1).batch(1)[1]
    assert not np.array_equal(other, drawn[:100])


def test_legacy_rng_replacement_matches_published_scripts() -> None:
    source = batches(60, 10, "replacement", "legacy", seed=3)
    random = np.random.RandomState(3)
    for step in range(1, 8):
        np.testing.assert_array_equal(source.batch(step)[1], random.choice(60, 10))


def test_legacy_rng_shuffle_draws_permutation_per_epoch() -> None:
    source = batches(6, 3, "shuffle", "legacy", seed=3)
    random = np.random.RandomState(3)
    for epoch in range(3):
        permutation = random.permutation(6)
        np.testing.assert_array_equal(source.batch(2 * epoch + 1)[1], permutation[:3])
        np.testing.assert_array_equal(source.batch(2 * epoch + 2)[1], permutation[3:])


def test_last_batch_of_epoch_may_be_smaller() -> None:
    source = batches(10, 4, "shuffle")
    assert source.steps_per_epoch == 3
    assert [len(source.batch(step)[1]) for step in range(1, 5)] == [4, 4, 2, 4]
    assert [source.epochs(step) for step in range(5)] == [0, 0.4, 0.8, 1, 1.4]


def test_full_batch_is_all_samples_in_order() -> None:
    source = Batches(BatchLoader(numbered(7), "float32"), "full", "shuffle", make_streams("streams", 0))
    x, labels = source.batch(1)
    np.testing.assert_array_equal(labels, np.arange(7))
    assert x.dtype == np.float32
    assert source.epochs(3) == 3


def test_drop_last() -> None:
    feed = BatchLoader(numbered(10), "float64")
    source = Batches(feed, 4, "shuffle", make_streams("streams", 0), drop_last=True)
    plain = batches(10, 4, "shuffle")
    assert (source.steps_per_epoch, source.smallest, plain.smallest) == (2, 4, 2)
    seen = [source.batch(step)[1].tolist() for step in range(1, 5)]
    assert seen == [plain.batch(step)[1].tolist() for step in (1, 2, 4, 5)]  # of the same permutations
    assert [source.epochs(step) for step in range(5)] == [0, 0.5, 1, 1.5, 2]
    other = Batches(feed, 4, "replacement", make_streams("streams", 0), drop_last=True)
    assert other.epochs(5) == batches(10, 4, "replacement").epochs(5) == 2


@pytest.mark.parametrize(("samples", "size"), [(7, 7), (100, 100), (101, 100)])
def test_default_batch_size(samples: int, size: int) -> None:
    source = Batches(BatchLoader(numbered(samples), "float64"), None, "shuffle", make_streams("streams", 0))
    assert source.batch_size == size
    assert len(source.batch(1)[1]) == size
    assert not source.full


def test_batch_larger_than_data_is_rejected() -> None:
    with pytest.raises(UsageError, match="batch_size: 8 is more than the 7 training samples"):
        batches(7, 8, "shuffle")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pixels_are_scaled_to_unit_range(dtype: str) -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(64, 1, 2, 2)
    feed = BatchLoader(Split(pixels, np.zeros(64, np.intp)), dtype)
    expected = (pixels / 255).astype(dtype)
    for x, _ in (feed.take(np.arange(64)), feed.chunk(0, 64), feed.everything()):
        assert x.dtype == dtype
        np.testing.assert_allclose(x, expected, rtol=1e-7)
    assert pixels.max() == 255


@pytest.mark.parametrize("count", [None, 1, 10, 11, 10**6])
def test_chunks_cover_samples_in_order(count: int | None) -> None:
    total = 25
    feed = BatchLoader(numbered(total).first(count or total), "float64")
    chunks = [feed.chunk(start, 10)[1].copy() for start in range(0, len(feed.split), 10)]
    assert max(map(len, chunks)) <= 10
    labels = np.concatenate(chunks)
    np.testing.assert_array_equal(labels, np.arange(min(count or total, total)))


@pytest.mark.parametrize(
    "changes",
    [
        {"last_indices": np.array([0.0, 1.0])},
        {"last_indices": np.array([[0, 1]])},
        {"last_indices": np.arange(5)},
        {"last_indices": np.array([-1, 0])},
        {"epoch_indices": np.arange(9)},
        {"epoch_indices": np.arange(10.0)},
        {"epoch_indices": np.arange(1, 11)},
        {"epoch": np.array(np.inf)},
        {"epoch": np.array([0, 1])},
    ],
    ids=str,
)
def test_invalid_saved_state_is_rejected(changes: dict[str, np.ndarray]) -> None:
    source = batches(10, 4, "shuffle", "legacy")
    source.batch(1)
    sound = {name: array.copy() for name, array in source.state().items()}
    with pytest.raises(ShapeError, match="saved batches"):
        source.load_state(sound | changes)
    source.load_state(sound)
