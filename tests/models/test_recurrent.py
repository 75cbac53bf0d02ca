"""The recipe of recurrent networks: its layers for each kind of sample and target."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trainings import make_experiment, make_network

from nnlab.engine.run_setup import RunSetup
from nnlab.errors import ShapeError
from nnlab.gradcheck import check, model_subject
from nnlab.layers.concat import Concat
from nnlab.layers.rnn import RNN
from nnlab.losses import CrossEntropy
from nnlab.models.recurrent import Recurrent
from nnlab.textbook import recurrent


def names(model: Recurrent, in_shape: tuple[int, ...], out_shape: tuple[int, ...]) -> list[str]:
    return make_network(model, in_shape, out_shape, dtype=None).names


@pytest.mark.parametrize(
    ("keys", "in_shape", "out_shape", "layers"),
    [
        ({}, (7, 2), (3,), ["lstm1", "last_step1", "linear1"]),
        ({"cell": "rnn"}, (7, 2), (7, 3), ["rnn1", "linear1"]),
        ({"cell": "gru", "layers": 2}, (7, 2), (3,), ["gru1", "gru2", "last_step1", "linear1"]),
        ({"dropout": 0.2}, (7, 2), (3,), ["lstm1", "last_step1", "dropout1", "linear1"]),
        ({"embedding": 5}, (7,), (4,), ["embedding1", "lstm1", "last_step1", "linear1"]),
        ({"embedding": 5}, (7,), (7, 4), ["embedding1", "lstm1", "linear1"]),
        ({}, (1, 8, 6), (10,), ["image_rows1", "lstm1", "last_step1", "linear1"]),
        ({"bidirectional": True}, (7, 2), (7, 3), ["concat1", "linear1"]),
        ({"bidirectional": True, "layers": 2}, (7, 2), (3,), ["concat1", "concat2", "linear1"]),
    ],
)
def test_layers(keys: dict[str, Any], in_shape: tuple[int, ...], out_shape: tuple[int, ...], layers: list[str]) -> None:
    assert names(Recurrent(**keys), in_shape, out_shape) == layers


def test_tokens_are_as_many_as_outputs_unless_given() -> None:
    assert make_network(Recurrent(embedding=5), (7,), 4).state()["embedding1.W"].shape == (4, 5)
    assert make_network(Recurrent(embedding=5, tokens=9), (7,), 4).state()["embedding1.W"].shape == (9, 5)


def test_backwards_in_time_equals_forwards_on_the_reversed_sequence() -> None:
    network = make_network(Recurrent(cell="gru", units=3, bidirectional=True), (5, 2), (5, 4))
    concat = network.layers[0]
    assert isinstance(concat, Concat)
    for forwards, backwards in zip(
        concat.stacks[0].layers[0].parameters, concat.stacks[1].layers[1].parameters, strict=True
    ):
        backwards.value[...] = forwards.value
    x = np.random.default_rng(0).standard_normal((6, 5, 2))
    states = concat.forward(x, training=False).copy()
    mirrored = concat.forward(x[:, ::-1], training=False)
    assert states.shape == (6, 5, 6)
    np.testing.assert_allclose(states[:, :, :3], mirrored[:, ::-1, 3:], rtol=1e-12)
    np.testing.assert_allclose(states[:, :, 3:], mirrored[:, ::-1, :3], rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_gradients_of_the_whole_network(cell: str) -> None:
    model = Recurrent(cell=cell, units=3, layers=2, bidirectional=True, embedding=2)

    def subject(seed: int) -> Any:
        return model_subject(cell, make_network(model, (4,), (4, 3), dtype=None), CrossEntropy(), [], seed)

    assert all(result.passed for result in check(subject, "central", sampled=10))


@pytest.mark.parametrize(
    ("keys", "in_shape", "message"),
    [
        ({}, (7,), "for tokens set model.embedding: 32"),
        ({"embedding": 4}, (7, 2), "model.embedding: these samples are no tokens"),
        ({"embedding": 4}, (1, 8, 8), "model.embedding: these samples are no tokens"),
    ],
)
def test_samples_that_do_not_fit_are_refused(keys: dict[str, Any], in_shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        make_network(Recurrent(**keys), in_shape, 4)


def test_a_layer_at_each_step_for_one_target_a_sample_says_what_is_missing() -> None:
    with pytest.raises(ShapeError, match=r"gives 7x3 values a sample, but the data has 3 classes; put a last_step"):
        make_network([RNN(units=3)], (7, 2), 3)


PAGE = Path(__file__).parents[2] / "docs" / "sequences.md"
DATA = ("", "data: {name: text}", "data: {name: mnist, train_size: 10}", "data: {name: binary_addition}")


def test_the_specs_and_the_excerpt_of_the_page_hold(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    specs = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    for spec, data in zip(specs, DATA, strict=True):
        training = "" if "train:" in spec else "optimizer: adam\ntrain: {iterations: 1}"
        experiment = make_experiment(tmp_path, "\n".join([data, spec, training]))
        assert RunSetup(experiment).network.parameter_count > 0
    (excerpt,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert excerpt in Path(recurrent.__file__).read_text(encoding="utf-8")
