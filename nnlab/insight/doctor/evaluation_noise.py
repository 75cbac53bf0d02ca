"""Evaluations on few samples, whose noise is larger than what they are to tell."""

from collections.abc import Iterator

import numpy as np

from nnlab.insight.doctor.answers import judged_split
from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.curves import standard_error
from nnlab.insight.doctor.remedies import cross_validation
from nnlab.insight.doctor.rules import Rule, Symptom
from nnlab.insight.finding import Severity

NOISY, ONE_POINT = 0.03, 0.01
"""A standard error of the accuracy that hides differences of a few points, and one of a point."""

FEW = 50
"""Where the data has no more samples than it uses, noise is worth a word below this many only."""


def _evaluation_noise(case: Case) -> Iterator[Symptom]:
    name = judged_split(case)
    _, values = case.curve(f"{name}_accuracy")
    last = (case.record.final or {}).get(f"{name}_accuracy")
    if not name or len(values) < 3 or last is None or case.record.status == "diverged" or case.dataset.steps:
        return
    samples = len(case.dataset.splits[name])
    error = standard_error(last, samples)
    settled = values[len(values) // 2 :]
    best, change = float(settled.max()), float(np.median(np.abs(np.diff(settled)))) if len(settled) > 1 else 0.0
    difference = best - last
    if error < NOISY or max(difference, change) >= 2 * error or max(difference, change) == 0:
        return
    limited = name == "test" and case.spec["data"].get("test_size") is not None
    if samples >= FEW and not limited:
        return
    severity: Severity = "problem" if limited else "advice"
    needed = int(np.ceil(best * (1 - best) / ONE_POINT**2)) if 0 < best < 1 else 0
    yield Symptom(
        sentence=f"On {samples} {name} samples the accuracy is known to ±{error:.3f} only: the evaluations may differ "
        "by luck.",
        evidence=f"{name} accuracy {last:.4f} at the end, at best {best:.4f}: a difference of {difference:.4f}; from "
        f"one evaluation to the next {change:.4f}; two standard errors are {2 * error:.4f}",
        numbers={
            "samples": samples,
            "standard_error": error,
            "best_minus_last": difference,
            "median_change": change,
            "samples_for_one_point": needed,
        },
        command=case.retry("data.test_size=null") if limited else cross_validation(case),
        severity=severity,
    )


RULES = (
    Rule(
        "evaluation_noise",
        _evaluation_noise,
        why="The accuracy p on n samples depends on which samples were chosen: another choice changes it by about "
        "√(p(1 − p)/n), its standard error. A difference of less than two standard errors is no reason to prefer one "
        "step, setting or network.",
        source="CS231n, Neural Networks 3 (babysitting the learning process); Dietterich 1998, Approximate "
        "Statistical Tests",
        needs=("dataset",),
    ),
)
