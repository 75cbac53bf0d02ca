"""One descent: from a spec to a finished folder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite, isnan
from pathlib import Path
from time import perf_counter
from typing import Any

from nnlab.config.descent import Descent, as_descent
from nnlab.core.signals import stop_on_signal
from nnlab.descent.path import DescentPath, descend, gradient_of, labels
from nnlab.descent.pictures import STILL_KINDS, draw_pictures, pictures_of
from nnlab.errors import Interrupted, RunError, reason_of
from nnlab.language import in_language, tr
from nnlab.plots.descent import RACE
from nnlab.plugins.recorded import files_of, record_of
from nnlab.records.descent_folder import create_descent_folder, write_descent
from nnlab.records.drawing import begin_drawing, last_pictures
from nnlab.records.environment import describe_environment
from nnlab.storage.layout import PLOTS_FOLDER
from nnlab.storage.lock import writing


@dataclass(frozen=True)
class DescentResult:
    """Where a descent was written, its summary, and the path of each optimizer."""

    path: Path
    summary: dict[str, Any]
    paths: list[DescentPath]


def run_descent(
    spec: Descent | Path | str | Mapping[str, Any],
    runs: Path | str = "runs",
    *,
    animate: bool = True,
    on_step: Callable[[], None] = lambda: None,
) -> DescentResult:
    """Run every optimizer of a descent from the same start and write a folder under ``runs``.

    ``spec`` is a descent, the path of its spec, or a dict with the contents of a spec.

    Files: spec.yaml, path.csv, summary.json, environment.json, log.txt, and in plots/ values.png; of one variable also
    paths.png, of two also field.png, paths.png and (with ``animate``) race.gif; without an optimizer field.png only.
    ``on_step`` is called at every point of every path. Raises RunError when the folder cannot be written, and
    Interrupted after a signal, once the steps made until then are saved.
    """
    descent = as_descent(spec)
    started = perf_counter()
    gradient = gradient_of(descent)
    with stop_on_signal() as stop:

        def stopped() -> bool:
            on_step()
            return stop()

        paths = [
            descend(descent.function, rule, descent.start, descent.steps, gradient, label, stopped)
            for rule, label in zip(descent.optimizer, labels(descent.optimizer), strict=True)
        ]
    seconds = perf_counter() - started
    folder = create_descent_folder(Path(runs), descent.name)
    with writing(folder):
        diverged = [path.label for path in paths if path.status == "diverged"]
        summary: dict[str, Any] = {
            "status": "interrupted" if stop.signal is not None else "diverged" if diverged else "completed",
            "function": descent.function.formula,
            "paths": [_entry(path) for path in paths],
            "seconds": seconds,
            "spec_sha256": descent.sha256(),
            "message": f"{len(diverged)} of {len(paths)} diverged: {', '.join(diverged)}" if diverged else "",
        }
        kinds = (*STILL_KINDS, *[RACE] * animate)
        begin_drawing(folder, kinds)
        write_descent(
            folder,
            spec=descent.to_yaml(),
            environment=describe_environment({}) | record_of(descent),
            plugins=files_of(descent),
            summary=summary,
            paths={path.label: (path.positions, path.values, path.norms) for path in paths},
            lines=[line(path) for path in paths] or ["no optimizer: the field of gradients only"],
        )
        if stop.signal is not None:
            raise Interrupted(stop.signal, f"stopped; the steps made until then are saved in {folder}")
        try:
            with last_pictures(folder):
                draw_pictures(pictures_of(descent, paths), folder / PLOTS_FOLDER, kinds)
        except Interrupted as error:
            saved = f"all steps are saved in {folder}, and nnlab plot {folder} draws the pictures"
            raise Interrupted(error.exit_code - 128, f"stopped while drawing; {saved}") from error
        except OSError as error:
            raise RunError(f"{folder / PLOTS_FOLDER}: cannot be written: {reason_of(error)}") from error
        return DescentResult(folder, summary, paths)


def line(path: DescentPath) -> str:
    """Start, end, number of steps and value of a path, in one line."""
    start, end = point_text(path.positions[0]), point_text(path.positions[-1])
    ends = {"label": path.label, "start": start, "end": end, "value": f"{path.values[-1]:.9g}"}
    if path.steps == 1:
        text = tr("{label}: {start} → {end} in 1 step, value {value}", **ends)
    else:
        text = tr("{label}: {start} → {end} in {steps} steps, value {value}", steps=f"{path.steps:,}", **ends)
    note = _note(path)
    return f"{text}{in_language('; ', '；')}{note}" if note else text


def _note(path: DescentPath) -> str:
    """What is wrong with a path, and what to try."""
    match path.status:
        case "diverged" if path.steps == 0:
            if isfinite(path.values[0]):
                return tr("diverged: the function has no finite gradient at the start")
            return tr("diverged: the function has no finite value at the start")
        case "diverged" if isnan(path.values[-1]):
            return tr("diverged: it left where the function has a value; try a smaller learning rate")
        case "diverged" if not isfinite(path.values[-1]):
            return tr("diverged: the value is no longer finite; try a smaller learning rate")
        case "diverged":
            return tr("diverged: it ended far away; try a smaller learning rate")
        case "higher":
            return tr("ended higher than it started; try a smaller learning rate")
        case "still" if path.norms[0] == 0:
            return tr("did not move: the gradient is 0 at the start")
        case "still":
            return tr("hardly moved; try a larger learning rate")
    return ""


def point_text(point: Any) -> str:
    """Coordinates with nine digits, as the book prints them: (-6.11110793e-10, 8.14814391e-10)."""
    shown = ", ".join(f"{number:.9g}" for number in point[:4])
    return f"({shown}{', ...' if len(point) > 4 else ''})"


def _entry(path: DescentPath) -> dict[str, Any]:
    def finite(number: float) -> float | None:
        return number if abs(number) < float("inf") else None

    return {
        "optimizer": path.label,
        "status": path.status,
        "steps": path.steps,
        "start": [finite(float(number)) for number in path.positions[0]],
        "end": [finite(float(number)) for number in path.positions[-1]],
        "value": finite(float(path.values[-1])),
        "gradient_norm": finite(float(path.norms[-1])),
    }
