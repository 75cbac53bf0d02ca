"""The contributions of ``nnlab why`` as a table for the terminal and as JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from nnlab.cli.columns import Column, laid_out
from nnlab.cli.console import echo, results
from nnlab.comparisons.cells import heading
from nnlab.comparisons.labels import ABSENT
from nnlab.comparisons.paired import PairedDifference
from nnlab.comparisons.verdicts import difference_document, signed_difference, verdict
from nnlab.config.defaults import has_default
from nnlab.config.sweep import Sweep
from nnlab.config.validation import flatten
from nnlab.core.statistics import mean_std
from nnlab.language import in_language, tr
from nnlab.metric_columns import format_column, higher_is_better
from nnlab.records.sweep_folder import read_sweep
from nnlab.sweeps.contributions import (
    Contribution,
    Contributions,
    Values,
    contributions,
    effects_to_test,
    fewest_seeds,
)
from nnlab.sweeps.why import Change, Combination, WhyPlan
from nnlab.sweeps.why_sweep import measured_column, values_of
from nnlab.text import format_value, one_line

SHOWN = "*"
LONGEST_VALUE = 40


def print_contributions(plan: WhyPlan, found: Contributions, column: str, *, maximize: bool) -> None:
    """Print the effect of each change in A and in B, of all together, and what single changes do not explain."""
    rows = [
        (change.change.name, change_text(plan, change.change), change.in_a, change.in_b) for change in found.changes
    ]
    cells = [(name, values, _cell(in_a, column), _cell(in_b, column)) for name, values, in_a, in_b in rows]
    if len(rows) > 1:
        cells.append((tr("all together"), "A → B", _cell(found.total, column), ""))
        left = (_cell(found.left_in_a, column), _cell(found.left_in_b, column))
        cells.append((tr("not explained by single keys"), "", *left))
    names, values, in_a, in_b = (list(part) for part in zip(*cells, strict=True))
    first = Column(in_language("effect in A", "A での効果") if len(rows) > 1 else tr("effect"), in_a, numbers=True)
    table = [Column(tr("key"), names), Column("A → B", values), first]
    if len(rows) > 1:
        table.append(Column(in_language("effect in B", "B での効果"), in_b, numbers=True))
    console = results()
    console.print(laid_out(table, console.width), soft_wrap=False)
    for line in (*_remarks(plan, found, column, maximize=maximize), *left_out(plan)):
        console.print(Text(line))


def _cell(found: PairedDifference | None, column: str) -> str:
    return ABSENT if found is None else f"{signed_difference(found, column)}{SHOWN if found.shown else ' '}"


def change_text(plan: WhyPlan, change: Change) -> str:
    """The values of a change in A and in B: ``sgd, lr 0.1 → adam``."""
    pairs = zip(change.keys, change.before, change.after, strict=True)
    sides = [(_value(plan.a, key, before, after), _value(plan.b, key, after, before)) for key, before, after in pairs]
    return " → ".join(", ".join(values) for values in zip(*sides, strict=True))


def _value(spec: Mapping[str, Any], key: str, value: object, other: object) -> str:
    """A value; of a component its name and the keys that are no defaults or differ from the other component's."""
    if not isinstance(value, Mapping):
        return one_line(format_value(value), LONGEST_VALUE)
    others = other if isinstance(other, Mapping) else {}
    settings = flatten(dict(spec))
    parts = [
        f"{name} {format_value(inner)}"
        for name, inner in value.items()
        if name != "name" and (others.get(name, inner) != inner or not has_default(settings, f"{key}.{name}"))
    ]
    return one_line(", ".join([str(value.get("name", "true")), *parts]), LONGEST_VALUE)


def _remarks(plan: WhyPlan, found: Contributions, column: str, *, maximize: bool) -> Iterator[str]:
    """What the table shows, in sentences."""
    effects = [effect for change in found.changes for effect in (change.in_a, change.in_b) if effect]
    if any(effect.shown for effect in effects):
        count, several = effects[0].comparisons, len(found.changes) > 1
        corrected = (
            in_language(f" after Holm's correction for {count} effects", f"（Holm 法で {count} 個に補正）") * several
        )
        yield in_language(
            f"{SHOWN} shown: p ≤ 0.05{corrected}; in brackets 95 % intervals",
            f"{SHOWN} 差があると言える：p ≤ 0.05{corrected}。括弧内は 95 % 区間",
        )
    seeds = max((effect.n for effect in effects), default=0)
    if seeds < (needed := fewest_seeds(keys := len(plan.changes))):
        shown = f"the effects of {keys} keys ({effects_to_test(keys)} tests)" if keys > 1 else "the effect of one key"
        effects_ja = f"{keys} 個のキーの効果（検定 {effects_to_test(keys)} 回）" if keys > 1 else "1 個のキーの効果"
        yield in_language(
            f"{seeds or 'fewer than two'} seeds cannot show {shown}; --seeds {needed} can",
            f"シード {seeds or '2 個未満'}{' 個' * (seeds > 0)}では{effects_ja}を示せない。--seeds {needed} なら示せる",
        )
    if len(found.changes) > 1 and (best := largest(found)) and best.in_a:
        finding = verdict(best.in_a, column, maximize=maximize).finding
        yield in_language(
            f"largest effect: {best.change.name}, {finding}", f"最大の効果：{best.change.name}、{finding}"
        )
    for change in found.changes:
        if change.interaction and change.interaction.shown:
            name, difference = change.change.name, signed_difference(change.interaction, column)
            yield in_language(
                f"{name} depends on the other keys: its effect in B minus that in A is {difference}",
                f"{name} の効果は他のキーに依存する：B での効果 − A での効果 = {difference}",
            )


def largest(found: Contributions) -> Contribution | None:
    """The change with the largest effect in A, of those that are shown both ways and in the same direction."""
    alike = [
        (abs(change.in_a.mean), change)
        for change in found.changes
        if change.in_a and change.in_b and change.in_a.shown and change.in_b.shown
        if change.in_a.mean * change.in_b.mean > 0
    ]
    return max(alike, key=lambda pair: pair[0], default=(0.0, None))[1]


def left_out(plan: WhyPlan) -> list[str]:
    """The combinations that cannot be trained, each with its reason."""
    return [f"left out: {described(plan, one)}: {reason}" for one, reason in plan.impossible.items()]


def described(plan: WhyPlan, combination: Combination) -> str:
    """A combination in words: ``A with B's optimizer``."""
    if not combination or combination == plan.whole:
        return "B" if combination else "A"
    has_b, has_a = (
        ", ".join(plan.changes[number].name for number in sorted(part))
        for part in (combination, plan.whole - combination)
    )
    return f"A with B's {has_b}" if len(combination) == 1 else f"B with A's {has_a}"


def document(plan: WhyPlan, found: Contributions, column: str, *, maximize: bool) -> dict[str, Any]:
    """The contributions as plain values with all digits."""

    def plain(one: PairedDifference | None) -> dict[str, Any] | None:
        return None if one is None else difference_document(one, column, maximize=maximize)

    return {
        "column": column,
        "maximize": maximize,
        "changes": [
            {
                "keys": list(one.change.keys),
                "a": list(one.change.before),
                "b": list(one.change.after),
                "in_a": plain(one.in_a),
                "in_b": plain(one.in_b),
                "interaction": plain(one.interaction),
            }
            for one in found.changes
        ],
        "total": plain(found.total),
        "left_in_a": plain(found.left_in_a),
        "left_in_b": plain(found.left_in_b),
        "left_out": [{"combination": described(plan, one), "reason": why} for one, why in plan.impossible.items()],
    }


def list_combinations(plan: WhyPlan, sweep: Sweep) -> None:
    """Print what would be trained."""
    for combination in plan.combinations:
        echo(described(plan, combination))
    for change in plan.changes:
        echo(f"{change.name}: {change_text(plan, change)}")
    for line in left_out(plan):
        echo(line)
    combinations, seeds = len(plan.combinations), sweep.seeds
    echo(f"{combinations * seeds:,} trials ({combinations} combinations, {seeds} seed{'s' * (seeds > 1)} each)")


def show_contributions(plan: WhyPlan, sweep: Sweep, path: Path, *, as_json: bool) -> None:
    """Print the contributions of the trials in a folder, and the folder."""
    record = read_sweep(path)
    column = measured_column(record)
    values = values_of(plan, record, sweep.seeds, column)
    maximize = higher_is_better(column)
    found = contributions(plan, values, maximize=maximize)
    sides = {"A": frozenset[int](), "B": plan.whole}
    names = {"A": str(plan.a["name"]), "B": str(plan.b["name"])}
    if as_json:
        measured = {
            side.lower(): {"name": names[side], "values": list(values[combination].values())}
            for side, combination in sides.items()
        }
        echo(json.dumps({"path": str(path), **measured, **document(plan, found, column, maximize=maximize)}, indent=2))
        return
    for side, combination in sides.items():
        numbers = list(values[combination].values())
        name = f"{names[side]}, " if names["A"] != names["B"] else ""
        echo(f"{side}: {name}{heading(column)} {_mean(column, numbers)}")
    print_contributions(plan, found, column, maximize=maximize)
    for line in _without_value(plan, values, sweep.seeds):
        echo(line)
    if sweep.goal is None:
        echo(
            in_language(
                f"measured by {column}, for display: data.validation: 0.1 holds out samples by which to choose",
                f"{column} で測定（表示のみ）：data.validation: 0.1 で選択用の検証データを取り分けられる",
            )
        )
    echo(str(path))


def _mean(column: str, numbers: Sequence[float]) -> str:
    """``0.9123 ± 0.0021 (8 seeds)``."""
    if not numbers:
        return in_language("not measured: no trial completed", "測定なし：完了した試行がない")
    mean, std, count = mean_std(numbers)
    spread = (
        ""
        if std is None
        else f" ± {format_column(column, std)}{in_language(f' ({count} seeds)', f'（シード {count} 個）')}"
    )
    return format_column(column, mean) + spread


def _without_value(plan: WhyPlan, values: Values, seeds: int) -> Iterator[str]:
    for combination in plan.combinations:
        if (missing := seeds - len(values[combination])) > 0:
            yield f"{described(plan, combination)}: {missing} of {seeds} trials diverged or failed, and are left out"
