"""The numbers that every comparison reports, by the primary metric of its runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from nnlab.core.rows import REPORTING_SPLITS
from nnlab.metric_columns import BEST, headline
from nnlab.metrics import LOSS, METRICS_OF_TASK
from nnlab.records.reader import RunRecord


@dataclass(frozen=True)
class UsualColumns:
    """The columns of a comparison whose runs have this primary metric; further ones can be sorted by."""

    primary: str = METRICS_OF_TASK["classes"][0]

    @property
    def best(self) -> str:
        """The primary metric of the best evaluation."""
        return f"{BEST}test_{self.primary}"

    @property
    def choosing(self) -> str:
        """The primary metric on the split that chooses."""
        return f"validation_{self.primary}"

    @property
    def reporting(self) -> tuple[str, ...]:
        """The primary metric on each split, the one that a run is reported on first."""
        return tuple(f"{split}_{self.primary}" for split in REPORTING_SPLITS)

    @property
    def reported(self) -> tuple[str, ...]:
        """All of them, in the order of a CSV file."""
        names = (
            *(f"test_{self.primary}", self.best, "best_step", f"train_{self.primary}", f"test_{LOSS}"),
            *(f"train_{LOSS}", "train_seconds", "steps", "parameters", self.choosing, f"validation_{LOSS}"),
        )
        return tuple(dict.fromkeys(names))

    @property
    def optional(self) -> tuple[str, ...]:
        """Those that a table leaves out where no run has them."""
        return (self.choosing, f"validation_{LOSS}")

    @property
    def table(self) -> tuple[str, ...]:
        """Those of a table."""
        names = (
            *(f"test_{self.primary}", self.best, *self.optional, f"train_{self.primary}"),
            *(f"test_{LOSS}", f"train_{LOSS}", "train_seconds"),
        )
        return tuple(dict.fromkeys(names))


def usual_columns(runs: Sequence[RunRecord]) -> UsualColumns:
    """Those of the first primary metric that all runs measured; of the first run's where they have none in common."""
    rows = [run.final for run in runs if run.final]
    measured = [headline(row) or [LOSS] for row in rows]
    primaries = [names[0] for names in measured]
    common = (name for name in primaries if all(name in names for names in measured))
    return UsualColumns(next(common, primaries[0])) if primaries else UsualColumns()
