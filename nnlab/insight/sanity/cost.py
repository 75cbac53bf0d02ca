"""Time and memory of the whole training, from a few of its steps."""

from statistics import median
from time import perf_counter

import numpy as np

from nnlab.core.memory import available_bytes, readable_bytes
from nnlab.data.pipeline.batches import BatchLoader
from nnlab.engine.evaluation import penalty_value
from nnlab.engine.run_setup import RunSetup
from nnlab.insight.sanity.checked_spec import CheckedSpec
from nnlab.insight.sanity.result import Verdict, found

STEPS = 5
SECONDS = 1.0
SHARE = 0.8
"""Memory that a training may take of what is free, so that other programs still run."""


@np.errstate(all="ignore")
def cost(case: CheckedSpec) -> Verdict:
    """Seconds of a step and of an evaluation, times their number; memory against what is available."""
    setup = case.setup
    step, evaluation = _seconds_of_a_step(setup), _seconds_of_an_evaluation(case)
    evaluations = 1 + -(-setup.iterations // setup.eval_every)
    total = setup.iterations * step + evaluations * evaluation
    required = setup.network.required_bytes(case.experiment.dtype, setup.batches.batch_size, len(setup.optimizer.slots))
    available = available_bytes()
    text = f"{duration(step)} a step, {duration(evaluation)} an evaluation: about {duration(total)} for "
    text += f"{setup.iterations:,} step{'s' * (setup.iterations != 1)} and {evaluations:,} evaluations; "
    text += f"memory {readable_bytes(required)}"
    if available is None:
        return Verdict(text)
    text += f" of {readable_bytes(available + required)} available"
    if required <= SHARE * (available + required):
        return Verdict(text)
    finding = found(
        "memory_short",
        "The training needs most of the memory that is free.",
        f"{readable_bytes(required)} of {readable_bytes(available + required)}",
        "Where memory runs out, the system uses the disk instead, which is many times slower, or ends the training.",
        numbers={"required": required, "available": available},
        section="cost",
        command=case.with_keys("train", {"train.batch_size": max(1, setup.batches.batch_size // 2)}),
        severity="advice",
    )
    return Verdict(text, (finding,))


def duration(seconds: float) -> str:
    """Seconds as a short text: 0.3 ms, 12 s, 5 min, 3.2 h."""
    for limit, factor, unit in ((1.0, 1e3, "ms"), (100.0, 1.0, "s"), (6000.0, 1 / 60, "min")):
        if seconds < limit:
            number = seconds * factor
            return f"{number:.0f} {unit}" if number >= 10 else f"{number:.2g} {unit}"
    return f"{seconds / 3600:.1f} h"


def _seconds_of_a_step(setup: RunSetup) -> float:
    """The median of a few steps of the training loop, whose weights are not updated."""
    network, times, ends = setup.network, [], perf_counter() + SECONDS
    for number in range(1, STEPS + 1):
        start = perf_counter()
        x, targets = setup.batches.batch(number)
        penalty_value(setup.regularizers)
        for part in setup.accumulation.mini_batches(len(x)):
            network.streams.step, network.streams.part = number, part.number
            loss = setup.loss.forward(network.forward(x[part.samples], training=True), targets[part.samples])
            network.backward(setup.loss.backward())
            setup.accumulation.add(part, loss)
        for regularizer in setup.regularizers:
            regularizer.add_gradient()
        setup.optimizer.step(0.0)
        times.append(perf_counter() - start)
        if perf_counter() > ends:
            break
    return median(times)


def _seconds_of_an_evaluation(case: CheckedSpec) -> float:
    """From the time of one chunk, on one thread, shared by the threads that evaluations use."""
    setup, dataset, own = case.setup, case.dataset, case.experiment.train.eval_train
    train = setup.batches.batch_size if own == "batch" else len(dataset.train) if own == "all" else own
    samples = train + sum(len(split) for name, split in dataset.splits.items() if name != "train")
    loader = BatchLoader(dataset.train, case.experiment.dtype)
    chunk = min(setup.evaluation.chunk, len(dataset.train))
    times = []
    for _ in range(2):
        start = perf_counter()
        setup.network.forward(loader.chunk(0, chunk)[0], training=False)
        times.append(perf_counter() - start)
    return min(times) * samples / chunk / min(setup.threads, max(1, samples // chunk))
