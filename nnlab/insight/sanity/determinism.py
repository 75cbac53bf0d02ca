"""Whether evaluation is repeatable: the same bits twice, the same numbers whatever the size of the chunks."""

import numpy as np

from nnlab.core.arrays import Array
from nnlab.engine.chunked_evaluation import Tally
from nnlab.insight.finding import Finding
from nnlab.insight.sanity.checked_spec import CheckedSpec
from nnlab.insight.sanity.result import Verdict, found, listed
from nnlab.metric_columns import bind_statistics, measured_statistics
from nnlab.models.network import Network

SAMPLES = 64
RELATIVE = 1e-9
SECTION = "determinism"


@np.errstate(all="ignore")
def determinism(case: CheckedSpec) -> Verdict:
    """Two evaluations of the same samples are equal; chunks of other sizes change rounding only."""
    dtype = case.experiment.dtype
    network, (x, targets) = case.network(dtype, dropout=True), case.batch(SAMPLES, dtype)
    before = {name: array.copy() for name, array in network.state().items()}
    first = _scores(network, x, 1)
    second = _scores(network, x, 2)
    findings = []
    changed = [name for name, array in network.state().items() if not np.array_equal(array, before[name], True)]
    if changed:
        findings.append(_changes_state(changed))
    unequal = int((first != second).any(axis=tuple(range(1, first.ndim))).sum())
    if unequal and not np.array_equal(first, second, equal_nan=True):
        findings.append(_random(unequal, len(x)))
    chunked = 0.0 if findings else _chunks(case)
    if chunked > RELATIVE:
        findings.append(_chunk_size(case, chunked))
    random = [] if findings else _random_metrics(case, network, x, targets)
    if random:
        findings.append(_random_metric(random))
    text = f"{len(x) - unequal} of {len(x)} samples give exactly the same scores when evaluated twice"
    if not findings:
        text += f"; 1, 7 or {len(x)} at a time they differ by {chunked:.1g}, expected below {RELATIVE:g} (rounding)"
    return Verdict(text, tuple(findings))


def _scores(network: Network, x: Array, step: int) -> Array:
    network.streams.step = step  # what draws random numbers in evaluation draws others
    return network.forward(x, training=False).copy()


def _chunks(case: CheckedSpec) -> float:
    """How much scores in float64 change with the size of the chunks, relative to the largest."""
    network, (x, _) = case.network(dropout=True), case.batch(SAMPLES)
    whole = network.forward(x, training=False).copy()
    scale, change = float(np.abs(whole).max()) or 1.0, 0.0
    for size in (1, 7):
        for start in range(0, min(len(x), 3 * size), size):
            part = network.forward(x[start : start + size], training=False)
            change = max(change, float(np.abs(part - whole[start : start + size]).max()) / scale)
    return change


def _random_metrics(case: CheckedSpec, network: Network, x: Array, targets: Array) -> list[str]:
    """The metrics that differ between two evaluations."""
    statistics = measured_statistics(
        case.experiment.metrics, case.experiment.train.monitored_columns, case.dataset.task
    )
    bind_statistics(statistics, case.dataset.task, case.dataset.class_names)
    measured = [
        Tally.of(network, case.loss.replica(), statistics, x, targets, case.dataset.numbers).score().metrics
        for _ in range(3)
    ]
    return [
        name
        for name, value in measured[0].items()
        if any(other[name] != value and not (np.isnan(other[name]) and np.isnan(value)) for other in measured[1:])
    ]


def _changes_state(changed: list[str]) -> Finding:
    return found(
        "evaluation_changes_state",
        f"An evaluation changes the network: {listed(changed)}.",
        f"{len(changed)} arrays differ after an evaluation, expected none",
        "An evaluation should only measure. Here evaluating more often would give another training: update running "
        "means and variances in training only.",
        numbers={"arrays": len(changed), "first": changed[0]},
        section=SECTION,
        command="update statistics only where forward gets training=True",
    )


def _random(unequal: int, samples: int) -> Finding:
    return found(
        "evaluation_is_random",
        "Two evaluations of the same samples differ.",
        f"the scores of {unequal} of {samples} samples differ, expected 0",
        "Dropout, noise or augmentation is active in evaluation. They belong to training: measured with them, accuracy "
        "is too low, and every evaluation gives other numbers.",
        numbers={"samples": samples, "unequal": unequal},
        section=SECTION,
        command="in forward return x unchanged where training is False",
    )


def _chunk_size(case: CheckedSpec, change: float) -> Finding:
    return found(
        "evaluation_depends_on_chunks",
        "The scores of a sample depend on how many samples are evaluated with it.",
        f"they change by {change:.2g} of their size, expected below {RELATIVE:g}",
        "In evaluation a layer computes with the number of samples, or with their mean or variance.",
        numbers={"change": change},
        section=SECTION,
        command=case.with_keys("sanity") + " --only independence",
    )


def _random_metric(names: list[str]) -> Finding:
    return found(
        "metric_is_random",
        f"A metric gives another value for the same scores: {listed(names)}.",
        f"{len(names)} metrics differ between three evaluations of the same network, expected none",
        "A metric that draws random numbers, or keeps numbers of an evaluation before, cannot compare networks.",
        numbers={"metrics": len(names), "first": names[0]},
        section=SECTION,
        command="tallies of a metric are fields with init=False, and update uses nothing but scores and targets",
    )
