"""A sweep that is being put together: what a file and the command line say, checked as a whole."""

from dataclasses import dataclass, field
from math import inf
from pathlib import Path

from nnlab.config.bundled import spec_path
from nnlab.config.data_paths import DataPaths
from nnlab.config.experiment import Experiment
from nnlab.config.inheritance import default_name, read_base, with_bases
from nnlab.config.positions import Finding, KeyPath, Position, YamlTree, spec_error
from nnlab.config.recorded_data import RecordedData
from nnlab.config.spec_kinds import IS_SWEEP, is_sweep_spec
from nnlab.config.sweep import Sweep
from nnlab.config.sweep_axes import SweepAxes, probes
from nnlab.config.sweep_goal import HOLD_OUT, Goal, GoalError, default_goal, goal_problem, parse_goal
from nnlab.config.sweep_keys import MOST_SEEDS, SweepKeys
from nnlab.config.trial_specs import LARGEST_SEED, TrialSpecs, base_value
from nnlab.config.validation import Validator
from nnlab.config.yaml_reader import MAX_BYTES
from nnlab.core.rows import MOST_TRIALS
from nnlab.errors import UsageError
from nnlab.registry import registered_name
from nnlab.search.base import Search
from nnlab.search.grid import NEEDS_VALUES, Grid
from nnlab.search.space import Axis, Space
from nnlab.text import one_line, quote

# Points that are tried while loading; a smaller grid is tried as a whole.
MOST_PROBES = 200
# Problems of points that are collected before the trial of further points stops; 100 of them are reported.
MOST_FINDINGS = 1000


@dataclass
class SweepDraft:
    """A sweep that is being put together, with the problems found so far."""

    paths: DataPaths
    folders: tuple[Path, ...]
    base: YamlTree = field(default_factory=lambda: YamlTree(None, broken=True))
    default_name: str = ""
    name: str = ""
    axes: SweepAxes = field(default_factory=SweepAxes)
    search: Search = field(default_factory=Grid)
    seeds: int = 1
    goal: Goal | None = None
    problems: list[Finding] = field(default_factory=list)
    positions: dict[str, Position] = field(default_factory=dict)
    comment: tuple[str, ...] = ()

    def read(self, tree: YamlTree, path: Path) -> None:
        """Take everything from a sweep file."""
        self.name, self.comment = default_name(path), tree.comment
        self.problems += tree.problems
        raw = tree.value if isinstance(tree.value, dict) else {}
        self.take(tree)
        if isinstance(raw.get("base"), str):
            self._read_base(raw["base"], path)
        elif isinstance(raw.get("base"), dict):
            self.base, self.default_name = with_bases(tree.children()["base"], path), self.name
        placed = raw.get("paths")
        if isinstance(placed, dict) and all(isinstance(item, str) for item in placed.values()):
            self.paths = DataPaths(RecordedData.of(self.folders[0]), placed=placed)

    def take(self, tree: YamlTree, *, complete: bool = True) -> None:
        """Take all keys but ``base``; ``complete``: there must be one."""
        validator = Validator()
        raw = tree.value if isinstance(tree.value, dict) else {}
        self.positions |= {key: tree.position((key,)) for key in raw}
        found = validator.section(SweepKeys, raw if complete else {"base": "", **raw}, (), "a sweep")
        reported = {path for _, path, _ in self.problems}
        self.problems += [tree.problem_at(path, text) for path, text in validator.problems if path not in reported]
        if isinstance(found, SweepKeys):
            self.search = found.search if "search" in raw else self.search
            self.seeds = found.seeds if "seeds" in raw else self.seeds
            self.name = found.name or self.name
        self.axes.read(tree)
        if raw.get("goal") is not None:
            self.set_goal(raw["goal"], tree.position(("goal",)), ("goal",))

    def _read_base(self, name: str, path: Path) -> None:
        try:
            base = read_base(name, path)
        except UsageError as error:
            self.problems.append((self.positions["base"], ("base",), str(error)))
            return
        if is_sweep_spec(base.value):
            self.problems.append((self.positions["base"], ("base",), f"{quote(name)} {IS_SWEEP}; name its base"))
            return
        self.base, self.default_name = base, default_name(spec_path(name, path.parent))

    def set_goal(self, raw: object, position: Position, path: KeyPath) -> None:
        """Take the goal."""
        self.positions["goal"] = position
        try:
            self.goal = parse_goal(raw)
        except GoalError as error:
            self.problems.append((position, path, str(error)))

    def build(self) -> Sweep:
        """The sweep; raises SpecError with all problems."""
        self.axes.check()
        self.problems += self.axes.problems
        specs = TrialSpecs(self.base, self.default_name, self.folders, self.paths)
        specs.know(self.axes.swept())
        specs.fix(self.axes.fixed)
        self._check_seeds()
        if self.problems or self.base.broken:
            raise spec_error([*self.problems, *self._problems_of_base(specs)])
        self._require_values(specs)
        space = self.axes.space()
        self._check_size(space)
        base, others = self._valid_base(specs, space)
        space = _with_base_values(space, specs, base)
        goal = self.goal or default_goal(base)
        specs.goal_position = self.positions.get("goal", Position(inf, 0, ""))
        sweep = Sweep(
            name=self.name or base.name,
            base=base,
            space=space,
            search=self.search,
            seeds=self.seeds,
            goal=goal,
            specs=specs,
            comment=self.comment,
        )
        self._check_search(sweep)
        self._check_goal(goal, others)
        if base.seed + self.seeds - 1 > LARGEST_SEED:
            self._add("seeds", f"{self.seeds} seeds from {base.seed} exceed the largest, {LARGEST_SEED}")
        if self.problems:
            raise spec_error(self.problems)
        if len(sweep.to_yaml().encode()) > MAX_BYTES:
            raise UsageError(
                f"the sweep is larger than {MAX_BYTES // 1024} KiB when it is written out; sweep fewer values"
            )
        return sweep

    def _problems_of_base(self, specs: TrialSpecs) -> list[Finding]:
        """The problems of the base alone; a key that it needs may be a swept one."""
        if self.base.broken:
            return self.base.problems
        _, findings = specs.experiment({})
        return [finding for finding in findings if not finding[2].startswith(("needs", "is empty"))]

    def _valid_base(self, specs: TrialSpecs, space: Space) -> tuple[Experiment, list[Experiment]]:
        """The base, or the first point where the base is incomplete; and the experiments of some points.

        Raises SpecError with the problems of all probes.
        """
        specs.whole, _ = specs.experiment({})
        tried = probes(space, MOST_PROBES)
        points, failed = [], []
        for settings in tried:
            experiment, findings = specs.experiment(settings)
            if experiment:
                points.append(experiment)
                continue
            failed.append((settings, findings))
            if sum(len(findings) for _, findings in failed) > MOST_FINDINGS:
                break
        if failed:
            raise spec_error([*self.problems, *specs.problems_of(failed, len(tried))])
        return specs.whole or points[0], points

    def _require_values(self, specs: TrialSpecs) -> None:
        if not any(True for _ in self.axes.swept()) and self.seeds == 1:
            _, findings = specs.experiment({})
            if findings:  # such as a wrong value that was meant as several
                raise spec_error(findings)
            raise UsageError(
                f"{self.default_name}: nothing is swept; give a key several values, such as "
                "-s optimizer.lr=0.1,0.01 or -s seed=0..4 (nnlab train trains a single run)"
            )

    def _check_seeds(self) -> None:
        if not 1 <= self.seeds <= MOST_SEEDS and "seeds" not in self.positions:
            self._add("seeds", f"must be from 1 to {MOST_SEEDS:,}, got {self.seeds}")
        if self.seeds > 1:
            for item in self.axes.swept():
                if item.key == "seed":
                    message = "seed is swept, so seeds cannot train each point with several seeds; keep one of them"
                    self.problems.append((item.position, ("seed",), message))

    def _check_size(self, space: Space) -> None:
        trials = self.search.wanted_points
        count = (space.combinations if trials is None else trials) * self.seeds
        if count <= MOST_TRIALS:
            return
        blocks = [
            " × ".join(f"{' and '.join(axis.keys)} {len(axis.rows):,}" for axis in block.axes if axis.rows)
            for block in (space, *space.further)
        ]
        sum_of_blocks = f"({' + '.join(blocks)})" if space.further else blocks[0]
        sizes = [f"search {trials:,}" if trials is not None else sum_of_blocks]
        sizes += [f"seeds {self.seeds:,}"] if self.seeds > 1 else []
        raise UsageError(
            f"{count:,} trials ({one_line(' × '.join(sizes), 500)}) are more than the limit of {MOST_TRIALS:,}; sweep "
            "fewer values, or draw some of them with search: {name: random, trials: N}"
        )

    def _check_search(self, sweep: Sweep) -> None:
        name, space = registered_name(self.search), sweep.space
        if isinstance(self.search, Grid):
            ranges = [item for item in self.axes.swept() if item.range]
            self.problems.extend((item.position, (item.key,), NEEDS_VALUES) for item in ranges)
        elif space.further and self.search.wanted_points is not None:
            self._add("over", f"several mappings need a grid; search {name} draws its points from one of them")
        if self.search.needs_goal and sweep.goal is None:
            self._add("search", f"{name} needs a goal: without validation samples there is none; {HOLD_OUT}", name)
        if self.search.resumes and sweep.base.train.checkpoint_every == "never":
            self._add("search", f"{name} resumes from checkpoints; leave train.checkpoint_every at auto", name)

    def _check_goal(self, goal: Goal | None, points: list[Experiment]) -> None:
        messages = dict.fromkeys(goal_problem(goal, point) for point in points) if goal else {}
        more = "" if self.goal else " in every trial, or choose another goal"
        for message in filter(None, messages):
            self._add("goal", message + more)

    def _add(self, key: str, message: str, option: str = "") -> None:
        """A problem of a key, or of the command line's option (by default of that name)."""
        position = self.positions.get(key, Position(inf, 0, f"--{option or key}"))
        self.problems.append((position, () if position.line == inf else (key,), message))


def _with_base_values(space: Space, specs: TrialSpecs, base: Experiment) -> Space:
    """The space with the base's value of each key that a block lacks, wherever writing it changes nothing."""
    if not space.further:
        return space
    resolved = base.resolved()

    def complete(axes: tuple[Axis, ...]) -> Space:
        own = [key for axis in axes for key in axis.keys]
        added = []
        for key in space.keys:
            if key not in own:
                known, value = base_value(specs.tree, resolved, key, own)
                added += [Axis((key,), ((value,),))] if known else []
        alone = [axis for axis in axes if len(axis.keys) == 1]
        return Space((*alone, *added, *(axis for axis in axes if len(axis.keys) > 1)))

    first, *others = (complete(part.axes) for part in (space, *space.further))
    return Space(first.axes, tuple(others))
