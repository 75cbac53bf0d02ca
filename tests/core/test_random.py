"""Random streams: addressed streams are independent, legacy streams draw in script order."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.core.random import AddressedStreams, LegacyStreams, Purpose, ShardStreams, make_streams
from nnlab.errors import ShapeError

ADDRESSES: list[tuple[int, ...]] = [
    (Purpose.DATASET,),
    (Purpose.INIT,),
    (Purpose.INIT, 0),
    (Purpose.INIT, 0, 0),
    (Purpose.INIT, 1),
    (Purpose.INIT, 10),
    (Purpose.BATCHES, 0),
    (Purpose.BATCHES, 1),
    (Purpose.DROPOUT, 0, 1),
    (Purpose.DROPOUT, 1, 0),
    (Purpose.DROPOUT, 1, 1),
    (Purpose.AUGMENT, 1, 1),
    (Purpose.AUGMENT, 1, 1, 1),
    (Purpose.VALIDATION,),
]


def normals(streams: AddressedStreams, address: tuple[int, ...], count: int = 8) -> np.ndarray:
    return streams.rng(Purpose(address[0]), *address[1:]).standard_normal(count)


def test_purpose_numbers_are_stable() -> None:
    assert {purpose.name: int(purpose) for purpose in Purpose} == {
        "DATASET": 0,
        "INIT": 1,
        "BATCHES": 2,
        "DROPOUT": 3,
        "DROPOUT_OF_SHARD": 6,
        "DROPOUT_OF_PART": 8,
        "AUGMENT": 4,
        "VALIDATION": 5,
        "SEARCH": 7,
    }


@given(
    seed=st.integers(0, 2**32 - 1),
    purpose=st.sampled_from(Purpose),
    address=st.lists(st.integers(0, 10**9), max_size=3),
)
def test_stream_is_spawned_seed_sequence(seed: int, purpose: Purpose, address: list[int]) -> None:
    oracle = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose.value, *address)))
    np.testing.assert_array_equal(AddressedStreams(seed).rng(purpose, *address).random(5), oracle.random(5))


@given(seed=st.integers(0, 2**32 - 1), layer=st.integers(0, 1000), step=st.integers(0, 10**9))
def test_dropout_is_addressed_by_layer_and_step(seed: int, layer: int, step: int) -> None:
    streams = make_streams("streams", seed)
    streams.step = step
    oracle = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(3, layer, step)))
    np.testing.assert_array_equal(streams.dropout(layer).random(5), oracle.random(5))


@pytest.mark.parametrize("address", ADDRESSES)
def test_same_address_gives_same_numbers(address: tuple[int, ...]) -> None:
    streams = AddressedStreams(5)
    first = normals(streams, address)
    for other in ADDRESSES:
        normals(streams, other, count=3)
    np.testing.assert_array_equal(normals(streams, address), first)
    np.testing.assert_array_equal(normals(AddressedStreams(5), address), first)
    assert not np.array_equal(normals(AddressedStreams(6), address), first)


def test_different_addresses_are_uncorrelated() -> None:
    streams = AddressedStreams(0)
    correlation = np.corrcoef([normals(streams, address, count=10_000) for address in ADDRESSES])
    for i, j in combinations(range(len(ADDRESSES)), 2):
        assert abs(correlation[i, j]) < 0.05, (ADDRESSES[i], ADDRESSES[j])


def test_open_streams_are_independent() -> None:
    alone = AddressedStreams(1).rng(Purpose.INIT, 0).random(20)
    streams = AddressedStreams(1)
    one, other = streams.rng(Purpose.INIT, 0), streams.rng(Purpose.BATCHES, 0)
    interleaved = []
    for _ in range(20):
        interleaved.append(one.random())
        other.random(7)
    np.testing.assert_array_equal(interleaved, alone)


def test_legacy_rng_draws_from_one_random_state() -> None:
    script = np.random.RandomState(42)
    noise, W1, W2 = script.randn(6), script.randn(4, 3), script.randn(3, 2)
    batch, mask, later_batch = script.choice(100, 10), script.rand(2, 3), script.choice(100, 10)

    streams = make_streams("legacy", 42)
    np.testing.assert_array_equal(streams.rng(Purpose.DATASET).standard_normal(6), noise)
    np.testing.assert_array_equal(streams.rng(Purpose.INIT, 0).standard_normal((4, 3)), W1)
    np.testing.assert_array_equal(streams.rng(Purpose.INIT, 1).standard_normal((3, 2)), W2)
    np.testing.assert_array_equal(streams.rng(Purpose.BATCHES, 0).choice(100, 10), batch)
    streams.step = 3
    dropout = streams.dropout(1)
    assert isinstance(dropout, np.random.RandomState)
    np.testing.assert_array_equal(dropout.random_sample((2, 3)), mask)
    np.testing.assert_array_equal(streams.rng(Purpose.BATCHES, 1).choice(100, 10), later_batch)


@pytest.mark.parametrize("mode", ["streams", "legacy"])
def test_streams_are_independent_of_numpy_global_state(mode: str) -> None:
    before = np.random.get_state()[1].tolist()  # type: ignore[index]  # the legacy tuple form
    first = make_streams(mode, 9).rng(Purpose.DATASET).standard_normal(5)
    assert np.random.get_state()[1].tolist() == before  # type: ignore[index]
    np.random.standard_normal(1)
    np.testing.assert_array_equal(make_streams(mode, 9).rng(Purpose.DATASET).standard_normal(5), first)


def test_make_streams() -> None:
    assert isinstance(make_streams("streams", 0), AddressedStreams)
    assert isinstance(make_streams("legacy", 0), LegacyStreams)


def test_shards_have_separate_dropout_masks() -> None:
    whole = AddressedStreams(0)
    seen = set()
    for step in (1, 2):
        whole.step = step
        masks = [whole.dropout(3), *(ShardStreams(whole, shard).dropout(3) for shard in (1, 2))]
        seen |= {rng.random() for rng in masks}
        np.testing.assert_array_equal(
            ShardStreams(whole, 1).rng(Purpose.INIT, 0).random(4), whole.rng(Purpose.INIT, 0).random(4)
        )
    assert len(seen) == 6


@pytest.mark.parametrize(
    "changes",
    [{"position": 2**30}, {"position": -1}, {"position": 625}, {"has_normal": 2}, {"has_normal": -1}],
    ids=str,
)
def test_invalid_legacy_state_is_rejected(changes: dict[str, int]) -> None:
    streams = LegacyStreams(0)
    state = {name: array.copy() for name, array in streams.state().items()}
    with pytest.raises(ShapeError, match="saved random numbers"):
        streams.load_state(state | {name: np.array(number) for name, number in changes.items()})
    streams.load_state(state)
