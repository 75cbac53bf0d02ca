"""Wrong labels: what neighbours and the trained network say about the samples with them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset
from nnlab.errors import NnlabError
from nnlab.insight.doctor.answers import answers, has_classes
from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.duplicates import repeats_by_chance
from nnlab.insight.doctor.neighbours import comparable, nearest_training_samples, votes
from nnlab.insight.doctor.remedies import on_spec
from nnlab.insight.doctor.rules import Rule, Symptom
from nnlab.insight.row_digests import row_digests
from nnlab.records.formats import is_run_folder
from nnlab.records.reader import read_recorded_spec
from nnlab.storage.layout import MODEL_FILE, SPEC_FILE
from nnlab.text import quote

NEIGHBOURS, FEWEST, DEEPEST = 20, 20, 0.3
"""The neighbours that are asked; of at least this number of samples this fraction, those deepest in a class."""

NOISE, EVEN, INFORMED, LOST = 0.08, 0.57, 0.08, 0.45
"""Labels are noisy where at least this share of those deepest in a class is wrong, this fraction of that of all; and
where what is known about a sample beats the largest class by so much accuracy, with at most this error."""

SOME_NOISE, NEARLY_EVEN, LITTLE_OVERLAP = 0.02, 0.35, 0.12
"""A smaller share is worth a look where at most 0.12 of all samples are wrong, so that classes overlap little. Deep in
a class at most 0.013 are wrong where labels are right, and 0.2 of the share of all (40 trainings on clean data)."""

CONFIDENT, SUSPECTS, MOST_RUNS, MOST_FOLDERS = 0.8, 5, 4, 1_000


@dataclass(frozen=True)
class Suspect:
    """A sample that the network confidently answers otherwise than its label."""

    split: str
    number: int
    given: int
    answered: int
    probability: float


def noise_rate(dataset: Dataset) -> float:
    """The estimated share of wrong labels in the training samples; 0 where nothing points to any.

    Where classes overlap, the labels of samples deep in a class are right, and those near the border are not. Wrong
    labels are everywhere alike. How deep a sample is, its neighbours say, or the discriminants of the classes.
    """
    classes, train = dataset.classes, dataset.train
    if len(train) < max(FEWEST / DEEPEST, 4 * NEIGHBOURS) or len(train) < 2 * NEIGHBOURS * classes:
        return 0.0
    found = nearest_training_samples(dataset, k=NEIGHBOURS)
    own = train.targets[found.queries]
    shares = [votes(found.labels_of(train), classes) / NEIGHBOURS]
    if np.prod(dataset.sample_shape) * 10 <= len(found.queries):
        shares.append(discriminants(train.inputs[found.queries].reshape(len(own), -1), own, classes))
    best = max(shares, key=lambda scores: float(np.mean(scores.argmax(axis=1) == own)))
    return _error_of_the_deepest(best, own)


def discriminants(inputs: Array, targets: Array, classes: int) -> Array:
    """The least-squares discriminant function of each class at each sample (N, K)."""
    deviation = inputs.std(axis=0)
    X = (inputs - inputs.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    X = np.column_stack([X, np.ones(len(X))])
    Y = np.eye(classes)[targets]
    scores: Array = X @ np.linalg.lstsq(X, Y, rcond=None)[0]
    return scores


def _error_of_the_deepest(scores: Array, own: Array) -> float:
    """The error of the samples with the largest margin, where it is nearly that of all; else 0."""
    wrong = scores.argmax(axis=1) != own
    if wrong.mean() > min(LOST, 1 - np.bincount(own).max() / len(own) - INFORMED):
        return 0.0
    second, first = np.sort(scores, axis=1)[:, -2:].T
    deepest = first - second >= np.quantile(first - second, 1 - DEEPEST)
    error = wrong[deepest].mean()
    noisy = error >= max(NOISE, EVEN * wrong.mean())
    some = wrong.mean() <= LITTLE_OVERLAP and error >= max(SOME_NOISE, NEARLY_EVEN * wrong.mean())
    return float(error) if (noisy or some) and wrong[deepest].sum() >= FEWEST / 4 else 0.0


def suspects(case: Case) -> list[Suspect]:
    """The most confident errors on training and other samples, the most confident first."""
    found = []
    for split in case.dataset.splits:
        given = answers(case, split)
        probability = given.probabilities.max(axis=1)
        for place in np.flatnonzero((given.predicted != given.targets) & (probability >= CONFIDENT)):
            sample = int(given.numbers[place]), int(given.targets[place]), int(given.predicted[place])
            found.append(Suspect(split, *sample, float(probability[place])))
    return sorted(found, key=lambda suspect: -suspect.probability)


def sister_runs(case: Case) -> list[Path]:
    """Finished runs of the same spec with other seeds, in the same folder: also the trials of a sweep."""
    own = _without_seed(case.spec)
    found = []
    for path in sorted(case.path.resolve().parent.iterdir(), reverse=True)[:MOST_FOLDERS]:
        if path == case.path.resolve() or not is_run_folder(path) or not (path / MODEL_FILE).is_file():
            continue
        try:
            spec = read_recorded_spec(path / SPEC_FILE)
        except NnlabError:
            continue
        if _without_seed(spec) == own and spec["seed"] != case.spec["seed"]:
            found.append(path)
    return found[:MOST_RUNS]


def _without_seed(spec: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in spec.items() if key not in ("seed", "name")}


def repeated(case: Case, found: Sequence[Suspect], others: Sequence[Case]) -> list[Suspect]:
    """The suspects that every other run answers in the same way; samples are identified by their inputs.

    A run that has a sample among none of its splits says nothing about it.
    """
    digests = {split: row_digests(samples) for split, samples in case.dataset.splits.items()}
    kept = list(found)
    for other in others:
        accused = {}
        for split, samples in other.dataset.splits.items():
            rows = row_digests(samples)
            given = answers(other, split)
            for place, number in enumerate(given.numbers):
                accused[rows[number]] = int(given.predicted[place])
        kept = [
            suspect
            for suspect in kept
            if accused.get(digests[suspect.split][suspect.number], suspect.answered) == suspect.answered
        ]
    return kept


def _label_noise(case: Case) -> Iterator[Symptom]:
    dataset = case.dataset
    if not has_classes(case) or not comparable(dataset) or not case.experiment.loss.softmax:
        return
    rate, sisters = noise_rate(dataset), sister_runs(case)
    if not rate and not sisters:
        return
    found = suspects(case)
    others = [other for other in map(Case, sisters) if not other.lacks("weights")]
    if others:
        found = repeated(case, found, others)
    if not rate and not found:
        return
    listed = "; ".join(_described(suspect, dataset.class_names) for suspect in found[:SUSPECTS])
    same = f" in all {len(others) + 1} runs of this spec" if others else ""
    suspected = (
        f"{len(found)} samples get another class with probability {CONFIDENT:g} or more{same}: {listed}"
        if found
        else ""
    )
    by_chance = bool(rate) and repeats_by_chance(dataset)
    if rate:
        sentence = f"About {rate:.0%} of the training labels look wrong, also in the middle of a class."
    else:
        sentence = f"{len(found)} labels look wrong: the networks of all seeds predict another class."
    estimate = (
        f"of the {DEEPEST:.0%} of training samples whose class is clearest from their inputs, {rate:.0%} have another "
        "label"
        if rate
        else ""
    )
    yield Symptom(
        sentence=sentence,
        evidence="; ".join(filter(None, (estimate, suspected))),
        numbers={"noise": rate, "suspects": len(found), "runs": len(others) + 1},
        command=case.retry("loss.smoothing=0.1") if others else on_spec(case, "sweep", "--seeds 5"),
        severity="problem" if rate >= NOISE and not by_chance else "advice",
    )


def _described(suspect: Suspect, names: Sequence[str]) -> str:
    given, answered = quote(names[suspect.given]), quote(names[suspect.answered])
    return f"{suspect.split} {suspect.number} is {given}, predicted {answered} ({suspect.probability:.2f})"


RULES = (
    Rule(
        "label_noise",
        _label_noise,
        why="A large network memorises wrong labels, and repeats them on similar samples. Train with several seeds, "
        "and check first the labels of samples for which all networks predict the same other class.",
        source="Northcutt, Jiang & Chuang 2021, Confident Learning, JAIR 70; Zhang et al. 2017, arXiv 1611.03530",
        needs=("weights", "dataset"),
    ),
)
