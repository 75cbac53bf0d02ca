"""Training specs: defaults, validation of all keys at once, resolved specs."""

import json
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.config.experiment import ComputeSettings, Experiment, TrainSettings
from nnlab.config.loading import experiment_from_tree, load_experiment
from nnlab.config.resolved_spec import spec_sha256
from nnlab.config.validation import Validator, plain
from nnlab.config.yaml_parser import parse_yaml
from nnlab.config.yaml_writer import dump_yaml
from nnlab.core.task import CLASSES, NUMBERS
from nnlab.errors import SpecError, UsageError
from nnlab.metric_columns import fits, metric_of
from nnlab.registry import (
    REGISTRIES,
    Component,
    FilePath,
    OptionalComponent,
    WeightsByName,
    datasets,
    hyperparameters,
    metrics,
)

MINIMAL = """\
data: xor
model: softmax
optimizer: adam
train: {iterations: 5}
"""
CONFIGS = sorted(Path(__file__).parents[2].glob("configs/*.yaml"))

BASE = "base: OTHER.yaml inherits from another spec"


def load(folder: Path, text: str, name: str = "a.yaml") -> Experiment:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return load_experiment(path)


def refusal(folder: Path, text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load(folder, text)
    return str(caught.value).replace(f"{folder}/", "").splitlines()


def again(experiment: Experiment) -> Experiment:
    """The experiment that the resolved spec of another describes."""
    return experiment_from_tree(parse_yaml(experiment.to_yaml(), "a.yaml"), default_name="other", folders=())


def described(experiment: Experiment) -> str:
    """All settings of an experiment in full; its question is a comment, which the resolved spec does not hold."""
    return repr({key: value for key, value in vars(experiment).items() if key != "question"})


def test_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, MINIMAL).resolved() == {
        "name": "a",
        "seed": 0,
        "dtype": "float32",
        "rng": "streams",
        "data": {
            "name": "xor",
            "train_size": None,
            "test_size": None,
            "augment": [],
            "validation": 0.0,
            "fold": None,
            "folds": None,
            "points": 100,
            "test_points": 0,
            "noise": 0.25,
        },
        "model": {"name": "softmax", "init": "he"},
        "loss": {"name": "cross_entropy", "smoothing": 0.0, "class_weights": None},
        "optimizer": {"name": "adam", "lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-7},
        "penalty": {"l1": 0.0, "l2": 0.0},
        "train": {
            "iterations": 5,
            "epochs": None,
            "batch_size": None,
            "drop_last": False,
            "sampling": "shuffle",
            "eval_every": "epoch",
            "eval_train": "all",
            "schedule": "constant",
            "clip_value": None,
            "clip_norm": None,
            "early_stopping": False,
            "diagnostics": False,
            "checkpoint_every": "auto",
            "snapshots": 0,
        },
        "compute": {"threads": "auto", "shards": "auto"},
    }


def test_spec_with_all_sections(tmp_path: Path) -> None:
    text = """\
name: adam            # default: the file's name
seed: 0
dtype: float32        # or float64
rng: streams          # or legacy
data:      {name: mnist, train_size: 300}
model:     {name: mlp, hidden: [40, 20], activation: sigmoid, init: 0.01}
optimizer: {name: adam, lr: 0.01}
penalty:   {l1: 0.0, l2: 0.0}
train:     {iterations: 1000, batch_size: 100, sampling: replacement, eval_every: 10, eval_train: all}
"""
    resolved = load(tmp_path, text).resolved()
    assert resolved["data"]["train_size"] == 300
    assert resolved["model"]["init"] == 0.01
    assert load(tmp_path, text.replace("init: 0.01", "init: {name: normal, std: 0.01}")).resolved() == resolved


@pytest.mark.parametrize(("file", "name"), [("a.yaml", "a"), ("a.b.yaml", "a.b"), ("5.yaml", "5"), ("実験", "実験")])
def test_name_defaults_to_file_name(tmp_path: Path, file: str, name: str) -> None:
    assert load(tmp_path, MINIMAL, file).name == name
    assert again(load(tmp_path, MINIMAL, file)).name == name
    assert load(tmp_path, MINIMAL + "name: given", file).name == "given"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('""', "''"),
        ('"a\\tb"', "'a\\tb'"),
        ('"\\e[31m"', "'\\x1b[31m'"),
        ("5", "5"),
        ("null", "null"),
        ("[a]", "['a']"),
    ],
)
def test_name_must_be_one_printable_line(tmp_path: Path, name: str, shown: str) -> None:
    lines = refusal(tmp_path, f"name: {name}\nseed: -1\n{MINIMAL}")
    assert lines[0] == f"a.yaml:1:1: name: must be printable text of 1 to 100 characters, got {shown}"
    assert len(lines) == 2


def test_unprintable_file_name_is_no_default_name(tmp_path: Path) -> None:
    path = tmp_path / "a\nb.yaml"
    path.write_text(MINIMAL, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_experiment(path)
    assert str(caught.value) == (
        f"{tmp_path}/a\\nb.yaml:1:1: name: must be printable text of 1 to 100 characters, got 'a\\nb'"
    )
    assert load_experiment(path, ["name=ab"]).name == "ab"


def test_documented_error_message(tmp_path: Path) -> None:
    text = """\
# How far does Adam bring a small network?
data: {name: xor}
model: {name: mlp, hidden: [4]}
train:
  iterations: 10

optimizer:
  name: adam
  beta1: 1.5
"""
    assert refusal(tmp_path, text) == ["a.yaml:9:3: optimizer.beta1: must be below 1, got 1.5"]


def test_all_problems_are_reported_in_order_of_position(tmp_path: Path) -> None:
    text = """\
train:     {iterations: 10, epochs: 2, batch_size: 0, sampling: shufle}
seed: 1.5
seed: 2
optimizer: &o {name: adam, beta1: 1.5, betta2: 0.9}
model:
  name: mlp
  hidden: [40, -1, x]
  activation: {name: relu, slope: 0.1}
  init: true
dtype: flot32
penalty:   {l3: 1, l2: -1}
data:      {name: spirals}
compute:   {threads: *t}
models: 5
"""
    assert refusal(tmp_path, text) == [
        "a.yaml:1:40: train.batch_size: must be a whole number from 1 to 1000000000 or 'full' or null, got 0",
        "a.yaml:1:55: train.sampling: must be 'shuffle' or 'replacement', got 'shufle'; did you mean 'shuffle'?",
        "a.yaml:3:1: seed: duplicate key; first at a.yaml:2:1",
        "a.yaml:4:12: optimizer: anchors (&name) are not allowed; " + BASE,
        "a.yaml:4:28: optimizer.beta1: must be below 1, got 1.5",
        "a.yaml:4:40: optimizer.betta2: unknown key; did you mean 'beta2'? adam has lr, beta1, beta2, eps",
        "a.yaml:7:16: model.hidden.1: must be at least 1, got -1",
        "a.yaml:7:20: model.hidden.2: must be a whole number from 1 to 10000000, got 'x'",
        "a.yaml:8:28: model.activation.slope: unknown key; it is a key of leaky_relu and prelu; relu has no keys",
        "a.yaml:9:3: model.init: must be a number, a name or a mapping with a name, got true",
        "a.yaml:10:1: dtype: must be 'float32' or 'float64', got 'flot32'; did you mean 'float32'?",
        "a.yaml:11:13: penalty.l3: unknown key; penalty has l1, l2",
        "a.yaml:11:20: penalty.l2: must be at least 0, got -1",
        "a.yaml:12:13: data.name: no dataset is called 'spirals'; did you mean 'spiral'? there are "
        "auto_mpg, binary_addition, breast_cancer, cifar10, digits, fashion_mnist, idx, images, iris, latch, mnist, "
        "moons, peaks, sine, sine_sequence, spiral, table, text, wine, xor",
        "a.yaml:13:22: compute.threads: aliases (*name) are not allowed; write the value out, or " + BASE,
        "a.yaml:14:1: models: unknown key; did you mean 'model'? a spec has name, seed, dtype, rng, data, model, loss, "
        "metrics, optimizer, penalty, train, compute",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["a.yaml:1:1: is empty; a spec needs data, model, optimizer and train"]),
        ("# nothing\n", ["a.yaml:1:1: is empty; a spec needs data, model, optimizer and train"]),
        ("~", ["a.yaml:1:1: is empty; a spec needs data, model, optimizer and train"]),
        (
            "[1, 2]",
            [
                "a.yaml:1:1: must be a mapping with the keys name, seed, dtype, rng, data, model, loss, "
                "metrics, optimizer, penalty, train, compute, got [1, 2]"
            ],
        ),
        (
            "seed: 1",
            [
                "a.yaml:1:1: needs the key data (dataset)",
                "a.yaml:1:1: needs the key model (network architecture)",
                "a.yaml:1:1: needs the key optimizer (update rule)",
                "a.yaml:1:1: needs the key train (training length, batches, evaluation, checkpoints)",
            ],
        ),
        ("a: [", ["a.yaml:1:5: not valid YAML: expected the node content, but found '<stream end>'"]),
    ],
)
def test_not_a_spec(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert refusal(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("train", "problem"),
    [
        ("{}", "3:1: train: needs iterations or epochs"),
        ("{batch_size: 5}", "3:1: train: needs iterations or epochs"),
        ("{iterations: null}", "3:1: train: needs iterations or epochs"),
        (
            "{iterations: 1, epochs: 1}",
            "3:24: train.epochs: both iterations and epochs are given; keep one (the other may be null)",
        ),
        ("{iterations: 0}", "3:9: train.iterations: must be a whole number from 1 to 1000000000 or null, got 0"),
        ("{iterations: 1e3}", "3:9: train.iterations: must be a whole number from 1 to 1000000000 or null, got 1000.0"),
        ("{iterations: '5'}", "3:9: train.iterations: must be a whole number from 1 to 1000000000 or null, got '5'"),
        ("{epochs: true}", "3:9: train.epochs: must be a whole number from 1 to 1000000000 or null, got true"),
        ("{epochs: 1e9}", "3:9: train.epochs: must be a whole number from 1 to 1000000000 or null, got 1000000000.0"),
    ],
)  # fmt: skip
def test_exactly_one_of_iterations_and_epochs(tmp_path: Path, train: str, problem: str) -> None:
    assert refusal(tmp_path, f"data: xor\nmodel: softmax\ntrain: {train}\noptimizer: adam") == [f"a.yaml:{problem}"]


HINT = "hold some out with data.validation: 0.1, or monitor train_loss, train_accuracy or objective"


@pytest.mark.parametrize(
    ("data", "train", "problem"),
    [
        (
            "xor",
            "early_stopping: true",
            f"train.early_stopping.metric: validation_loss needs validation samples; {HINT}",
        ),
        (
            "xor",
            "early_stopping: {metric: validation_accuracy}",
            f"train.early_stopping.metric: validation_accuracy needs validation samples; {HINT}",
        ),
        ("xor", "schedule: plateau", f"train.schedule: validation_loss needs validation samples; {HINT}"),
        (
            "xor",
            "schedule: {name: warmup, steps: 2, after: plateau}",
            f"train.schedule: validation_loss needs validation samples; {HINT}",
        ),
        (
            "xor",
            "clip_norm: 1, clip_value: 1",
            "train.clip_norm: both clip_value and clip_norm are given; keep one (the other may be null)",
        ),
        (
            "xor",
            "early_stopping: {metric: test_loss}",
            "train.early_stopping.metric: 'test_loss' is not allowed: the test set must not steer training, or it "
            "no longer measures how the network does on unseen samples; hold out samples with data.validation: 0.1 and "
            "use validation_loss or validation_accuracy",
        ),
        ("{name: xor, fold: 1}", "", "data.fold: needs data.folds, the number of folds"),
        (
            "{name: xor, folds: 4}",
            "",
            "data.folds: needs data.fold, from 1 to 4 (nnlab crossval trains all folds)",
        ),
        ("{name: xor, fold: 5, folds: 4}", "", "data.fold: must be at most 4, the number of folds, got 5"),
        (
            "{name: xor, fold: 1, folds: 4, validation: 0.1}",
            "",
            "data.validation: both validation and fold are given; keep one",
        ),
        (
            "{name: xor, fold: 1, folds: 1}",
            "",
            "data.folds: must be a whole number from 2 to 1000000000 or null, got 1",
        ),
        ("{name: xor, validation: 1}", "", "data.validation: must be below 1, got 1"),
    ],
)
def test_conflicting_train_settings(tmp_path: Path, data: str, train: str, problem: str) -> None:
    text = f"data: {data}\nmodel: softmax\noptimizer: adam\ntrain: {{iterations: 5, {train}}}\n"
    (line,) = refusal(tmp_path, text)
    assert line.split(": ", 1)[1] == problem


@pytest.mark.parametrize(
    ("data", "train"),
    [
        ("{name: xor, validation: 0.1}", "early_stopping: true, schedule: plateau"),
        ("{name: xor, fold: 2, folds: 3}", "early_stopping: true"),
        ("xor", "early_stopping: {metric: objective}, schedule: {name: plateau, metric: train_accuracy}"),
        ("xor", "early_stopping: false"),
        ("xor", "early_stopping: null, clip_norm: 1, clip_value: null"),
    ],
)
def test_compatible_train_settings(tmp_path: Path, data: str, train: str) -> None:
    text = f"data: {data}\nmodel: softmax\noptimizer: adam\ntrain: {{iterations: 5, {train}}}\n"
    experiment = load(tmp_path, text)
    assert again(experiment) == experiment


@pytest.mark.parametrize(
    ("lr", "message"),
    [
        ("true", "must be a number above 0 and at most 1e+06, got true"),
        ("yes", "must be a number above 0 and at most 1e+06, got 'yes'"),
        ("'0.1'", "must be a number above 0 and at most 1e+06, got '0.1'"),
        ("1_000", "must be a number above 0 and at most 1e+06, got '1_000'"),
        ("2024-01-31", "must be a number above 0 and at most 1e+06, got '2024-01-31'"),
        ("0", "must be above 0, got 0"),
        ("1e999", "must be a finite number, got .inf"),
        (".nan", "must be a finite number, got .nan"),
        ("1" + "0" * 400, f"must be a number above 0 and at most 1e+06, got 1{'0' * 58}…"),
        ("1" + "0" * 5000, "must be a finite number, got .inf"),
        ("0x" + "f" * 5000, "must be a finite number, got .inf"),
        ('"\\e[31m\\u202e"', "must be a number above 0 and at most 1e+06, got '\\x1b[31m\\u202e'"),
        ("x" * 5000, f"must be a number above 0 and at most 1e+06, got '{'x' * 59}…'"),
        ("{a: [true, null]}", "must be a number above 0 and at most 1e+06, got {a: [true, null]}"),
    ],
    ids=lambda value: value[:20],
)
def test_learning_rate_must_be_a_number(tmp_path: Path, lr: str, message: str) -> None:
    text = MINIMAL.replace("adam", f"{{name: adam, lr: {lr}}}")
    assert refusal(tmp_path, text) == [f"a.yaml:3:25: optimizer.lr: {message}"]


def test_keys_in_messages_are_escaped(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, MINIMAL + '"\\e[31m\\u202e\\n": 1\n')
    assert line.startswith("a.yaml:5:1: \\x1b[31m\\u202e\\n: unknown key; a spec has name, ")
    (line,) = refusal(tmp_path, MINIMAL + f"? {'k' * 5000}\n: 1\n")
    assert len(line) < 300


def test_missing_spec_file() -> None:
    with pytest.raises(UsageError, match=r"^nowhere/a\.yaml: No such file or directory$"):
        load_experiment("nowhere/a.yaml")


def test_data_path_is_relative_to_spec_then_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    specs, work = tmp_path / "specs", tmp_path / "work"
    for folder, names in ((specs, ["both.csv"]), (work, ["both.csv", "only.csv"])):
        folder.mkdir()
        for name in names:
            (folder / name).touch()
    monkeypatch.chdir(work)
    for spec in (specs, Path("../specs")):
        for name, folder in (("both.csv", specs), ("only.csv", work), ("neither.csv", specs)):
            experiment = load(spec, MINIMAL.replace("xor", f"{{name: table, path: {name}}}"))
            found = Path(experiment.data.path)
            assert found.is_absolute()
            assert found.resolve() == folder / name
            assert experiment.resolved()["data"]["path"] == name
            assert again(experiment).resolved() == experiment.resolved()


def test_optional_path(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    assert load(tmp_path, MINIMAL.replace("xor", "cifar10")).resolved()["data"]["path"] is None
    assert load(tmp_path, MINIMAL.replace("xor", "{name: cifar10, path: null}")).resolved()["data"]["path"] is None
    experiment = load(tmp_path, MINIMAL.replace("xor", "{name: cifar10, path: images}"))
    assert experiment.data.path == str(tmp_path / "images")
    assert experiment.resolved()["data"]["path"] == "images"
    assert refusal(tmp_path, MINIMAL.replace("xor", "{name: cifar10, path: 5}"))[0].endswith(
        "data.path: must be text or null, got 5"
    )


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_is_valid(path: Path) -> None:
    experiment = load_experiment(path)
    assert experiment.name == path.stem
    assert described(again(experiment)) == described(experiment)


def test_sha256_ignores_notation(tmp_path: Path) -> None:
    experiment = load(tmp_path, MINIMAL)
    reordered = "\n".join(reversed(MINIMAL.splitlines()))
    assert load(tmp_path, f"# a comment\n{reordered}\nseed: 0x0\n").sha256() == experiment.sha256()
    assert load(tmp_path, MINIMAL + "penalty: {l2: 0}").sha256() == experiment.sha256()
    assert len(experiment.sha256()) == 64
    resolved = experiment.resolved()
    assert spec_sha256(dict(reversed(resolved.items()))) == experiment.sha256()
    for change in ("seed: 1", "penalty: {l2: 1e-300}", "name: b", "dtype: float64", "compute: {threads: 2}"):
        assert load(tmp_path, MINIMAL + change).sha256() != experiment.sha256()


def test_order_of_penalties_does_not_matter(tmp_path: Path) -> None:
    one = load(tmp_path, MINIMAL + "penalty: {l1: 0.1, l2: 0.2}")
    other = load(tmp_path, MINIMAL + "penalty: {l2: 0.2, l1: 0.1}")
    assert one == other
    assert again(other) == other


def values(annotation: Any) -> st.SearchStrategy[Any]:
    """Every value that a plain type accepts."""
    base, marks = getattr(annotation, "__origin__", annotation), getattr(annotation, "__metadata__", ())
    if not marks:
        base = annotation
    if get_origin(base) is Literal:
        return st.sampled_from(get_args(base))
    if get_origin(base) in (Union, UnionType):
        return st.one_of([values(Annotated[option, *marks] if marks else option) for option in get_args(base)])
    if get_origin(base) is list:
        least = next((mark.min_length for mark in marks if isinstance(mark, MinLen)), 0)
        most = next((mark.max_length for mark in marks if isinstance(mark, MaxLen)), 4)
        return st.lists(values(get_args(base)[0]), min_size=least, max_size=min(most, 4))
    low = next((getattr(mark, "ge", getattr(mark, "gt", None)) for mark in marks if isinstance(mark, Ge | Gt)), None)
    high = next((getattr(mark, "le", getattr(mark, "lt", None)) for mark in marks if isinstance(mark, Le | Lt)), None)
    if base is int:
        return st.integers(low, high)
    if base is float:
        above, below = (any(isinstance(mark, kind) for mark in marks) for kind in (Gt, Lt))
        return st.floats(low, high, exclude_min=above, exclude_max=below)
    if base is Any:  # a number where lists are nested
        return st.floats(-9, 9)
    return {type(None): st.none(), bool: st.booleans()}[base]


def is_of_classes(column: str) -> bool:
    """Whether a column can be measured where the targets are classes."""
    metric = metric_of(column)
    return metric is None or fits(metric, CLASSES)


WITH_FILES = {"idx", "images", "table"}


@st.composite
def sections(draw: st.DrawFn, cls: type[Any]) -> dict[str, Any]:
    """A mapping of keys that a class accepts: all that are required, any of the others."""
    chosen = {}
    for parameter in hyperparameters(cls):
        if not parameter.required and draw(st.booleans()):
            continue
        component, switch, strengths = (
            parameter.mark(Component),
            parameter.mark(OptionalComponent),
            parameter.mark(WeightsByName),
        )
        if parameter.name == "metrics":
            listed = st.sampled_from([name for name in metrics.names() if is_of_classes(f"test_{name}")])
            names = draw(st.lists(listed.filter(lambda name: name != "loss"), unique=True, max_size=3))
            chosen["metrics"] = [draw(named("metric", name)) for name in names]
        elif component:
            one = components(component.kind)
            least = int(parameter.required)
            if component.nested:
                one = st.lists(one, max_size=2)
                if draw(st.booleans()):
                    chosen[parameter.name] = draw(st.dictionaries(st.sampled_from("abc"), one, min_size=least))
                    continue
            chosen[parameter.name] = draw(st.lists(one, min_size=least, max_size=3) if component.many else one)
        elif switch:
            keys = sections(REGISTRIES[switch.kind][switch.name])
            chosen[parameter.name] = draw(st.sampled_from([None, True, False]) | keys)
        elif parameter.mark(FilePath):
            chosen[parameter.name] = None
        elif strengths:
            names = st.sampled_from(REGISTRIES[strengths.kind].names())
            chosen[parameter.name] = draw(st.dictionaries(names, st.floats(0, 1e6) | st.integers(0, 5)))
        elif parameter.name == "text":
            chosen["text"] = draw(st.sampled_from(["x0", "x0**2 + sin(x1)", "-pi / (1 + x2)"]))
        elif parameter.name == "order":
            chosen["order"] = draw(st.permutations(range(1, draw(st.integers(2, 5)))))
        elif parameter.name == "shape":
            chosen["shape"] = draw(st.lists(st.integers(1, 9), min_size=1, max_size=4))
        elif parameter.name == "class_name":
            one_class = st.sampled_from([None, 3, "9", "a b"])
            chosen["class_name"] = draw(one_class) if chosen.get("average") in (None, "macro") else None
        elif parameter.name == "metric":
            chosen["metric"] = draw(values(parameter.annotation).filter(is_of_classes))
        elif parameter.name == "name":
            chosen["name"] = draw(st.text(min_size=1, max_size=20).filter(str.isprintable))
        elif parameter.base is TrainSettings:
            chosen["train"] = draw(sections(TrainSettings)) | {
                "iterations": draw(st.integers(1, 10**9)),
                "epochs": None,
            }
            if chosen["train"].get("clip_value") is not None:
                chosen["train"].pop("clip_norm", None)
            if chosen["train"].get("batch_size") == "full":
                chosen["train"].pop("accumulate", None)
        elif parameter.base is ComputeSettings:
            chosen["compute"] = draw(sections(ComputeSettings))
        else:
            chosen[parameter.name] = draw(values(parameter.annotation))
    return chosen


# Whole specs have classes: metrics and what monitors one have to fit the targets.
OF_NUMBERS = {
    name
    for name, cls in datasets.items()
    if not any(parameter.required for parameter in hyperparameters(cls)) and cls().task == NUMBERS
}


@st.composite
def components(draw: st.DrawFn, kind: str) -> Any:
    return draw(
        named(
            kind,
            draw(st.sampled_from([name for name in REGISTRIES[kind].names() if name not in WITH_FILES | OF_NUMBERS])),
        )
    )


@st.composite
def named(draw: st.DrawFn, kind: str, name: str) -> Any:
    registry = REGISTRIES[kind]
    keys = draw(sections(registry[name]))
    for key in {"points", "test_points", "classes"} & keys.keys():
        keys[key] = 2 + keys[key] % 200  # more samples in all than a toy may have are refused
    if kind == "dataset":  # some samples are held out, since schedules and early stopping may ask for them
        for key in {"validation", "fold", "folds"} & keys.keys():
            del keys[key]
        keys |= draw(st.sampled_from([{"validation": 0.25}, {"fold": 2, "folds": 3}]))
    if registry.number and name == registry.number[0]:
        return draw(st.sampled_from([keys.get("std", 1), {"name": name, **keys}]))
    return {"name": name, **keys} if keys or draw(st.booleans()) else name


@examples(200)
@given(sections(Experiment))
def test_resolved_spec_loads_equal(raw: dict[str, Any]) -> None:
    experiment = experiment_from_tree(parse_yaml(dump_yaml(raw), "a.yaml"), default_name="a", folders=())
    reloaded = again(experiment)
    assert described(reloaded) == described(experiment)  # layers compare by identity
    assert reloaded.resolved() == experiment.resolved()
    assert reloaded.sha256() == experiment.sha256()
    assert json.loads(json.dumps(experiment.resolved())) == experiment.resolved()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind, registry in REGISTRIES.items()
        for name in registry.names()
        if name not in WITH_FILES and kind not in ("penalty", "control")  # written as numbers and switches
    ],
)
def test_every_component_round_trips(kind: str, name: str) -> None:
    @settings(max_examples=10)
    @given(named(kind, name))
    def check(raw: Any) -> None:
        validator = Validator()
        built = validator.component(REGISTRIES[kind], raw, (kind,))
        assert validator.problems == []
        again = validator.component(REGISTRIES[kind], json.loads(json.dumps(plain(built))), (kind,))
        assert repr(again) == repr(built)  # layers compare by identity
        assert validator.problems == []

    check()


def test_keys_of_default_loss_without_name(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "data: xor\nmodel: softmax\noptimizer: {name: sgd, lr: 0.1}\ntrain: {epochs: 1}\n"
        "loss: {class_weights: balanced}\n",
        encoding="utf-8",
    )
    assert load_experiment(path).resolved()["loss"] == {
        "name": "cross_entropy",
        "smoothing": 0.0,
        "class_weights": "balanced",
    }
    with pytest.raises(SpecError, match="loss: needs a name: cross_entropy, huber, mean_absolute_error, mean_sq"):
        load_experiment(path, ["loss={weights: 3}"])
