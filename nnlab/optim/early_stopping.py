"""Early stopping: end training once a metric no longer improves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from nnlab.core.arrays import Array, arrays_under
from nnlab.core.rows import Row
from nnlab.core.state import KeptWeights, Stateful
from nnlab.optim.patience import Patience, PatienceCounter
from nnlab.registry import Doc, controls


@controls.register("early_stopping")
@dataclass(kw_only=True)
class EarlyStopping(Patience):
    """End training once a metric no longer improves.

    Source: Prechelt 1998, "Early Stopping – But When?".
    """

    restore_best: Annotated[bool, Doc("save the weights of the best evaluation instead of the last ones")] = True


class EarlyStoppingState:
    """Ends a training by its settings and keeps the weights of the best evaluation."""

    def __init__(self, settings: EarlyStopping, network: Stateful) -> None:
        self._settings = settings
        self._counter = PatienceCounter(settings)
        self._best = KeptWeights(network)

    def after_evaluation(self, row: Row) -> None:
        """Keep the weights if this evaluation is the best so far."""
        if self._counter.improved(row) and self._settings.restore_best:
            self._best.keep(self._counter.best_step)

    def stop_reason(self, step: int) -> str:
        """Why training should stop after ``step`` updates; empty to continue."""
        settings = self._settings
        if self._counter.waited < settings.patience:
            return ""
        evaluations = f"{settings.patience} evaluation{'s' * (settings.patience > 1)}"
        return (
            f"stopped early after step {step}: {settings.metric} has not improved for {evaluations}; "
            f"best at step {self._counter.best_step}"
        )

    def restore_best(self, step: int) -> int | None:
        """Restore the weights of the best evaluation, where that was before ``step``, and return its step."""
        return None if self._best.step == step else self._best.restore()

    def state(self) -> dict[str, Array]:
        """The state of the counter, and the best weights as ``weights.linear1.W``."""
        weights = {f"weights.{name}": array for name, array in self._best.arrays.items()}
        return {**self._counter.state(), **weights}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Resume from a saved state; raises ShapeError where that does not fit."""
        weights = arrays_under("weights", state)
        self._counter.load_state({key: state[key] for key in state if not key.startswith("weights.")})
        if weights:
            self._best.load(self._counter.best_step, weights, "saved best weights")
