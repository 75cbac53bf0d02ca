"""Loading of an experiment: from a spec file, from Python, or from a YAML tree."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnlab.config.bundled import spec_path
from nnlab.config.data_paths import DataPaths, FoundPath
from nnlab.config.defaults import has_default
from nnlab.config.experiment import Experiment
from nnlab.config.inheritance import default_name, read_spec, tree_from_mapping, with_bases
from nnlab.config.misplaced_keys import MisplacedKeys
from nnlab.config.overrides import Overrides, apply_overrides
from nnlab.config.positions import Finding, YamlTree, spec_error
from nnlab.config.recorded_data import RecordedData, plugins_named
from nnlab.config.spec_kinds import IS_SWEEP, describes_descent, is_sweep_spec
from nnlab.config.validation import Validator, flatten
from nnlab.config.yaml_parser import parse_collecting_problems
from nnlab.config.yaml_reader import MAX_BYTES, STANDARD_INPUT, leading_comment, question_in
from nnlab.core.task import NUMBERS
from nnlab.errors import UsageError
from nnlab.losses import MeanSquaredError
from nnlab.registry import hyperparameters
from nnlab.text import quote

# A spec with at most this many values always stays below MAX_BYTES when its defaults are written out.
MANY = 500

GIVEN = "experiment"
"""The name of an experiment that is given in Python without one."""

Spec = Experiment | Path | str | Mapping[str, Any]
"""What describes an experiment in Python: itself, the path of its spec, a bundled config's name, YAML text, a dict."""


def load_experiment(
    spec: Path | str | Mapping[str, Any],
    overrides: Overrides = (),
    data: Path | None = None,
    *,
    tree: YamlTree | None = None,
    recorded: RecordedData | None = None,
) -> Experiment:
    """Read a spec, apply overrides and validate it: ``load_experiment("adam", {"optimizer.lr": 0.1})``.

    ``spec`` is the path of a spec file, the name of a bundled config, a dict of what a spec says, or YAML text;
    ``overrides`` are values by dotted key, or ``["optimizer.lr=0.1"]``. ``tree`` is the YAML of a file and ``recorded``
    what its run recorded of the data, where these were read already. A relative data path is resolved against the
    spec's folder, then (for the spec of a run) against the path recorded by the run, then against the working folder;
    ``data`` is a file or folder to use instead. Raises UsageError when the file cannot be read and SpecError with all
    problems.
    """
    path = tree_or_path(spec)
    if isinstance(path, YamlTree):
        apply_overrides(path, overrides)
        return experiment_from_tree(path, default_name=GIVEN, folders=(Path.cwd(),), paths=DataPaths(given=data))
    tree = read_spec(path) if tree is None else tree
    apply_overrides(tree, overrides)
    folders = (path.absolute().parent, Path.cwd())
    recorded = RecordedData.of(folders[0]) if recorded is None else recorded
    paths = DataPaths(recorded, data)
    with plugins_named(path, recorded):
        experiment = experiment_from_tree(tree, default_name=default_name(path), folders=folders, paths=paths)
    experiment.question = experiment.question or recorded.question
    return experiment


def as_experiment(spec: Spec, overrides: Overrides = ()) -> Experiment:
    """The experiment that a spec describes, with overrides applied; raises UsageError."""
    if not isinstance(spec, Experiment):
        return load_experiment(spec, overrides)
    if not overrides:
        return spec
    tree = tree_of(spec)
    apply_overrides(tree, overrides)
    paths = DataPaths(placed=placed_files(spec))
    changed = experiment_from_tree(tree, default_name=spec.name, folders=(Path.cwd(),), paths=paths)
    changed.question = spec.question
    return changed


def tree_or_path(spec: object) -> YamlTree | Path:
    """The tree of a dict or of YAML text, merged into its bases; of a path or the name of a bundled config its path.

    Raises UsageError for anything else.
    """
    if isinstance(spec, Mapping):
        return tree_from_mapping(spec)
    if not isinstance(spec, Path | str):
        raise UsageError(f"spec: must be a path, a name, a dict or YAML text, got {quote(spec)}")
    if isinstance(spec, Path) or not is_text(spec):
        return spec_path(spec)
    tree = parse_collecting_problems(spec, "spec")
    tree.comment = leading_comment(spec)
    return with_bases(tree, STANDARD_INPUT)


def is_text(spec: object) -> bool:
    """Whether a spec is a dict, YAML text or an Experiment, rather than a path or the name of a config."""
    if isinstance(spec, str):
        return ("\n" in spec or ": " in spec) and not os.path.lexists(spec)
    return not isinstance(spec, Path)


def experiment_from_tree(
    tree: YamlTree, *, default_name: str, folders: tuple[Path, ...], paths: DataPaths | None = None
) -> Experiment:
    """Validate a YAML tree and build its experiment.

    Raises SpecError with the tree's own problems and all others, at most one per key.
    """
    experiment, problems = validated(tree, default_name=default_name, folders=folders, paths=paths)
    if experiment is None:
        raise spec_error(problems)
    return experiment


def validated(
    tree: YamlTree, *, default_name: str, folders: tuple[Path, ...], paths: DataPaths | None = None
) -> tuple[Experiment | None, list[Finding]]:
    """The experiment of a YAML tree, or None with its problems."""
    raw, problems = tree.value, list(tree.problems)
    experiment = None
    if raw is None and not tree.broken:
        problems.append((tree.position(()), (), "is empty; a spec needs data, model, optimizer and train"))
    elif is_sweep_spec(raw):
        problems.append((tree.position(()), (), IS_SWEEP))
    elif describes_descent(raw):
        problems.append(
            (tree.position(()), (), "is a descent spec; run it with nnlab descend (a training spec has a model)")
        )
    elif not tree.broken:
        validator = Validator(folders, MisplacedKeys(Experiment, raw), lambda key: tree.position(key).folder, paths)
        experiment = validator.section(
            Experiment, {"name": default_name, **raw} if isinstance(raw, dict) else raw, (), "a spec"
        )
        if experiment:
            experiment.question = question_in(tree.comment)
            if isinstance(raw, dict) and "loss" not in raw and experiment.data.task == NUMBERS:
                experiment.loss = MeanSquaredError()
        reported = {key for _, key, _ in problems}
        problems.extend(tree.problem_at(key, message) for key, message in validator.problems if key not in reported)
        # A run saves its resolved spec, which must be readable again.
        if experiment and len(tree.positions) > MANY and len(experiment.to_yaml().encode()) > MAX_BYTES:
            most = f"{MAX_BYTES // 1024} KiB"
            problems.append((tree.position(()), (), f"is larger than {most} with all defaults written out"))
    if problems:
        return None, problems
    if not isinstance(experiment, Experiment):
        raise TypeError("validation without problems gives an experiment")
    return experiment, problems


def tree_of(experiment: Experiment) -> YamlTree:
    """An experiment as a spec that leaves out what it need not say, so that another component can be swept in."""
    resolved = experiment.resolved()
    settings = flatten(resolved)
    kept: dict[str, Any] = {}
    for key, value in settings.items():
        if not has_default(settings, key) or key.endswith(".name"):
            target = kept
            *parents, last = key.split(".")
            for parent in parents:
                target = target.setdefault(parent, {})
            target[last] = value
    short = YamlTree(kept)
    same = experiment_from_tree(short.copy(), default_name=experiment.name, folders=(Path.cwd(),))
    return short if same.resolved() == resolved else YamlTree(resolved)


def placed_files(experiment: Experiment) -> dict[str, str]:
    """The absolute path of each file that an experiment names."""
    source = experiment.data
    values = [getattr(source, parameter.name) for parameter in hyperparameters(type(source))]
    return {value.written: str(value) for value in values if isinstance(value, FoundPath)}
