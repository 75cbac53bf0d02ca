"""Whatever a spec says, ``nnlab train`` trains it or says in words what is wrong; there are no other endings."""

import copy
import json
from collections.abc import Callable, Iterator
from math import inf, nan, nextafter
from pathlib import Path
from typing import Any

import pytest
from annotated_types import Ge, Gt, Le, Lt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnlab.errors import SpecError, UsageError
from nnlab.registry import REGISTRIES, hyperparameters
from nnlab.spec.experiment import load_experiment
from nnlab.spec.tree import dump_tree

ENDINGS = {0, 2, 3, 4}
HUGE = 10**9 + 1  # more than any count may be

RATES = st.sampled_from([0, 0.1, 0.5])
SMALL = st.sampled_from([1e-7, 1e-3, 0.1])


def some(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with all of the required keys, values or strategies of them, and any of the optional ones."""
    fixed = {key: value if isinstance(value, st.SearchStrategy) else st.just(value) for key, value in required.items()}
    return st.fixed_dictionaries(fixed, optional=optional)


INITIALISERS = st.sampled_from([0.01, 1, "he", "xavier", {"name": "normal", "std": 0.1}])
ACTIVATIONS = st.sampled_from(REGISTRIES["activation"].names()) | some({"name": "elu"}, alpha=SMALL)
BATCH_NORM = st.booleans() | some({}, eps=SMALL, momentum=RATES)
DATA = st.one_of(
    some(
        {"name": name, "points": st.integers(2, 6)},
        test_points=st.integers(0, 4),
        noise=RATES,
        train_size=st.sampled_from([None, 2]),
        validation=st.just(0),
        fold=st.none(),
        **({"classes": st.integers(2, 4)} if name == "spiral" else {}),
    )
    for name in ("spiral", "moons", "xor")
)
LAYERS = st.one_of(
    ACTIVATIONS,
    st.sampled_from(["flatten", "batch_norm", "dropout"]),
    some({"name": "linear", "units": st.integers(1, 4)}, init=INITIALISERS, bias=st.booleans()),
)
MODELS = st.one_of(
    st.just("softmax"),
    some({"name": "softmax"}, init=INITIALISERS),
    some(
        {"name": "mlp", "hidden": st.lists(st.integers(1, 4), max_size=3)},
        activation=ACTIVATIONS,
        init=INITIALISERS,
        batch_norm=BATCH_NORM,
        dropout=RATES,
    ),
)
SEQUENTIAL = st.lists(LAYERS, max_size=3).map(
    lambda layers: {"name": "sequential", "layers": [*layers, {"name": "linear", "units": 2}]}
)
OPTIMIZERS = st.one_of(some({"name": name, "lr": SMALL}) for name in REGISTRIES["optimizer"].names())
SCHEDULES = st.sampled_from(["constant", "cosine", {"name": "warmup", "steps": 2, "after": "cosine"}]) | some(
    {"name": "plateau", "metric": "objective"}, patience=st.just(1), factor=SMALL, minimum=RATES
)
LENGTHS: list[dict[str, Any]] = [{"iterations": 1}, {"iterations": 3}, {"epochs": 1}, {"iterations": None, "epochs": 2}]
TRAIN = st.one_of(
    some(
        {**length, "batch_size": st.sampled_from([1, 2, "full"])},
        sampling=st.sampled_from(["shuffle", "replacement"]),
        eval_every=st.sampled_from([1, 2, "epoch"]),
        eval_train=st.sampled_from(["all", "batch", 2]),
        schedule=SCHEDULES,
        early_stopping=st.sampled_from([None, False, {"metric": "train_loss", "patience": 20}]),
        **clipping,
    )
    for length in LENGTHS
    for clipping in ({"clip_norm": SMALL}, {"clip_value": SMALL, "clip_norm": st.none()})
)


def specs(data: st.SearchStrategy[Any], model: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return some(
        {"data": data, "model": model, "optimizer": OPTIMIZERS, "train": TRAIN},
        name=st.sampled_from(["a", "../b", "5", "名"]),
        seed=st.sampled_from([0, 1, 2**32 - 1]),  # large enough to be refused wherever a mutation puts it
        dtype=st.sampled_from(["float32", "float64"]),
        rng=st.sampled_from(["streams", "legacy"]),
        loss=st.sampled_from(REGISTRIES["loss"].names()) | some({"name": "cross_entropy"}, smoothing=RATES),
        penalty=some({}, l1=RATES, l2=RATES),
        compute=st.just({"threads": 1}),
    )


VALID = specs(DATA, MODELS) | specs(some({"name": st.sampled_from(["moons", "xor"]), "points": 3}), SEQUENTIAL)

WORDS = st.sampled_from(["", "adam", "mlp", "relu", "mnst", "full", "null", "\x1b[31m", "x" * 200, "name", "no", "."])
NUMBERS = st.sampled_from(
    [-1, 0, 1, 2, HUGE, -HUGE, 10**400, -(10**400), 0.5, -0.5, -0.0, 1.0, 1e6, 1e-320, 1e308, -1e308, inf, -inf, nan]
)
JUNK = st.recursive(
    st.none() | st.booleans() | WORDS | NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key or index) inside a value."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield value, key
        yield from places(inner)


def mutated(draw: st.DrawFn, spec: dict[str, Any]) -> dict[str, Any]:
    """A spec with one to three things in it dropped, renamed, replaced, wrapped, doubled or swapped."""
    spec = copy.deepcopy(spec)
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from(list(places(spec)) or [(spec, "name")]))
        value = container.pop(key) if isinstance(container, dict) and key in container else None
        match draw(st.sampled_from(["drop", "rename", "junk", "number", "wrap", "nest", "text", "swap"])):
            case "rename" if isinstance(container, dict):
                container[draw(st.sampled_from([key[:-1], key + "s", key.upper(), "name", ""]))] = value
            case "junk":
                container[key] = draw(JUNK)
            case "number":
                container[key] = draw(NUMBERS)
            case "wrap":
                container[key] = [value]
            case "nest":
                container[key] = {"name": value}
            case "text":
                container[key] = str(value)
            case "swap":
                other, other_key = draw(st.sampled_from(list(places(spec)) or [(spec, "name")]))
                container[key], other[other_key] = other.get(other_key) if isinstance(other, dict) else None, value
    return spec


def edited(draw: st.DrawFn, text: str) -> str:
    """A text with one to three characters or lines deleted, inserted, doubled or cut off."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        match draw(st.sampled_from(["delete", "insert", "line", "cut", "move"])):
            case "delete":
                text = text[:at] + text[at + 1 :]
            case "insert":
                text = text[:at] + draw(st.sampled_from(" \n\t:,[]{}#&*!|>'\"%@-.0e~\x00\x1b\ufeffλ")) + text[at:]
            case "line":
                start = text.rfind("\n", 0, at) + 1
                text = text[:at] + "\n" + text[start:]
            case "cut":
                text = text[:at]
            case "move":
                text = text[at:] + "\n" + text[:at]
    return text


@st.composite
def mutated_specs(draw: st.DrawFn) -> str:
    return dump_tree(mutated(draw, draw(VALID)))


@st.composite
def edited_texts(draw: st.DrawFn) -> str:
    return edited(draw, dump_tree(draw(VALID)))


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes most of the time of a run this small."""
    monkeypatch.setattr("nnlab.train.run.plot_run", lambda *arguments: None)


def train(nnlab: Any, folder: Path, text: str) -> Any:
    """Train a spec, check that the command ends as documented, and give its answer."""
    path = folder / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    answer = nnlab("train", path, "--runs", folder / "runs")
    assert answer.code in ENDINGS, answer.stderr
    assert "bug" not in answer.stderr
    assert not any(ord(character) < 32 and character != "\n" for character in answer.stderr)
    if answer.code == 0:
        run = Path(answer.stdout.splitlines()[-1])
        summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
        steps = (run / "steps.csv").read_text(encoding="utf-8").splitlines()
        assert summary["status"] == "completed"
        assert len(steps) - 1 == summary["steps"] >= 1
    else:
        assert answer.stderr.strip()
        assert answer.stdout == ""
    return answer


within_one_test = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@settings(within_one_test, max_examples=60)
@given(spec=VALID)
def test_a_valid_spec_trains_all_its_steps(nnlab: Any, tmp_path: Path, spec: dict[str, Any]) -> None:
    answer = train(nnlab, tmp_path, dump_tree(spec))
    if answer.code == 2:  # the samples of an epoch may leave a last batch of one
        assert "batch_norm needs at least 2 in each batch" in answer.stderr
        return
    assert answer.code == 0
    if iterations := spec["train"].get("iterations"):
        assert f", {iterations} steps in " in answer.stdout


@settings(within_one_test, max_examples=200)
@given(text=mutated_specs())
def test_a_mutated_spec_trains_or_is_refused(nnlab: Any, tmp_path: Path, text: str) -> None:
    answer = train(nnlab, tmp_path, text)
    refusal = None
    try:
        load_experiment(tmp_path / "spec.yaml")
    except (SpecError, UsageError) as error:
        refusal = f"{error}\n"
    if refusal is not None:
        assert (answer.code, answer.stderr) == (2, refusal)
    elif answer.code == 2:
        # What only data and shapes can tell: layers that do not fit, more samples wanted than there are.
        place = f"nnlab: {tmp_path / 'spec.yaml'}: "
        assert answer.stderr.startswith(tuple(place + key for key in ("layer ", "model: ", "train.", "data.")))


@settings(within_one_test, max_examples=150)
@given(text=edited_texts())
def test_an_edited_text_trains_or_is_refused(nnlab: Any, tmp_path: Path, text: str) -> None:
    train(nnlab, tmp_path, text)


@settings(within_one_test, max_examples=50)
@given(spec=JUNK)
def test_junk_is_refused(nnlab: Any, tmp_path: Path, spec: Any) -> None:
    assert train(nnlab, tmp_path, dump_tree(spec)).code == 2


BASE: dict[str, Any] = {
    "data": {"name": "xor", "points": 5},
    "model": {"name": "mlp", "hidden": [3]},
    "optimizer": "adam",
    "train": {"iterations": 1, "batch_size": 5},
}


@pytest.mark.parametrize(
    ("section", "keys", "message"),
    [
        ("model", {"hidden": [10**7, 10**7]}, "free; make layers or batches smaller"),
        ("model", {"hidden": [10**7] * 1000}, "free; make layers or batches smaller"),
        ("model", {"hidden": [10**7 + 1]}, "model.hidden.0: must be at most 10000000, got 10000001"),
        ("model", {"hidden": [3] * 1001}, "model.hidden: must be a list of at most 1000 items"),
        (
            "model",
            {"name": "sequential", "layers": [{"name": "linear", "units": 10**7}] * 3, "hidden": None},
            "model.hidden: unknown key",
        ),
        ("data", {"points": 10**9}, "data.points: must be at most 1000000, got 1000000000"),
        ("data", {"points": 10**6, "test_points": 10**6, "name": "spiral", "classes": 1000}, "there may be at most"),
        ("data", {"points": 10**6, "test_points": 10**6, "name": "spiral", "classes": HUGE}, "must be at most 1000,"),
        ("data", {"train_size": HUGE}, "data.train_size: must be a whole number from 1 to 1000000000 or null"),
        ("train", {"batch_size": 10**9}, "train.batch_size: 1000000000 is more than the 20 training samples"),
        ("train", {"batch_size": HUGE}, "train.batch_size: must be a whole number"),
        ("train", {"eval_train": 10**9}, "train.eval_train: 1000000000 is more than the 20 training samples"),
        ("train", {"iterations": HUGE}, "train.iterations: must be a whole number"),
        ("train", {"eval_every": HUGE}, "train.eval_every: must be a whole number"),
        ("compute", {"threads": 257}, "compute.threads: must be a whole number from 1 to 256 or 'auto', got 257"),
    ],
)
def test_huge_sizes_are_refused_not_attempted(
    nnlab: Any, tmp_path: Path, section: str, keys: dict[str, Any], message: str
) -> None:
    spec = {**BASE, section: {**BASE.get(section, {}), **keys}}
    path = tmp_path / "spec.yaml"
    path.write_text(dump_tree(spec), encoding="utf-8")
    answer = nnlab("train", path)
    assert answer.code == 2
    assert message in answer.stderr
    assert not (tmp_path / "runs").exists()


def test_more_samples_than_there_are_is_a_matter_of_data(nnlab: Any, tmp_path: Path) -> None:
    spec = {**BASE, "data": {"name": "xor", "train_size": 10**9}}
    assert train(nnlab, tmp_path, dump_tree(spec)).code == 4


SHORT = {"iterations": 3, "batch_size": 2}
NEEDED = {"step": {"every": 2}, "exponential": {"decay": 0.5}, "plateau": {"metric": "train_loss"}}
IMAGES = {"name": "idx", "path": "."}
SMALLEST: dict[str, dict[str, Any]] = {
    "mlp": {"hidden": [3]},
    "alexnet": {"hidden": 2, "upsample": 21},
    "linear": {"units": 3},
    "conv2d": {"filters": 2},
}


def around(keys: dict[str, Any]) -> list[Any]:
    """Layers from images to scores with the given one among them."""
    flat = ["flatten"] if keys["name"] == "linear" else []
    return [*flat, SMALLEST.get(keys["name"], {}) | keys, "flatten", {"name": "linear", "units": 3}]


AROUND: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "dataset": lambda keys: {"data": {"points": 5, **keys}},
    "model": lambda keys: {"data": IMAGES, "model": SMALLEST.get(keys["name"], {}) | keys},
    "layer": lambda keys: {"data": IMAGES, "model": {"name": "sequential", "layers": around(keys)}},
    "initialiser": lambda keys: {"model": {"name": "mlp", "hidden": [3], "init": keys}},
    "penalty": lambda keys: {"penalty": {keys["name"]: keys["strength"]}},
    "optimizer": lambda keys: {"optimizer": {"lr": 0.1, **keys}},
    "loss": lambda keys: {"loss": keys},
    "schedule": lambda keys: {"train": SHORT | {"schedule": NEEDED.get(keys["name"], {}) | keys}},
}


def extremes() -> Iterator[tuple[str, str, str, float]]:
    """Every key of every component that is a number with a fraction, at its least and largest value."""
    for kind in AROUND:
        for name, cls in REGISTRIES[kind].items():
            for key in hyperparameters(cls):
                if key.base is float and (kind != "dataset" or "points" in cls.__dataclass_fields__):
                    least, largest = key.mark(Ge), key.mark(Le)
                    yield kind, name, key.name, least.ge if least else nextafter(key.mark(Gt).gt, inf)
                    yield kind, name, key.name, largest.le if largest else nextafter(key.mark(Lt).lt, -inf)


@pytest.mark.parametrize(("kind", "name", "key", "value"), list(extremes()))
def test_extreme_values_within_the_bounds_train_or_diverge(
    nnlab: Any, images: Path, kind: str, name: str, key: str, value: float
) -> None:
    for dtype in ("float32", "float64"):
        spec = {**BASE, "dtype": dtype, "train": SHORT}
        assert train(nnlab, images, dump_tree(spec | AROUND[kind]({"name": name, key: value}))).code in (0, 3)


@pytest.mark.parametrize(("lr", "code"), [(1e6, 3), (1e-320, 0)])
def test_extreme_learning_rates_train_or_diverge(nnlab: Any, tmp_path: Path, lr: float, code: int) -> None:
    spec = {**BASE, "loss": "mean_squared_error", "optimizer": {"name": "sgd", "lr": lr}}
    spec["train"] = {"iterations": 30, "batch_size": 5}
    assert train(nnlab, tmp_path, dump_tree(spec)).code == code
