"""The gradient at each step of a sequence."""

import numpy as np
from trainings import make_setup_on

from nnlab.data.dataset import Dataset, Split
from nnlab.engine.through_time import gradients_through_time, has_recurrent_layers
from nnlab.layers.concat import Concat
from nnlab.layers.linear import Linear
from nnlab.layers.rnn import RNN
from nnlab.layers.sequence import LastStep
from nnlab.models.mlp import Softmax
from nnlab.models.sequential import Sequential
from nnlab.optim.sgd import SGD

RNG = np.random.default_rng(0)
DATA = Dataset(Split(RNG.standard_normal((6, 5, 3)), np.arange(6) % 2), None, ("a", "b"))


def test_norms_are_those_of_the_gradient_of_each_input() -> None:
    layers = [Concat(branches=[[RNN(units=3), LastStep()]]), Linear(units=2)]
    setup = make_setup_on(DATA, Sequential(layers=layers), SGD(lr=0.1), iterations=1, shards=2)
    setup.network.parameters[0].value[...] = np.eye(3)  # Wx, so that the gradient of x_t is that of z_t
    before = setup.network.flat.gradients.copy()
    ((name, norms),) = gradients_through_time(setup).items()
    np.testing.assert_array_equal(setup.network.flat.gradients, before)
    network, loss = setup.network.replica(), setup.experiment.loss
    loss.forward(network.forward(DATA.train.inputs, training=False), DATA.train.targets)
    dx = network.input_gradient(loss.backward())
    assert name.endswith("rnn1")
    np.testing.assert_allclose(norms, np.sqrt(np.square(dx).sum(axis=(0, 2))), rtol=1e-12)


def test_networks_without_recurrent_layers_have_none() -> None:
    dataset = Dataset(Split(DATA.train.inputs[:, 0], DATA.train.targets), None, ("a", "b"))
    setup = make_setup_on(dataset, Softmax(), SGD(lr=0.1), iterations=1)
    assert not has_recurrent_layers(setup.network)
    assert gradients_through_time(setup) == {}
