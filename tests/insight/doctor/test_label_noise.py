"""Label noise: how many, which, and in which runs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import nnlab
from nnlab.data.dataset import Dataset, Split
from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.label_noise import noise_rate, repeated, sister_runs, suspects

RNG = np.random.default_rng(0)


def clusters(distance: float, samples: int = 400, features: int = 2) -> Dataset:
    """Two normal clusters at this distance of their means."""
    targets = np.arange(samples) % 2
    inputs = RNG.standard_normal((samples, features))
    inputs[:, 0] += distance * targets
    return Dataset(Split(inputs, targets), None, ("a", "b"))


def with_wrong_labels(dataset: Dataset, share: float) -> Dataset:
    """The dataset with the labels of this share of the samples exchanged."""
    wrong = RNG.random(len(dataset.train)) < share
    return replace(dataset, train=replace(dataset.train, targets=dataset.train.targets ^ wrong))


@pytest.mark.parametrize("features", [2, 8])
@pytest.mark.parametrize("distance", [1, 1.5, 2, 3, 6])
def test_classes_that_overlap_have_no_wrong_labels(distance: float, features: int) -> None:
    assert noise_rate(clusters(distance, features=features)) == 0


@pytest.mark.parametrize("share", [0.15, 0.2, 0.3])
def test_exchanged_labels_are_counted(share: float) -> None:
    assert noise_rate(with_wrong_labels(clusters(6), share)) == pytest.approx(share, abs=0.08)


def test_a_few_exchanged_labels_are_counted() -> None:
    assert noise_rate(with_wrong_labels(clusters(6, samples=1000), 0.05)) == pytest.approx(0.05, abs=0.03)


def test_labels_that_the_inputs_do_not_tell_are_no_noise() -> None:
    dataset = clusters(0)
    assert noise_rate(dataset) == 0
    rare = replace(dataset.train, targets=(RNG.random(400) < 0.3).astype(int))
    assert noise_rate(replace(dataset, train=rare)) == 0


def test_few_samples_say_nothing() -> None:
    assert noise_rate(with_wrong_labels(clusters(6, samples=60), 0.3)) == 0


@pytest.mark.slow
def test_suspects_are_confident_errors_that_runs_with_other_seeds_share(tmp_path: Path) -> None:
    table = ["x,y,label"]
    for number in range(120):
        label = number % 2
        table.append(f"{4 * label + 0.01 * (number % 10)},{0.01 * number},{'ab'[label if number != 40 else 1]}")
    (tmp_path / "t.csv").write_text("\n".join(table))
    spec = tmp_path / "noisy.yaml"
    spec.write_text(
        "data: {name: table, path: t.csv}\nmodel: softmax\noptimizer: {name: adam, lr: 0.1}\n"
        "train: {iterations: 60, batch_size: 20, pictures: false, checkpoint_every: never}"
    )
    runs = [nnlab.run(spec, tmp_path / "runs", overrides={"seed": seed}).path for seed in (0, 1)]
    other = nnlab.run(spec, tmp_path / "runs", overrides={"optimizer.lr": 0.2}).path
    case = Case(runs[0])
    assert sister_runs(case) == [runs[1]]
    assert sister_runs(Case(other)) == []
    found = suspects(case)
    (suspect,) = repeated(case, found, [Case(runs[1])])
    wrong = case.dataset.splits[suspect.split].inputs[suspect.number]
    np.testing.assert_allclose(case.dataset.scaling.undo(wrong), [0, 0.4], atol=1e-9) if case.dataset.scaling else None
    assert (suspect.given, suspect.answered) == (1, 0)
    diagnosis = nnlab.doctor(runs[0])
    assert [f.severity for f in diagnosis.findings if f.name == "label_noise"] == ["advice"]
