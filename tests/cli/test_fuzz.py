"""Randomly generated specs: whatever is accepted also builds and takes a step, the rest is refused as documented.

The tests marked ``long`` do the same with twenty thousand examples, new ones each time.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_specs import JUNK, descents, experiment_of, specs, texts
from PIL import Image

from nnlab.config.descent import descent_from_tree
from nnlab.config.loading import experiment_from_tree, load_experiment
from nnlab.config.yaml_parser import parse_collecting_problems
from nnlab.config.yaml_writer import dump_yaml
from nnlab.data.sources.cifar10 import FILES
from nnlab.descent.path import descend, gradient_of, labels
from nnlab.descent.run import line
from nnlab.engine.loop import train as run_loop
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import DataError, SpecError, UsageError

pytestmark = pytest.mark.slow

Strategy = st.SearchStrategy[Any]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.data.files.download._retrieve", lambda *arguments: "no network")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a spec finds small data of every kind."""
    folder = tmp_path_factory.mktemp("fuzz")
    images = np.arange(8 * 6 * 6, dtype=np.uint8).reshape(8, 6, 6)
    for prefix in ("train", "t10k"):
        for part, array in (("images-idx3", images), ("labels-idx1", np.arange(8, dtype=np.uint8) % 3)):
            head = bytes([0, 0, 8, array.ndim]) + b"".join(side.to_bytes(4, "big") for side in array.shape)
            (folder / f"{prefix}-{part}-ubyte").write_bytes(head + array.tobytes())
    rows = "".join(f"{index},{index % 3},{'xy'[index % 2]}\n" for index in range(10))
    (folder / "table.csv").write_text(f"a,b,kind\n{rows}", encoding="utf-8")
    for number, image in enumerate(images[:8, :4, :4]):
        (folder / "pictures" / f"class-{number % 2}").mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / "pictures" / f"class-{number % 2}" / f"{number}.png")
    np.savez(folder / "images.npz", x=images[:, :4, :4].repeat(3, axis=0).reshape(8, 3, 4, 4), y=np.arange(8) % 2)
    (folder / "cifar10").mkdir()
    for file in (f"{name}.bin" for name in FILES):
        (folder / "cifar10" / file).write_bytes(b"".join(bytes([label]) + bytes(range(192)) * 16 for label in (3, 5)))
    return folder


def ends_as_documented(text: str, folder: Path) -> str:
    """Whatever a spec says: it is refused, or its data or shapes are, or it builds and takes a step.

    A loss that is not finite is a step too: what comes of that is said and has its exit code.
    """
    try:
        tree = parse_collecting_problems(text, "spec")
        experiment = experiment_from_tree(tree, default_name="spec", folders=(folder,))
    except SpecError:
        return "refused"
    assert experiment_of(experiment.resolved(), folder).sha256() == experiment.sha256()
    try:
        setup = RunSetup(experiment)
    except (UsageError, DataError):
        return "does not fit"
    try:
        outcome = run_loop(setup.allocate(), [], lambda: False)
    except DataError as error:  # which only an embedding can tell, once it sees the samples
        if " is no token; tokens are whole numbers from 0 to " not in str(error):
            raise
        return "does not fit"
    assert outcome.status in ("completed", "diverged")
    assert outcome.steps >= 1 or outcome.status == "diverged"
    return outcome.status


def descends_as_documented(text: str) -> str:
    try:
        descent = descent_from_tree(parse_collecting_problems(text, "spec"), default_name="spec")
    except SpecError:
        return "refused"
    again = descent_from_tree(parse_collecting_problems(descent.to_yaml(), "spec"), default_name="spec")
    assert again.sha256() == descent.sha256()
    descent.steps = min(descent.steps, 3)
    gradient = gradient_of(descent)
    for rule, label in zip(descent.optimizer, labels(descent.optimizer), strict=True):
        path = descend(descent.function, rule, descent.start, descent.steps, gradient, label)
        assert line(path).startswith(label)
        assert path.steps >= 1 or path.status == "diverged"
    return "descended"


# ---- number of specs ----

SHORT = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
LONG = settings(SHORT, derandomize=False, print_blob=True)


def fuzz(what: Strategy, holds: Callable[[Any], str], times: settings) -> Counter[str]:
    """Make examples and count how they end."""
    endings: Counter[str] = Counter()

    @times
    @given(example=what)
    def check(example: Any) -> None:
        endings[holds(example)] += 1

    check()
    assert endings.total() >= times.max_examples
    return endings


def fuzz_sound_specs(folder: Path, times: settings) -> None:
    endings = fuzz(specs(folder), lambda spec: ends_as_documented(dump_yaml(spec), folder), times)
    assert endings["completed"] + endings["diverged"] > endings.total() / 4


def fuzz_mutated_specs(folder: Path, times: settings) -> None:
    endings = fuzz(texts(specs(folder)), lambda text: ends_as_documented(text, folder), times)
    assert endings["refused"] > endings.total() / 3


def fuzz_sound_descents(times: settings) -> None:
    assert fuzz(descents(), lambda spec: descends_as_documented(dump_yaml(spec)), times)["descended"] > 10


def fuzz_mutated_descents(times: settings) -> None:
    assert fuzz(texts(descents()), descends_as_documented, times)["refused"] > 10


def test_fuzz_valid_specs_build_and_take_a_step(folder: Path) -> None:
    fuzz_sound_specs(folder, examples(500, SHORT))


def test_fuzz_mutated_specs_end_as_documented(folder: Path) -> None:
    fuzz_mutated_specs(folder, examples(800, SHORT))


def test_fuzz_valid_descents_take_a_step() -> None:
    fuzz_sound_descents(examples(300, SHORT))


def test_fuzz_mutated_descents_end_as_documented() -> None:
    fuzz_mutated_descents(examples(300, SHORT))


@examples(60, SHORT)
@given(data=st.data())
def test_a_valid_spec_trains_all_its_steps(train: Any, folder: Path, data: st.DataObject) -> None:
    spec = data.draw(specs(folder))
    answer = train(folder, dump_yaml(spec))
    if answer.code == 0 and spec["train"]["iterations"]:
        assert f", {spec['train']['iterations']} steps in " in answer.stdout


@examples(250, SHORT)
@given(data=st.data())
def test_fuzz_mutated_specs_train_or_are_refused(train: Any, folder: Path, data: st.DataObject) -> None:
    answer = train(folder, data.draw(texts(specs(folder))))
    refusal = None
    try:
        load_experiment(folder / "spec.yaml")
    except UsageError as error:
        refusal = f"{error}\n"
    if refusal is not None:
        assert (answer.code, answer.stderr) == (2, refusal)
    elif answer.code == 2:
        # What only data and shapes can tell: layers that do not fit, more samples wanted than there are.
        keys = ("layer ", "model: ", "train.", "data.", "compute.")
        assert answer.stderr.startswith(tuple(f"nnlab: {folder / 'spec.yaml'}: {key}" for key in keys))


@examples(80, SHORT)
@given(spec=JUNK)
def test_random_bytes_are_refused(train: Any, tmp_path: Path, spec: Any) -> None:
    assert train(tmp_path, dump_yaml(spec)).code == 2


@pytest.mark.long
def test_ten_thousand_valid_specs(folder: Path) -> None:
    fuzz_sound_specs(folder, settings(LONG, max_examples=10_000))


@pytest.mark.long
def test_seven_thousand_mutated_specs(folder: Path) -> None:
    fuzz_mutated_specs(folder, settings(LONG, max_examples=7000))


@pytest.mark.long
def test_fuzz_three_thousand_descents() -> None:
    fuzz_sound_descents(settings(LONG, max_examples=1500))
    fuzz_mutated_descents(settings(LONG, max_examples=1500))
