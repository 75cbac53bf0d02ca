"""Loading of a sweep: from a sweep file, from a spec with ``-s`` settings, or from Python."""

from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any

from nnlab.config.bundled import spec_path
from nnlab.config.data_paths import DataPaths
from nnlab.config.experiment import Experiment
from nnlab.config.inheritance import default_name, plain_copy, with_bases
from nnlab.config.loading import GIVEN, Spec, placed_files, tree_of, tree_or_path
from nnlab.config.overrides import Overrides, check_overrides
from nnlab.config.positions import Position, YamlTree
from nnlab.config.recorded_data import RecordedData, plugins_named
from nnlab.config.spec_kinds import is_sweep_spec
from nnlab.config.sweep import Sweep
from nnlab.config.sweep_draft import SweepDraft
from nnlab.config.yaml_reader import read_collecting_problems
from nnlab.errors import UsageError
from nnlab.search.base import Search
from nnlab.search.space import Range
from nnlab.storage.layout import SWEEP_FILE
from nnlab.text import one_line


def load_sweep(path: Path | str, settings: Sequence[str] = ()) -> Sweep:
    """Read a sweep file, apply ``-s`` settings and check every value once.

    ``base`` is relative to the file, data paths are searched as those of a spec. Raises UsageError when a file cannot
    be read or is no sweep, and SpecError with all problems.
    """
    path = spec_path(path)
    tree = read_collecting_problems(path)
    if not tree.broken and not is_sweep_spec(tree.value):
        raise UsageError(f"{one_line(str(path), 1000)}: is not a sweep, which has the keys base and over")
    with plugins_named(path, RecordedData.of(path.absolute().parent)):
        return _load(path, tree, settings)


def sweep_from_arguments(
    spec: Path | str,
    settings: Sequence[str] = (),
    *,
    zip: bool = False,  # noqa: A002 - the name of the option and of the key
    search: Search | None = None,
    seeds: int | None = None,
    goal: str | None = None,
) -> Sweep:
    """The sweep of a command line: a spec or a sweep file with ``-s`` settings, of which one at least has values.

    ``zip``: the keys with several values move together. Raises UsageError when a file cannot be read or nothing is
    swept, and SpecError with all problems.
    """
    path = spec_path(spec)
    if (path / SWEEP_FILE).is_file():
        folder = one_line(str(path), 1000)
        raise UsageError(f"{folder}: is the folder of a sweep; --resume continues it, its {SWEEP_FILE} repeats it")
    return _load(path, read_collecting_problems(path), settings, together=zip, search=search, seeds=seeds, goal=goal)


def _load(
    path: Path,
    tree: YamlTree,
    settings: Sequence[str],
    *,
    together: bool = False,
    search: Search | None = None,
    seeds: int | None = None,
    goal: str | None = None,
) -> Sweep:
    draft = _draft(path, tree)
    draft.axes.change(settings, together=together)
    draft.search = search or draft.search
    draft.seeds = draft.seeds if seeds is None else seeds
    if goal is not None:
        draft.set_goal(goal, Position(inf, len(settings), "--goal"), ())
    return draft.build()


def sweep_from_python(
    spec: Spec,
    over: Mapping[str, Any] | Sequence[Mapping[str, Any]] = (),
    *,
    zip: Mapping[str, Any] | Sequence[Mapping[str, Any]] = (),  # noqa: A002 - the name of the key
    set: Mapping[str, Any] | None = None,  # noqa: A002 - the name of the key
    search: Search | None = None,
    seeds: int | None = None,
    goal: str | Mapping[str, str] | None = None,
    name: str | None = None,
    overrides: Overrides = (),
) -> Sweep:
    """A sweep of an experiment, the path of a spec, or a dict, over ``{"optimizer.lr": [0.1, 0.01]}``.

    A key has a sequence or array of values, ``"0..4"``, a ``Range`` or ``{"log": (1e-4, 1e-1)}``; a sequence of such
    mappings adds up. ``set`` and ``overrides`` hold for all trials; a list of overrides is one of ``-s`` settings.
    Raises UsageError when a file cannot be read, and SpecError with all problems.
    """
    check_overrides(overrides)
    draft = SweepDraft(DataPaths(), (Path.cwd(),))
    if isinstance(spec, Experiment):
        draft.base, draft.default_name = tree_of(spec), spec.name
        draft.paths = DataPaths(placed=placed_files(spec))
    elif isinstance(found := tree_or_path(spec), YamlTree):
        draft.base, draft.default_name = found, GIVEN
    else:
        draft = _draft(found, read_collecting_problems(found))
    fixed = {**(set or {}), **(overrides if isinstance(overrides, Mapping) else {})}
    keys = {
        "over": _plain(over),
        "zip": _plain(zip),
        "set": _plain(fixed),
        "seeds": seeds,
        "goal": _plain(goal),
    }
    draft.take(YamlTree({key: value for key, value in keys.items() if value not in ([], {}, None)}), complete=False)
    if not isinstance(overrides, Mapping):
        draft.axes.change(overrides, together=False)
    draft.search = search or draft.search
    draft.name = name or draft.name
    return draft.build()


def _draft(path: Path, tree: YamlTree) -> SweepDraft:
    """The draft of a sweep file, or of a spec that nothing is swept of yet."""
    folders = (path.absolute().parent, Path.cwd())
    draft = SweepDraft(DataPaths(RecordedData.of(folders[0])), folders)
    if not tree.broken and is_sweep_spec(tree.value):
        draft.read(tree, path)
    else:
        draft.base, draft.default_name = with_bases(tree, path), default_name(path)
    return draft


def _plain(value: object) -> object:
    """Plain values, with ``Range`` as a sweep file writes it and every other sequence as a list."""
    match value:
        case Range():
            return {value.scale: [value.low, value.high]}
        case Mapping():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case range() if value and value.step == 1:
            return f"{value.start}..{value.stop - 1}"
        case list() | tuple() | range():
            return [_plain(inner) for inner in value]
    return plain_copy(value)
