"""Loading of an experiment: from a spec file, from Python, or from a YAML tree."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnlab.config.bundled import spec_path
from nnlab.config.data_paths import DataPaths
from nnlab.config.experiment import Experiment
from nnlab.config.inheritance import default_name, read_spec, tree_from_mapping
from nnlab.config.misplaced_keys import MisplacedKeys
from nnlab.config.overrides import apply_overrides
from nnlab.config.positions import Finding, YamlTree, spec_error
from nnlab.config.recorded_data import RecordedData
from nnlab.config.spec_kinds import IS_SWEEP, describes_descent, is_sweep_spec
from nnlab.config.validation import Validator
from nnlab.config.yaml_reader import MAX_BYTES, question_in

# A spec with at most this many values always stays below MAX_BYTES when its defaults are written out.
MANY = 500


def load_experiment(
    path: Path | str,
    overrides: Sequence[str] = (),
    data: Path | None = None,
    *,
    tree: YamlTree | None = None,
    recorded: RecordedData | None = None,
) -> Experiment:
    """Read a spec file, or the bundled config of that name, apply ``key=value`` overrides and validate it.

    ``tree`` is its YAML and ``recorded`` what its run recorded of the data, where these were read already. A relative
    data path is resolved against the spec's folder, then (for the spec of a run) against the path recorded by the run,
    then against the working folder; ``data`` is a file or folder to use instead. Raises UsageError when the file cannot
    be read and SpecError with all problems.
    """
    path = spec_path(path)
    tree = read_spec(path) if tree is None else tree
    apply_overrides(tree, overrides)
    folders = (path.absolute().parent, Path.cwd())
    recorded = RecordedData.of(folders[0]) if recorded is None else recorded
    paths = DataPaths(recorded, data)
    experiment = experiment_from_tree(tree, default_name=default_name(path), folders=folders, paths=paths)
    experiment.question = experiment.question or recorded.question
    return experiment


def as_experiment(spec: Experiment | Path | str | Mapping[str, Any]) -> Experiment:
    """An experiment from an experiment, the path of a spec, a bundled config's name, or a dict; raises UsageError."""
    if isinstance(spec, Experiment):
        return spec
    if isinstance(spec, Mapping):
        return experiment_from_tree(tree_from_mapping(spec), default_name="experiment", folders=(Path.cwd(),))
    return load_experiment(spec)


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
