"""The keys of a sweep file."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from annotated_types import Ge, Le, MaxLen, MinLen, Predicate

from nnlab.registry import Component, Doc
from nnlab.search.base import Search
from nnlab.search.grid import Grid

Keys = dict[str, Any]
MOST_SEEDS = 10_000


@dataclass(kw_only=True)
class SweepKeys:
    """Many trainings of one spec that differ in the swept keys."""

    name: Annotated[
        str,
        Predicate(str.isprintable),
        MinLen(1),
        MaxLen(100),
        Doc("name of the sweep's folder; default: the file name"),
    ] = ""
    base: Annotated[str | Keys, Doc("spec to train: its path, relative to this file, or its keys")]
    set: Annotated[Keys, Doc("keys of the spec that change in all trials, such as train.iterations: 500")] = field(
        default_factory=dict
    )
    over: Annotated[
        Keys | list[Keys],
        Doc(
            "swept keys, each with a list of values, 0..4 for whole numbers, or a range {log: [1e-4, 1e-1]}, "
            "{uniform: [0, 1]}, {int: [1, 9]}; the trials of several such mappings in a list add up"
        ),
    ] = field(default_factory=dict)
    zip: Annotated[
        Keys | list[Keys],
        Doc("swept keys that move together, each with a list of equally many values; each mapping is one group"),
    ] = field(default_factory=list)
    search: Annotated[Search, Component("search"), Doc("which points are trained")] = field(default_factory=Grid)
    seeds: Annotated[
        int,
        Ge(1),
        Le(MOST_SEEDS),
        Doc("train each point N times, with seed, seed + 1, ...; the mean of the goal counts"),
    ] = 1
    goal: Annotated[
        str | Keys | None,
        Doc(
            "column of metrics.csv that chooses the best point, or {maximize: column}, {minimize: column}; default: "
            "validation_accuracy, where there are validation samples"
        ),
    ] = None
    paths: Annotated[
        dict[str, str],
        Doc("where relative paths of the base were found; written by nnlab into the sweep.yaml of a folder"),
    ] = field(default_factory=dict)
