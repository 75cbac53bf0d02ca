"""The learning-rate range test of a spec, and the trial of its suggestion."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnlab.config.experiment import Experiment
from nnlab.config.loading import Spec, as_experiment
from nnlab.config.overrides import Overrides
from nnlab.core.arrays import Array
from nnlab.data.dataset_cache import DatasetCache
from nnlab.engine.run_setup import RunSetup
from nnlab.html import block, line, table
from nnlab.insight.range_test.curve import LossCurve, mean_curve
from nnlab.insight.range_test.limits import FIRST_LR, HIGHEST_LR, LAST_LR, SEEDS, STEPS, check_range
from nnlab.insight.range_test.short_training import ShortTraining, train_briefly
from nnlab.insight.range_test.suggestion import SHORTEST, Suggestion, obstacle_of, suggest, suggest_by_trials
from nnlab.insight.range_test.trials import Trial, most_trials, try_around, try_range
from nnlab.insight.range_test.wording import base_command, command_of, sentences_of, trial_cells, trial_headings
from nnlab.language import Language, speaking
from nnlab.registry import registered_name
from nnlab.train.run import one_blas_thread

if TYPE_CHECKING:
    from nnlab.plots.plot_style import Style
    from nnlab.plots.shown_figure import ShownFigure


@dataclass(frozen=True, eq=False)
class LearningRateTest:
    """What a range test measured.

    ``lrs`` are the rates of the steps, ``trainings`` the range test of each seed, ``curve`` their mean as far as all of
    them reached (None where that is too short), ``trials`` the short trainings around the guess, in rising order.
    ``base_command`` trains the spec as it is, for ``iterations`` updates; it is empty where the spec is not a file.
    """

    experiment: Experiment
    base_command: str
    iterations: int
    steps: int
    lrs: Array
    trainings: Sequence[ShortTraining]
    curve: LossCurve | None
    by_seed: Sequence[LossCurve]
    trials: Sequence[Trial]
    suggestion: Suggestion

    @property
    def command(self) -> str:
        """The command that trains with the suggestion; empty without one."""
        return command_of(self)

    @property
    def sentences(self) -> list[str]:
        """What was found, with its numbers, one sentence each."""
        return sentences_of(self)

    def __repr__(self) -> str:
        return "\n".join(self.sentences)

    def _repr_html_(self) -> str:
        """The sentences, the trials as a table, and the command."""
        rows = [trial_cells(self, trial) for trial in self.trials]
        tried = table(trial_headings(self), rows, numbers=(0, 1)) if rows else ""
        return block(*map(line, self.sentences), tried, line(self.command) if self.command else "")

    def plot(self, *, style: "Style" = "light", language: Language = "en") -> "ShownFigure":
        """The curve with the suggestion, and the trials, as a matplotlib figure; nothing is written."""
        from nnlab.insight.range_test.drawing import draw
        from nnlab.plots.palette import drawn_as
        from nnlab.plots.plot_style import PlotStyle
        from nnlab.plots.shown_figure import figures_kept

        with figures_kept() as figures, drawn_as(PlotStyle("png", style, language)), speaking(language):
            draw(self)
        return figures[0]

    def as_json(self) -> dict[str, object]:
        """Every number as plain values; null for a loss that is not finite."""
        found, curve = self.suggestion, self.curve
        return {
            "name": self.experiment.name,
            "optimizer": registered_name(self.experiment.optimizer),
            "spec_lr": self.experiment.optimizer.lr,
            "suggestion": found.lr,
            "confidence": found.confidence,
            "obstacle": found.obstacle or None,
            "agreement": None if found.agreement is None else vars(found.agreement),
            "steepest": curve.steepest if curve and not found.obstacle else None,
            "tenth_of_lowest": curve.tenth_of_lowest if curve and not found.obstacle else None,
            "initial_loss": float(self.trainings[0].losses[0]) if len(self.trainings[0].losses) else None,
            "sentences": self.sentences,
            "command": self.command or None,
            "steps": self.steps,
            "trials": [trial.as_json() for trial in self.trials],
            "curve": {
                "lr": [] if curve is None else curve.lrs.tolist(),
                "loss": [] if curve is None else curve.losses.tolist(),
                "smoothed": [] if curve is None else curve.smoothed.tolist(),
            },
            "seeds": [
                {
                    "seed": seed_of(self.experiment, index),
                    "losses": training.losses.tolist(),
                    "stopped": training.stopped,
                }
                for index, training in enumerate(self.trainings)
            ],
        }


def learning_rate_test(
    spec: Spec,
    overrides: Overrides = (),
    *,
    first: float = FIRST_LR,
    last: float = LAST_LR,
    steps: int = STEPS,
    seeds: int = SEEDS,
    on_step: Callable[[], None] = lambda: None,
) -> LearningRateTest:
    """The learning-rate range test of a spec (Smith 2017, arXiv 1506.01186, section 3.3), whose suggestion is tried.

    The learning rate grows from ``first`` to ``last`` in equal factors over ``steps`` updates, once for each of
    ``seeds`` seeds from the spec's own on. Where the curve shows a rate, it is tried by short trainings of as many
    steps with that rate and with others from a tenth to ten times of it; where it shows none, every decade of the range
    is tried. ``on_step`` is called after each step. Nothing is written. Raises UsageError for a range or number that
    cannot be used, and every error of :class:`~nnlab.engine.run_setup.RunSetup`.
    """
    check_range(first, last, steps, seeds)
    experiment = as_experiment(spec, overrides)
    command = base_command(spec, overrides, experiment)
    return run_range_test(experiment, command, first=first, last=last, steps=steps, seeds=seeds, on_step=on_step)


def run_range_test(
    experiment: Experiment,
    base_command: str,
    *,
    first: float,
    last: float,
    steps: int,
    seeds: int,
    on_step: Callable[[], None],
) -> LearningRateTest:
    """As :func:`learning_rate_test`, of an experiment that is read already; ``base_command`` trains it."""
    read = DatasetCache().read

    def train(lr: float, last_lr: float | None = None) -> list[ShortTraining]:
        every = (seed_of(experiment, index) for index in range(seeds))
        return [train_briefly(experiment, steps, lr, last_lr, seed=seed, read=read, on_step=on_step) for seed in every]

    lrs = np.geomspace(first, last, steps)
    with one_blas_thread():
        trainings = train(first, last)
        curves = [training.losses for training in trainings]
        reached = min(map(len, curves))
        usable = reached > SHORTEST
        curve = mean_curve(lrs, curves) if usable else None
        by_seed = [LossCurve.of(lrs[: len(losses) - 1], losses) for losses in curves] if usable else []
        obstacle = obstacle_of(curve)
        trials: list[Trial] = []
        found = Suggestion(None, "no suggestion", None, obstacle)
        own = experiment.optimizer.lr
        if curve is not None and not obstacle:
            trials = try_around(curve.guess, train, own, HIGHEST_LR)
            found = suggest(curve, by_seed, trials)
        elif curve is not None and obstacle in ("flat", "noisy"):
            trials = try_range(first, last, train, own)
            found = suggest_by_trials(curve, trials, obstacle)
    iterations = RunSetup(experiment, read=read).iterations
    return LearningRateTest(experiment, base_command, iterations, steps, lrs, trainings, curve, by_seed, trials, found)


def most_steps(first: float, last: float, steps: int, seeds: int) -> int:
    """The steps that a test takes at most, for a progress bar: the range test and all trials."""
    return seeds * (steps + 1) * (1 + most_trials(first, last))


def seed_of(experiment: Experiment, index: int) -> int:
    """The random seed of the ``index``-th training."""
    return int((experiment.seed + index) % 2**32)
