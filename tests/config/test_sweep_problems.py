"""Sweeps that are refused: where, what is wrong, and what would be right."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from nnlab.config.loading import load_experiment
from nnlab.config.sweep_loading import load_sweep, sweep_from_arguments
from nnlab.config.yaml_writer import dump_yaml
from nnlab.errors import MOST_LINES, SpecError, UsageError
from nnlab.registry import initialisers
from nnlab.search.halving import SuccessiveHalving
from nnlab.search.random import Random

BASE = """\
data:      {name: spiral, points: 10}
model:     {name: mlp, hidden: [4, 3], init: 0.01}
optimizer: adam
train:     {iterations: 5, batch_size: 5}
"""


def problems(folder: Path, text: str, *settings: str, spec: str = BASE) -> list[str]:
    (folder / "base.yaml").write_text(spec, encoding="utf-8")
    path = folder / "sweep.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_sweep(path, settings)
    return str(caught.value).replace(f"{folder}/", "").splitlines()


def refusal(folder: Path, settings: Sequence[str], **options: Any) -> list[str]:
    (folder / "base.yaml").write_text(BASE, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        sweep_from_arguments(folder / "base.yaml", settings, **options)
    return str(caught.value).replace(f"{folder}/", "").splitlines()


VALUES = (
    "must be a list of values, whole numbers such as 0..4, or a range: {log: [1e-4, 1e-1]}, {uniform: [0, 1]}, "
    "{int: [1, 9]}"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("over: {optimizer.lr: [1, 2]}", ["1:1: needs the key base (spec to train: its path, relative to this file, "
                                          "or its keys)"]),
        ("base: other.yaml\nover: {seed: [1, 2]}", ["1:1: base: other.yaml: No such file or directory"]),
        ("base: 5\nover: {seed: [1, 2]}", ["1:1: base: must be text or a mapping, got 5"]),
        ("base: sweep.yaml\nover: {seed: [1, 2]}", ["1:1: base: the bases form a cycle: sweep.yaml -> sweep.yaml"]),
        ("base: base.yaml\nover: 5", ["2:1: over: must be a mapping or a list, each a mapping, got 5"]),
        ("base: base.yaml\nover: {seed: 5}", [f"2:8: over.seed: {VALUES}; got 5; for one value set: has the key, or "
                                              "write [5]"]),
        ("base: base.yaml\nover: {seed: '0,1'}", [f"2:8: over.seed: {VALUES}; got '0,1'; write [0, 1]"]),
        ("base: base.yaml\nover: {seed: '0..n'}", [f"2:8: over.seed: {VALUES}; got '0..n'"]),
        ("base: base.yaml\nover: {optimizer.lr: log:1..2}", [
            f"2:25: over.optimizer.lr: write 'log: 1..2' with a space after the colon: {VALUES}; got 'log:1..2'; write "
            "{log: [1, 2]}"]),
        ("base: base.yaml\nover: {seed: 4..0}", ["2:8: over.seed: 4..0: counts up; write 0..4"]),
        ("base: base.yaml\nover: {seed: 0..1000000}", [
            "2:8: over.seed: 0..1000000: more than 100,000 values in all; a range is drawn from: int:A..B"]),
        ("base: base.yaml\nover: {seed: 0..59999, data.points: 1..59999}", [
            "2:24: over.data.points: 1..59999: more than 100,000 values in all; a range is drawn from: int:A..B"]),
        ("base: base.yaml\nover: {" + ", ".join(f"k{i}: [1]" for i in range(501)) + "}", [
            "2:8: 501 swept keys are more than the limit of 500"]),
        ("base: base.yaml\nseeds: 2\nset: {" + ", ".join(f"k{i}: 1" for i in range(501)) + "}", [
            "3:7: 501 fixed keys are more than the limit of 500"]),
        ("base: base.yaml\nover: {seed: [1]}\npaths: {a.csv: 5}", [
            "3:1: paths: must be a mapping of text, got 5"]),
        ("base: base.yaml\nover: {seed: []}", ["2:8: over.seed: needs at least one value, got []"]),
        ("base: base.yaml\nover: {seed: [1, 1]}", ["2:8: over.seed: 1 is given twice; keep one"]),
        ("base: base.yaml\nover: {seed: [1, 2], seed: [3]}", [
            "2:22: over.seed: duplicate key; first at sweep.yaml:2:8"]),
        ("base: base.yaml\nover: {optimizer.lr: {lg: [1, 2]}}", [
            f"2:8: over.optimizer.lr: {VALUES}; got {{lg: [1, 2]}}; did you mean 'log'?"]),
        ("base: base.yaml\nover: {optimizer: {lr: [0.1, 0.2]}}", [
            f"2:8: over.optimizer: {VALUES}; got {{lr: [0.1, 0.2]}}; write a nested key with a dot: optimizer.lr: "
            "[...]"]),
        ("base: base.yaml\nover: {optimizer.lr: {values: [1, 2], log: [1, 2]}}", [
            f"2:8: over.optimizer.lr: {VALUES}; got {{values: [1, 2], log: [1, 2]}}"]),
        ("base: base.yaml\nover: {optimizer.lr: {min: 1, max: 2}}", [
            f"2:8: over.optimizer.lr: {VALUES}; got {{min: 1, max: 2}}"]),
        ("base: base.yaml\nover: {optimizer.lr: {log: 5}}", [
            "2:23: over.optimizer.lr.log: must be a list of two numbers, such as [1, 10]; got 5"]),
        ("base: base.yaml\nover: {optimizer.lr: {log: [0, 1]}}", [
            "2:23: over.optimizer.lr.log: bounds must be above 0, got 0"]),
        ("base: base.yaml\nover: {optimizer.lr: {uniform: [2, 1]}}", [
            "2:23: over.optimizer.lr.uniform: the first bound must be below the second, got 2 and 1"]),
        ("base: base.yaml\nover: {optimizer.lr: {log: [1, 2]}}", [
            "2:8: optimizer.lr: a grid needs values, got a range; list the values, or draw from the range with "
            "search: {name: random, trials: N} (--random N)"]),
        ("base: base.yaml\nover: {optimizer..lr: [1]}", [
            "2:8: over.optimizer..lr: must be a dotted key, such as optimizer.lr"]),
        ("base: base.yaml\nover: [{}]", ["2:8: over.0: is empty; give a key with a list of values, or remove it"]),
        ("base: base.yaml\nover: [seed, 5]", [
            "2:1: over: must be a mapping or a list, each a mapping, got ['seed', 5]"]),
        ("base: base.yaml\nzip: {seed: [1, 2]}", ["2:1: zip: needs two keys or more; a key that moves alone belongs to "
                                                  "over"]),
        ("base: base.yaml\nzip: {seed: [1, 2], optimizer.lr: [1]}", [
            "2:7: keys that move together need equally many values, got seed 2, optimizer.lr 1"]),
        ("base: base.yaml\nzip: [{seed: [1, 2], optimizer.lr: {log: [1, 2]}}]", [
            "2:22: optimizer.lr: keys that move together need lists of values, got a range"]),
        ("base: base.yaml\nover: {seed: [1, 2]}\nzip: [{seed: [1, 2], optimizer.lr: [1, 2]}]", [
            "3:8: seed: is already swept by sweep.yaml:2:8; keep one"]),
        ("base: base.yaml\nset: {seed: 3}\nover: {seed: [1, 2]}", [
            "3:8: seed: is already set by sweep.yaml:2:7; keep one"]),
        ("base: base.yaml\nset: {optimizer.lr: 3}\nover: {optimizer: [adam, {name: sgd, lr: 1}]}", [
            "2:7: optimizer.lr: contradicts sweep.yaml:3:26; keep one (optimizer={name: sgd, lr: 1})"]),
        ("base: base.yaml\nset: {optimizer.rl: 3}\nover: {seed: [1, 2]}", [
            "2:7: optimizer.rl: unknown key; did you mean 'lr'? adam has lr, beta1, beta2, eps"]),
        ("base: base.yaml\nover: {optimizer.betta1: [0.1, 0.2]}", [
            "2:8: optimizer.betta1: unknown key; did you mean 'beta1'? adam has lr, beta1, beta2, eps"]),
        ("base: base.yaml\nover: {lr: [0.1, 0.2]}", [
            "2:8: lr: unknown key; did you mean 'optimizer.lr'? a spec has name, seed, dtype, rng, data, model, loss, "
            "metrics, optimizer, penalty, train, compute"]),
        ("base: base.yaml\nover: {optimizer.lr: [0.1, -1], model.init: [he, hu]}", [
            "2:28: optimizer.lr: must be above 0, got -1 (optimizer.lr=-1, model.init=he; optimizer.lr=-1, "
            "model.init=hu)",
            f"2:50: model.init: no initialiser is called 'hu'; there are {', '.join(initialisers.names())} "
            "(optimizer.lr=0.1, model.init=hu; optimizer.lr=-1, model.init=hu)"]),
        ("base: base.yaml\nover: {optimizer: [{name: sgd, lr: 0.1}, {name: sgd, lr: x}]}", [
            "2:54: optimizer.lr: must be a number above 0 and at most 1e+06, got 'x' (optimizer={name: sgd, lr: x})"]),
        ("base: base.yaml\nover: {seed: [1, 2]}\nseeds: 3", [
            "2:8: seed: seed is swept, so seeds cannot train each point with several seeds; keep one of them"]),
        ("base: base.yaml\nset: {seed: 4294967295}\nseeds: 2", [
            "3:1: seeds: 2 seeds from 4294967295 exceed the largest, 4294967295"]),
        ("base: base.yaml\nseeds: 0", ["2:1: seeds: must be at least 1, got 0"]),
        ("base: base.yaml\nover: {optimizer.lr: [1]}\nsearch: randon", [
            "3:1: search: no search is called 'randon'; did you mean 'random'? there are grid, halving, optuna, "
            "random"]),
        ("base: base.yaml\nover: {optimizer.lr: [1]}\nsearch: random", [
            "3:1: search: needs the key trials (number of points)"]),
        ("base: base.yaml\nover: [{optimizer.lr: [1]}, {seed: [1]}]\nsearch: {name: random, trials: 2}", [
            "2:1: over: several mappings need a grid; search random draws its points from one of them"]),
        ("base: base.yaml\nover: {optimizer.lr: [1, 2, 3]}\nsearch: halving", [
            "3:1: search: halving needs a goal: without validation samples there is none; hold some out with "
            "data.validation: 0.1"]),
        ("base: base.yaml\nover: {seed: [1]}\ngoal: validation_accuracy", [
            "3:1: goal: validation_accuracy needs validation samples; hold some out with data.validation: 0.1"]),
        ("base: base.yaml\nover: {seed: [1]}\ngoal: {maximize: test_accuracy}", [
            "3:1: goal: 'test_accuracy' is measured on the test set, which never chooses: the result would look better "
            "than it is; take validation_accuracy and hold some out with data.validation: 0.1"]),
        ("base: base.yaml\nover: {seed: [1]}\ngoal: {minimize: test_rmse}", [
            "3:1: goal: 'test_rmse' is measured on the test set, which never chooses: the result would look better "
            "than it is; take validation_rmse and hold some out with data.validation: 0.1"]),
        ("base: base.yaml\nover: {seed: [1]}\ngoal: f1", [
            "3:1: goal: no column 'f1' can be a goal; did you mean 'validation_f1'?"]),
        ("base: base.yaml\nover: {seed: [1]}\ngoal: validation_acuracy", [
            "3:1: goal: no column 'validation_acuracy' can be a goal; did you mean 'validation_accuracy'?"]),
        ("base: base.yaml\nover: {seed: [1]}\ngoal: {maximize: train_loss}", [
            "3:1: goal: train_loss is better when lower; write minimize"]),
        ("base: base.yaml\nover: {seed: [1]}\ngoal: {best: train_loss}", [
            "3:1: goal: must be a column, {maximize: column} or {minimize: column}, got {best: 'train_loss'}"]),
        ("base: base.yaml\nover: {seed: [1]}\ngoal: {maximize: 5}", [
            "3:1: goal: must name a column, such as {maximize: validation_accuracy}, got {maximize: 5}"]),
        ("base: base.yaml\noverr: {seed: [1]}\nseeds: 3", [
            "2:1: overr: unknown key; did you mean 'over'? a sweep has name, base, set, over, zip, search, seeds, "
            "goal, paths"]),
        ("base: base.yaml\nover: {seed: [1]}\nname: ''", [
            "3:1: name: must be printable text of 1 to 100 characters, got ''"]),
        ("base: {model: softmax, optimzer: adam}\nover: {seed: 5}", [
            "1:24: optimzer: unknown key; did you mean 'optimizer'? a spec has name, seed, dtype, rng, data, model, "
            "loss, metrics, optimizer, penalty, train, compute",
            f"2:8: over.seed: {VALUES}; got 5; for one value set: has the key, or write [5]"]),
        ("base: &x base.yaml\nover: {seed: [1, 2]}", [
            "1:7: base: anchors (&name) are not allowed; base: OTHER.yaml inherits from another spec"]),
    ],
)  # fmt: skip
def test_problem_of_a_sweep_file(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems(tmp_path, text) == [f"sweep.yaml:{line}" for line in expected]


def test_all_problems_at_once(tmp_path: Path) -> None:
    text = "base: base.yaml\nover: {seed: [], model.init: 5}\nsedes: 3\ngoal: test_loss\nset: {optimizer.rl: 1}\n"
    assert [line.split(": ")[1] for line in problems(tmp_path, text)] == [
        "over.seed",
        "over.model.init",
        "sedes",
        "goal",
        "optimizer.rl",
    ]


def test_problems_of_base_and_sweep(tmp_path: Path) -> None:
    spec = BASE.replace("adam", "adan").replace("spiral", "spirall")
    lines = problems(tmp_path, "base: base.yaml\nover: {seed: [1, x]}\n", spec=spec)
    assert [line.partition(": ")[0] for line in lines] == ["sweep.yaml:2:18", "base.yaml:1:13", "base.yaml:3:1"]


@pytest.mark.parametrize(
    ("settings", "options", "expected"),
    [
        (
            ["optimizer.lr=0.1"],
            {},
            "base: nothing is swept; give a key several values, such as -s optimizer.lr=0.1,0.01 or -s seed=0..4 "
            "(nnlab train trains a single run)",
        ),
        ([], {}, "base: nothing is swept; give a key several values, such as -s optimizer.lr=0.1,0.01 or -s seed=0..4 "
                 "(nnlab train trains a single run)"),
        (["optimizer.lr=0.."], {},
         "-s optimizer.lr=0..: optimizer.lr: must be a number above 0 and at most 1e+06, got '0..'"),
        (["seed"], {}, "-s seed: must be KEY=VALUE, such as optimizer.lr=0.1"),
        (["seed=0,1", "seed=2"], {}, "-s seed=2: seed: given twice, first by -s seed=0,1; keep one"),
        (["seed=0,"], {}, "-s seed=0,: seed: an empty value; remove the comma, or write null"),
        (["seed=[0,1"], {}, "-s seed=[0,1: seed: not valid YAML: expected ',' or ']', but got '<stream end>'"),
        (
            ["optimizer.rl=1,2"],
            {},
            "-s optimizer.rl=1,2: optimizer.rl: unknown key; did you mean 'lr'? adam has lr, beta1, beta2, eps",
        ),
        (
            ["optimizer.lr=log:0.1..1"],
            {},
            "-s optimizer.lr=log:0.1..1: optimizer.lr: a grid needs values, got a range; list the values, or draw from "
            "the range with search: {name: random, trials: N} (--random N)",
        ),
        (
            ["seed=0,1,2", "model.init=he,xavier"],
            {"zip": True},
            "-s seed=0,1,2: keys that move together need equally many values, got seed 3, model.init 2",
        ),
        (
            ["seed=0,1", "optimizer.lr=log:0.1..1"],
            {"zip": True, "search": Random(trials=2)},
            "-s optimizer.lr=log:0.1..1: optimizer.lr: keys that move together need lists of values, got a range",
        ),
        (
            ["seed=0,1"],
            {"seeds": 2},
            "-s seed=0,1: seed: seed is swept, so seeds cannot train each point with several seeds; keep one of them",
        ),
        (
            ["seed=0,1"],
            {"goal": "test_loss"},
            "--goal: 'test_loss' is measured on the test set, which never chooses: the result would look better than "
            "it is; take validation_loss and hold some out with data.validation: 0.1",
        ),
        (
            ["model.init=he,xavier,0.1"],
            {"search": SuccessiveHalving()},
            "--halving: halving needs a goal: without validation samples there is none; hold some out with "
            "data.validation: 0.1",
        ),
        (["seed=0,1"], {"seeds": 0}, "--seeds: must be from 1 to 10,000, got 0"),
    ],
)  # fmt: skip
def test_problem_of_a_command_line(tmp_path: Path, settings: list[str], options: dict[str, Any], expected: str) -> None:
    assert refusal(tmp_path, settings, **options) == [expected]


def test_default_goal_that_some_trials_do_not_measure(tmp_path: Path) -> None:
    spec = BASE.replace("points: 10", "points: 10, validation: 0.2")
    lines = problems(tmp_path, "base: base.yaml\nover: {data.validation: [0.2, 0]}\n", spec=spec)
    assert lines == [
        "--goal: validation_accuracy needs validation samples; hold some out with data.validation: 0.1 in every trial, "
        "or choose another goal"
    ]


def test_combinations_that_fail_are_grouped(tmp_path: Path) -> None:
    settings = ["optimizer={name: sgd, lr: 0.1},adam", "optimizer.beta1=0.5,0.6", "seed=0..2"]
    assert refusal(tmp_path, settings) == [
        "-s optimizer.beta1=0.5,0.6: optimizer.beta1: unknown key; it is a key of adam, adamax, adamw and others; "
        "sgd has lr (optimizer={name: sgd, lr: 0.1}, optimizer.beta1=0.5, seed=0; "
        "optimizer={name: sgd, lr: 0.1}, optimizer.beta1=0.5, seed=1; "
        "optimizer={name: sgd, lr: 0.1}, optimizer.beta1=0.5, seed=2; and 3 more)"
    ]


def test_combinations_beyond_those_tried_while_loading_are_found_by_check(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    settings = ["seed=0..299", "train.clip_norm=null,1", "train.clip_value=null,1"]
    sweep = sweep_from_arguments(tmp_path / "base.yaml", settings)
    with pytest.raises(SpecError) as caught:
        sweep.check(sweep.space.grid())
    (problem,) = caught.value.problems
    assert problem.key == "train.clip_norm"
    assert problem.message == (
        "both clip_value and clip_norm are given; keep one (the other may be null) (seed=0, train.clip_norm=1, "
        "train.clip_value=1; seed=1, train.clip_norm=1, train.clip_value=1; seed=2, train.clip_norm=1, "
        "train.clip_value=1; and 297 more)"
    )


def test_many_different_problems_are_cut(tmp_path: Path) -> None:
    lines = refusal(tmp_path, [f"optimizer.lr={','.join(str(-number) for number in range(1, 181))}"])
    assert len(lines) == MOST_LINES + 1
    assert lines[-1] == "... and 80 more problems"


@pytest.mark.parametrize(
    ("settings", "options", "expected"),
    [
        (
            ["seed=0..999", "data.points=1..101"],
            {},
            "101,000 trials (seed 1,000 × data.points 101) are more than the limit of 100,000; sweep fewer values, or "
            "draw some of them with search: {name: random, trials: N}",
        ),
        (["data.points=1..9999"], {"seeds": 10_000}, "99,990,000 trials (data.points 9,999 × seeds 10,000) are"),
        (
            ["data.points=1..9"],
            {"search": Random(trials=90_000), "seeds": 2},
            "180,000 trials (search 90,000 × seeds 2)",
        ),
        ([f"model.hidden.{index}=1..999" for index in range(30)], {}, "(model.hidden.0 999 × model.hidden.1 999 × "),
    ],
)
def test_sweeps_of_too_many_trials(tmp_path: Path, settings: list[str], options: dict[str, Any], expected: str) -> None:
    (line,) = refusal(tmp_path, settings, **options)
    assert expected in line


def test_several_mappings_of_too_many_trials(tmp_path: Path) -> None:
    text = (
        "base: base.yaml\nover: [{train.batch_size: 1..60000}, {data.points: 5..9, train.iterations: 1..9}]\nseeds: 2\n"
    )
    assert problems(tmp_path, text) == [
        "120,090 trials ((train.batch_size 60,000 + data.points 5 × train.iterations 9) × seeds 2) are more than the "
        "limit of 100,000; sweep fewer values, or draw some of them with search: {name: random, trials: N}"
    ]


def test_sweep_that_would_not_be_read_again(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, [f"name={','.join(f'{index:045}x' for index in range(2900))}"])
    assert line == "the sweep is larger than 128 KiB when it is written out; sweep fewer values"


def test_sweep_is_refused_where_one_run_is_trained(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    path = tmp_path / "sweep.yaml"
    path.write_text("base: base.yaml\nover: {seed: [1, 2]}\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"sweep\.yaml:1:1: is a sweep; nnlab sweep .* \(--dry-run lists them\)$"):
        load_experiment(path)
    (tmp_path / "child.yaml").write_text("base: sweep.yaml\nseed: 3\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"sweep\.yaml:1:1: is a sweep; .*; it cannot be the base of a spec$"):
        load_experiment(tmp_path / "child.yaml")
    with pytest.raises(UsageError, match=r"base\.yaml: is not a sweep, which has the keys base and over$"):
        load_sweep(tmp_path / "base.yaml")


def test_folder_of_a_sweep_is_no_spec(tmp_path: Path) -> None:
    (tmp_path / "sweep.yaml").write_text("", encoding="utf-8")
    with pytest.raises(
        UsageError, match=r": is the folder of a sweep; --resume continues it, its sweep\.yaml repeats it$"
    ):
        sweep_from_arguments(tmp_path)


WORDS = ["base", "set", "over", "zip", "search", "seeds", "goal", "name", "paths", "log", "seed", "optimizer.lr", "x"]
VALUES_OF_SWEEPS = st.recursive(
    st.sampled_from([None, True, 0, -1, 1e9, 0.5, float("inf"), "base.yaml", "0..4", "1..999999", "grid", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.slow
@given(value=st.dictionaries(st.sampled_from(WORDS), VALUES_OF_SWEEPS, max_size=6))
@examples(300)
def test_every_sweep_is_loaded_or_refused_with_positions(
    tmp_path_factory: pytest.TempPathFactory, value: dict[str, Any]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "fuzzed"
    folder.mkdir(exist_ok=True)
    (folder / "base.yaml").write_text(BASE, encoding="utf-8")
    path = folder / "sweep.yaml"
    path.write_text(dump_yaml(value), encoding="utf-8")
    try:
        sweep = sweep_from_arguments(path)
    except UsageError:
        return
    assert 1 <= sweep.trials <= 100_000
