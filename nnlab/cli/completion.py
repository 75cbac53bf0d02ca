"""Shell completion of names, keys and runs."""

import re
from pathlib import Path

from typer import Context

KINDS = (
    "spec",
    "descent",
    "sweep",
    "dataset",
    "augmentation",
    "model",
    "layer",
    "activation",
    "initialiser",
    "loss",
    "metric",
    "penalty",
    "optimizer",
    "schedule",
    "control",
    "function",
    "search",
)
# The shell evaluates a completion as typed input: a folder named $(...) would be executed.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+@%:,-]*")
DESCENT_PICTURES = ("field", "paths", "values")
SWEEP_PICTURES = ("goal", "curves", "heatmap", "scatter", "panels", "parallel", "importance", "best")
PICTURES = (
    "accuracy",
    "loss",
    "gradients",
    "activation_histograms",
    "boundary",
    "predictions",
    "fit",
    "confusion",
    "mistakes",
    "weights",
    "gradients_through_time",
)


def complete_listed(ctx: Context, incomplete: str) -> list[str]:
    """Kinds of components; without a match, components, also those of ``--plugin``."""
    from nnlab.plugins.names import names_in
    from nnlab.registry import REGISTRIES

    kinds = [kind for kind in (*KINDS, "config") if kind.startswith(incomplete)]
    own = names_in(map(Path, ctx.params.get("plugins") or ()))
    names = {name for registry in REGISTRIES.values() for name in registry.names()}.union(*own.values())
    return kinds or sorted(name for name in names if name.startswith(incomplete))


def complete_explained(ctx: Context, incomplete: str) -> list[str]:
    """Names that can be explained, also those of ``--plugin``; a key of the spec after its first dot."""
    from nnlab.insight.explain.naming import completions
    from nnlab.plugins.names import names_in

    own = names_in(map(Path, ctx.params.get("plugins") or ()))
    names = {name for name in completions() if "." not in name or "." in incomplete}.union(*own.values())
    return sorted(name for name in names if name.startswith(incomplete))


def complete_config(incomplete: str) -> list[str]:
    """Names of bundled configs."""
    from nnlab.config.bundled import bundled_configs

    return [name for name in bundled_configs() if name.startswith(incomplete)]


def complete_spec(incomplete: str) -> list[str]:
    """YAML files and folders in the folder typed, and the names of bundled configs."""
    parent, slash, start = incomplete.rpartition("/")
    entries = [path for path in _entries(Path(parent + slash)) if path.name.startswith(start)]
    files = [f"{parent}{slash}{path.name}" for path in entries if path.suffix in {".yaml", ".yml"}]
    folders = [f"{parent}{slash}{path.name}/" for path in entries if path.is_dir()]
    plain = (text for text in sorted([*files, *folders]) if all(map(_PLAIN.fullmatch, Path(text).parts[-1:])))
    return list(dict.fromkeys([*plain, *complete_config(incomplete)]))


def complete_gradcheck(incomplete: str) -> list[str]:
    """As :func:`complete_spec`, then Python files."""
    parent, slash, start = incomplete.rpartition("/")
    entries = [path.name for path in _entries(Path(parent + slash)) if path.suffix == ".py"]
    files = [f"{parent}{slash}{name}" for name in sorted(entries) if name.startswith(start) and _PLAIN.fullmatch(name)]
    return list(dict.fromkeys([*complete_spec(incomplete), *files]))


def complete_spec_or_run(ctx: Context, incomplete: str) -> list[str]:
    """As :func:`complete_spec`, then run folders as :func:`complete_run`."""
    return list(dict.fromkeys([*complete_spec(incomplete), *complete_run(ctx, incomplete)]))


def complete_dataset(incomplete: str) -> list[str]:
    """Names of datasets."""
    from nnlab.registry import datasets

    return [name for name in datasets.names() if name.startswith(incomplete)]


def complete_data(incomplete: str) -> list[str]:
    """Names of datasets, then as :func:`complete_spec`."""
    return list(dict.fromkeys([*complete_dataset(incomplete), *complete_spec(incomplete)]))


def complete_checked(incomplete: str) -> list[str]:
    """Names of components whose gradients can be checked."""
    from nnlab.registry import layers, losses, regularizers

    names = [name for registry in (layers, losses, regularizers) for name in registry.names()]
    return [name for name in names if name.startswith(incomplete)]


def complete_sanity_check(incomplete: str) -> list[str]:
    """Checks of ``nnlab sanity``."""
    from nnlab.insight.sanity.checks import CHECKS

    return [name for name in CHECKS if name.startswith(incomplete)]


def complete_picture(incomplete: str) -> list[str]:
    """Pictures of a run, which include the curves of each metric, of a descent, or of a sweep."""
    from nnlab.registry import metrics

    kinds = dict.fromkeys((*PICTURES, *metrics.names(), *DESCENT_PICTURES, *SWEEP_PICTURES))
    return [kind for kind in kinds if kind.startswith(incomplete)]


def complete_override(ctx: Context, incomplete: str) -> list[str]:
    """``key=`` for the keys of a spec, and ``key=name`` for keys that take a component, also one of ``--plugin``."""
    from nnlab.config.completions import spec_keys
    from nnlab.plugins.names import names_in

    own = names_in(map(Path, ctx.params.get("plugins") or ()))
    return [text for text in spec_keys(own) if text.startswith(incomplete)]


def complete_values(ctx: Context, incomplete: str) -> list[str]:
    """As :func:`complete_override`; after a comma further values of the same key."""
    start, comma, last = incomplete.rpartition(",")
    key, equals, given = start.partition("=")
    if not (comma and equals):
        return complete_override(ctx, incomplete)
    values = (text.partition("=")[2] for text in complete_override(ctx, f"{key}={last}"))
    return [f"{start},{value}" for value in values if value and value not in given.split(",")]


def complete_condition(ctx: Context, incomplete: str) -> list[str]:
    """``key=`` as for an override, and metrics, which an operator follows."""
    from nnlab.core.rows import SPLITS
    from nnlab.metric_columns import MetricColumns

    metrics = [column for column in MetricColumns(SPLITS) if column.startswith(incomplete)]
    return [*complete_override(ctx, incomplete), *metrics]


def complete_run(ctx: Context, incomplete: str) -> list[str]:
    """``last``, and run folders by name in ``--runs``, or by path in the folder typed, or in a sweep's short name."""
    from nnlab.records.formats import kind_of
    from nnlab.records.run_names import LAST

    parent, slash, start = incomplete.rpartition("/")
    folder = _folder(parent + slash, _runs(ctx)) if slash else _runs(ctx)
    entries = [path for path in _entries(folder) if _PLAIN.fullmatch(path.name)]
    names = sorted(path.name for path in entries if path.name.startswith(start) and kind_of(path))
    newest = [LAST] if not slash and LAST.startswith(incomplete) and any(map(kind_of, entries)) else []
    return [*newest, *(f"{parent}{slash}{name}" for name in names)]


def complete_experiment(incomplete: str) -> list[str]:
    """Names of published experiments, and ``all``."""
    from nnlab.insight.reproduce.catalogue import ALL, EXPERIMENTS

    return [name for name in (*EXPERIMENTS, ALL) if name.startswith(incomplete)]


def complete_status(incomplete: str) -> list[str]:
    """Statuses of runs."""
    from nnlab.records.formats import ALL_STATUSES

    return [status for status in ALL_STATUSES if status.startswith(incomplete)]


def complete_tag(ctx: Context, incomplete: str) -> list[str]:
    """Tags of the runs in ``--runs``."""
    from nnlab.errors import RunError
    from nnlab.records.annotations import read_annotations

    tags: set[str] = set()
    for path in _entries(_runs(ctx)):
        try:
            tags.update(read_annotations(path).tags)
        except RunError:  # no completions of a damaged file
            continue
    return sorted(tag for tag in tags if tag.startswith(incomplete) and _PLAIN.fullmatch(tag))


def complete_removed(ctx: Context, incomplete: str) -> list[str]:
    """Runs in the trash."""
    from nnlab.errors import RunError
    from nnlab.records.trash import Trash

    try:
        names = [path.name for path in Trash(_runs(ctx)).held()]
    except RunError:  # no completions; an error message would garble the command line
        return []
    return [name for name in names if name.startswith(incomplete) and _PLAIN.fullmatch(name)]


def _folder(typed: str, runs: Path) -> Path:
    from nnlab.errors import RunError
    from nnlab.records.run_names import find_run

    path = Path(typed)
    try:
        return path if path.is_dir() else find_run(typed.rstrip("/"), runs, "sweep", "crossval")
    except RunError:  # no completions; an error message would garble the command line
        return path


def _runs(ctx: Context) -> Path:
    return Path(ctx.params.get("runs") or "runs")


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
