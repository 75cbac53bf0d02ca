"""Nearest neighbours."""

from dataclasses import replace

import numpy as np

from nnlab.data.dataset import Dataset, Split
from nnlab.data.target_columns import TargetColumns
from nnlab.insight.doctor.neighbours import comparable, nearest_training_samples, neighbours_metric, votes

RNG = np.random.default_rng(0)


def clusters(count: int = 60) -> Dataset:
    """Two clusters far apart; the second feature has another scale, the third is constant."""
    targets = np.arange(count) % 2
    inputs = np.column_stack([10 * targets + RNG.standard_normal(count), 1e6 * RNG.standard_normal(count)])
    return Dataset(Split(np.column_stack([inputs, np.full(count, 7.0)]), targets), None, ("a", "b"))


def test_neighbours_equal_a_search_over_all_pairs() -> None:
    data = clusters()
    found = nearest_training_samples(data, k=3)
    X = data.train.inputs[:, :2] / data.train.inputs[:, :2].std(axis=0)
    distances = np.linalg.norm(X[:, None] - X, axis=2)
    np.fill_diagonal(distances, np.inf)
    np.testing.assert_array_equal(found.nearest, distances.argsort(axis=1)[:, :3])
    np.testing.assert_allclose(found.distances, np.sort(distances, axis=1)[:, :3], rtol=1e-9)


def test_a_training_sample_is_not_its_own_neighbour_but_a_test_sample_may_equal_one() -> None:
    data = clusters()
    data = replace(data, test=data.train.first(5))
    assert (nearest_training_samples(data, k=1).distances > 0).all()
    found = nearest_training_samples(data, "test", k=1)
    np.testing.assert_array_equal(found.nearest[:, 0], range(5))
    np.testing.assert_array_equal(found.distances, 0)


def test_neighbours_tell_clusters_apart() -> None:
    data = clusters()
    assert neighbours_metric(data, nearest_training_samples(data)) > 0.95


def test_neighbours_predict_numbers_by_their_mean() -> None:
    x = np.linspace(0, 1, 200)[:, None]
    data = Dataset(Split(x, 3 * x), None, (), numbers=TargetColumns(("y",), np.zeros(1), np.ones(1)))
    assert neighbours_metric(data, nearest_training_samples(data)) > 0.99


def test_votes_count_classes() -> None:
    np.testing.assert_array_equal(votes(np.array([[0, 2, 2], [1, 1, 1]]), 3), [[1, 0, 2], [0, 3, 0]])


def test_sequences_and_tokens_are_not_compared() -> None:
    sequences = Split(np.zeros((4, 5, 2)), np.zeros(4, int))
    assert not comparable(Dataset(sequences, None, ("a",)))
    assert not comparable(replace(clusters(), tokens=True))
    assert comparable(clusters())
