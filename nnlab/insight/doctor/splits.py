"""Splits that measure the wrong thing: test samples that were trained on, and too few of them."""

from collections.abc import Iterator

from nnlab.insight.doctor.answers import judged_split
from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.curves import standard_error
from nnlab.insight.doctor.duplicates import Shared, exact_duplicates, near_duplicates, repeats_by_chance
from nnlab.insight.doctor.remedies import cross_validation
from nnlab.insight.doctor.rules import Rule, Symptom

LEAK_SHARE, LEAK_LEAST = 0.05, 3
"""A leak: at least this share of the test samples, and this number of them, are training samples too."""

FEWEST, FEW = 20, 100
"""Test samples: fewer say next to nothing; fewer are worth more where the data has more."""


def _duplicates(case: Case) -> Iterator[Symptom]:
    dataset = case.dataset
    if dataset.tokens or dataset.steps is not None:
        return
    for name in dataset.splits:
        if name == "train":
            continue
        found = exact_duplicates(dataset, name)
        if not found.pairs:
            found = near_duplicates(dataset, name)
        leak = found.share >= LEAK_SHARE and len(found.pairs) >= LEAK_LEAST
        if not leak:
            continue
        by_chance = repeats_by_chance(dataset)
        yield _shared_samples(case, found, by_chance=by_chance)


def _shared_samples(case: Case, found: Shared, *, by_chance: bool) -> Symptom:
    pairs = ", ".join(f"{here} = {there}" for here, there in found.pairs[:5])
    kind = "" if found.exact else "nearly "
    chance = " The features take so few values that this may be chance." if by_chance else ""
    remedy = "" if case.spec["data"].get("test_path") else " Leave the copies out, or keep them in one split."
    return Symptom(
        sentence=f"{found.share:.0%} of the {found.split} samples are {kind}the same as a training sample: the "
        f"{found.split} metrics measure what was memorised.{chance or remedy}",
        evidence=f"{len(found.pairs):,} of {found.samples:,} {found.split} samples; pairs ({found.split} sample = "
        f"training sample, counted from 0): {pairs}{', ...' if len(found.pairs) > 5 else ''}; "
        f"{found.same_target:.0%} of the pairs have the same target",
        numbers={
            "shared": len(found.pairs),
            "samples": found.samples,
            "share": found.share,
            "example": found.pairs[0][0],
            "example_in_train": found.pairs[0][1],
        },
        command=case.retry("data.test_path=null") if case.spec["data"].get("test_path") else "",
        severity="advice" if by_chance else "problem",
    )


def _tiny_test_set(case: Case) -> Iterator[Symptom]:
    dataset, name = case.dataset, judged_split(case)
    if not name:
        return
    count, data = len(dataset.splits[name]), case.spec["data"]
    limited = name == "test" and data.get("test_size") is not None
    if count >= (FEW if limited else FEWEST):
        return
    error = standard_error(0.9, count)
    accuracy = dataset.numbers is None
    meaning = (
        f"one sample changes the accuracy by {1 / count:.1%}; an accuracy of 0.9 is known to ±{error:.2f} only (its "
        "standard error)"
    )
    yield Symptom(
        sentence=f"The {name} set has {count} sample{'s' * (count > 1)}: too few to tell one network from another.",
        evidence=meaning if accuracy else f"{count} {name} samples",
        numbers={"samples": count, "standard_error": error},
        command=case.retry("data.test_size=null") if limited else cross_validation(case),
    )


RULES = (
    Rule(
        "duplicated_samples",
        _duplicates,
        why="A test measures what a network does on samples that it has not seen. Split before samples are copied, "
        "and keep samples of one origin (a person, a picture) in one split.",
        source="Kapoor & Narayanan 2023, Leakage and the reproducibility crisis, Patterns 4; "
        "Barz & Denzler 2020, arXiv 1902.00423 (duplicates in CIFAR)",
        needs=("dataset",),
    ),
    Rule(
        "tiny_test_set",
        _tiny_test_set,
        why="The accuracy p on n samples depends on which samples were chosen: another choice changes it by about "
        "√(p(1 − p)/n), its standard error. Four times as many samples halve it.",
        source="CS231n, Image Classification (validation sets); Japkowicz & Shah 2011, Evaluating Learning "
        "Algorithms, chapter 2",
        needs=("dataset",),
        explains=frozenset({"evaluation_noise"}),
    ),
)
