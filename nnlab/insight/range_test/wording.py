"""The result of a range test in words, in the current language."""

import shlex
from math import isclose
from typing import TYPE_CHECKING

from nnlab.config.experiment import Experiment
from nnlab.config.loading import Spec
from nnlab.config.overrides import Overrides
from nnlab.insight.range_test.trials import Trial, in_two_digits
from nnlab.insight.spec_commands import override_texts, spec_words
from nnlab.language import tr
from nnlab.optim.schedules import Constant
from nnlab.registry import registered_name

if TYPE_CHECKING:
    from nnlab.insight.range_test.learning_rate_test import LearningRateTest

KEY = "optimizer.lr"
# A training of this many times the steps of the test may end otherwise than the test.
LONG = 5


def base_command(spec: Spec, overrides: Overrides, experiment: Experiment) -> str:
    """The command that trains a spec with its overrides, without those of the learning rate; empty without a file."""
    if not (words := spec_words(spec, experiment)):
        return ""
    kept = [text for text in override_texts(overrides) if text.partition("=")[0].strip() != KEY]
    return shlex.join(["nnlab", "train", *words, *(word for text in kept for word in ("-s", text))])


def command_of(test: "LearningRateTest") -> str:
    """The command that trains with the suggestion; empty without one, or without a spec file."""
    lr = test.suggestion.lr
    return f"{test.base_command} -s {KEY}={in_two_digits(lr)}" if lr and test.base_command else ""


def sentences_of(test: "LearningRateTest") -> list[str]:
    """The suggestion or why there is none, what it rests on, and what was off during the test."""
    found = test.suggestion
    if found.lr is None:
        said = [tr("no suggestion: {reason}", reason=_obstacle(test))]
    else:
        word = confidence_word(found.confidence)
        said = [tr("suggested learning rate: {lr} ({confidence})", lr=in_two_digits(found.lr), confidence=word)]
    curve = test.curve
    if curve is not None and found.lr is not None and found.obstacle:
        said.append(
            tr(
                "the range test shows no learning rate: the loss falls by at most {fall} from {initial}; the "
                "suggestion comes from the short trainings alone",
                fall=f"{curve.fall:.2g}",
                initial=f"{curve.initial:.4g}",
            )
        )
    if curve is not None and not found.obstacle and found.agreement is not None:
        rates = {"steepest": in_two_digits(curve.steepest), "tenth": in_two_digits(curve.tenth_of_lowest)}
        lowest, apart = in_two_digits(10 * curve.tenth_of_lowest), f"{found.agreement.rules:.2g}"
        said.append(
            tr(
                "range test, with a rising learning rate: the loss falls fastest at {steepest}, and is lowest at "
                "{lowest}, a tenth of which is {tenth}; these two guesses differ by a factor of {apart}",
                lowest=lowest,
                apart=apart,
                **rates,
            )
        )
        if found.agreement.seeds is not None:
            seeds, apart = len(test.by_seed), f"{found.agreement.seeds:.2g}"
            said.append(
                tr("repeated with {seeds} seeds: their guesses differ by a factor of {apart}", seeds=seeds, apart=apart)
            )
        guess, apart = in_two_digits(curve.guess), f"{found.agreement.trials:.2g}"
        said.append(
            tr(
                "short trainings: the best learning rate differs by a factor of {apart} from {guess}, the mean of both "
                "guesses",
                apart=apart,
                guess=guess,
            )
        )
    if test.trials:
        said.append(_tried(test))
    return said + _notes(test)


def trial_headings(test: "LearningRateTest") -> tuple[str, str, str]:
    """The headings of the table of trials."""
    return tr("learning rate"), tr("loss after {steps} steps", steps=f"{test.steps:,}"), ""


def trial_cells(test: "LearningRateTest", trial: Trial) -> tuple[str, str, str]:
    """A trial as a row of that table."""
    marks = []
    if trial.lr == test.suggestion.lr:
        marks.append(tr("suggested"))
    if isclose(trial.lr, test.experiment.optimizer.lr):
        marks.append(tr("in the spec"))
    return in_two_digits(trial.lr), _result(trial), tr(", ").join(marks)


def off_during_the_test(test: "LearningRateTest") -> list[str]:
    """The settings of the spec that the test left out, by their keys."""
    settings = test.experiment.train
    off = {
        f"train.schedule: {registered_name(settings.schedule)}": not isinstance(settings.schedule, Constant),
        "train.early_stopping": settings.early_stopping is not None,
        "train.ema": settings.ema is not None,
    }
    return [key for key, left_out in off.items() if left_out]


def _tried(test: "LearningRateTest") -> str:
    results = [
        tr("{result} at {lr}", result=_result(trial), lr=in_two_digits(trial.lr))
        + (tr(" (in the spec)") if isclose(trial.lr, test.experiment.optimizer.lr) else "")
        for trial in test.trials
    ]
    results_of_all = tr(", ").join(results)
    if len(test.by_seed) > 1:
        return tr(
            "loss after {steps} steps (mean ± standard deviation of {seeds} seeds): {results}",
            steps=f"{test.steps:,}",
            seeds=len(test.by_seed),
            results=results_of_all,
        )
    return tr("loss after {steps} steps: {results}", steps=f"{test.steps:,}", results=results_of_all)


def _result(trial: Trial) -> str:
    if not trial.diverged:
        spread = f" ± {trial.std:.2g}" if len(trial.ends) > 1 else ""
        return f"{trial.mean:.4g}{spread}"
    if len(trial.ends) == 1:
        return tr("diverged")
    return tr("diverged for {diverged} of {seeds} seeds", diverged=trial.diverged, seeds=len(trial.ends))


def _obstacle(test: "LearningRateTest") -> str:
    curve, first, last = test.curve, in_two_digits(test.lrs[0]), in_two_digits(test.lrs[-1])
    if curve is None:
        ended = min(test.trainings, key=lambda training: len(training.losses))
        steps = len(ended.losses)
        if ended.stopped == "rose":
            return tr("the loss rises within {steps} steps from {first} on; try --from", steps=steps, first=first)
        return tr(
            "training diverges within {steps} steps from {first} on: {message}",
            steps=steps,
            first=first,
            message=ended.message,
        )
    initial, fall = f"{curve.initial:.4g}", f"{curve.fall:.2g}"
    if test.suggestion.obstacle == "flat":
        reached = in_two_digits(float(curve.lrs[-1]))
        return tr(
            "the loss stays at {initial} up to a learning rate of {reached}: it falls by {fall} at most. The range is "
            "too low (--to), the test too short for a slow start (--steps), or the network does not learn",
            initial=initial,
            reached=reached,
            fall=fall,
        )
    if test.suggestion.obstacle == "noisy":
        return tr(
            "the loss falls from {initial} by {fall}, which the differences between mini-batches explain (standard "
            "error {error}); more --seeds or --steps average them out",
            initial=initial,
            fall=fall,
            error=f"{curve.error:.2g}",
        )
    if test.suggestion.obstacle == "rises":
        return tr(
            "the loss rises from {initial} and never falls: the range from {first} to {last} is too high (--from)",
            initial=initial,
            first=first,
            last=last,
        )
    guess = in_two_digits(curve.guess)
    return tr(
        "the range test shows {guess}, but no short training ends below the initial loss of {initial}",
        guess=guess,
        initial=initial,
    )


def _notes(test: "LearningRateTest") -> list[str]:
    curve, found = test.curve, test.suggestion
    notes = []
    if found.agreement is not None and curve is not None and curve.lowest >= len(test.lrs) - 2:
        last = in_two_digits(float(test.lrs[-1]))
        notes.append(tr("the loss still falls at {last}, the end of the range; --to shows more", last=last))
    if found.lr is not None and test.iterations >= LONG * test.steps:
        notes.append(
            tr(
                "{steps} of the spec's {iterations} updates were tested: a long training may want a lower rate or a "
                "schedule towards its end",
                steps=f"{test.steps:,}",
                iterations=f"{test.iterations:,}",
            )
        )
    if off := off_during_the_test(test):
        keys = tr(", ").join(off)
        notes.append(tr("off during the test: {keys}; the suggestion is the highest rate of a schedule", keys=keys))
    return notes


def confidence_word(word: str) -> str:
    """How sure a suggestion is, in the current language."""
    return {"sure": tr("sure"), "fairly sure": tr("fairly sure"), "unsure": tr("unsure")}[word]
