"""Update rules and the moving average of weights walk as in PyTorch, in float64."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlab.engine.averaging import WeightAverage
from nnlab.registry import optimizers

torch = pytest.importorskip("torch", reason="PyTorch is not installed; .ci/run installs it for these tests")

# PyTorch adds ε elsewhere: AdaMax to |g|, Adam and its like after the bias correction. It vanishes here.
# Its NAdam has a schedule of β₁, which nnlab's has not, and it has no Lion.
EPS = 1e-300
RULES: dict[str, tuple[dict[str, float], Callable[[Any], Any]]] = {
    "sgd": ({"lr": 0.01}, lambda θ: torch.optim.SGD(θ, lr=0.01)),
    "adam": ({"lr": 0.01, "eps": EPS}, lambda θ: torch.optim.Adam(θ, lr=0.01, eps=EPS)),
    "amsgrad": ({"lr": 0.01, "eps": EPS}, lambda θ: torch.optim.Adam(θ, lr=0.01, eps=EPS, amsgrad=True)),
    "adamax": ({"lr": 0.01, "eps": EPS}, lambda θ: torch.optim.Adamax(θ, lr=0.01, eps=EPS)),
    "adamw": ({"lr": 0.01, "eps": EPS}, lambda θ: torch.optim.AdamW(θ, lr=0.01, eps=EPS, weight_decay=0.01)),
    "rmsprop": ({"lr": 0.01}, lambda θ: torch.optim.RMSprop(θ, lr=0.01, eps=1e-7)),
    "adagrad": ({"lr": 0.01}, lambda θ: torch.optim.Adagrad(θ, lr=0.01, eps=1e-7)),
    "adadelta": ({}, lambda θ: torch.optim.Adadelta(θ, rho=0.95, eps=1e-6)),
}


def difference(found: np.ndarray, expected: Any) -> float:
    array = expected.detach().numpy().ravel()
    return float(np.linalg.norm(found - array) / np.linalg.norm(array))


@pytest.mark.parametrize("name", RULES)
def test_a_walk_of_100_steps(name: str, problem: Any) -> None:
    keys, make = RULES[name]
    θ, gs = problem(300, 100)
    own, g, weights = θ.copy(), np.empty(300), torch.from_numpy(θ.copy()).requires_grad_()
    rule, other = optimizers[name](**keys), make([weights])
    rule.bind(own, g, regularized=300)
    for gradient in gs:
        g[:] = gradient
        weights.grad = torch.from_numpy(gradient.copy())
        rule.step()
        other.step()
        assert difference(own, weights) < 1e-13


@pytest.mark.parametrize("decay", [0.15, 0.9])
def test_the_average_of_weights(decay: float) -> None:
    """With 0.15, which the warm-up never reaches, PyTorch's own EMA; else with the decay of each update given."""
    from torch.optim.swa_utils import AveragedModel, get_ema_avg_fn

    def warmed_up(average: Any, weights: Any, updates: Any) -> Any:
        return torch.lerp(average, weights, 1 - min(decay, (1 + int(updates)) / (10 + int(updates))))

    rng = np.random.default_rng(0)
    module, values = torch.nn.Linear(20, 10, bias=False).double(), rng.standard_normal(200)
    module.weight.data = torch.from_numpy(values.reshape(10, 20))  # the same memory
    own, other = (
        WeightAverage(values, decay),
        AveragedModel(module, avg_fn=warmed_up if decay > 0.15 else get_ema_avg_fn(decay)),
    )
    other.update_parameters(module)  # takes in the initial weights
    for step in range(1, 101):
        values += rng.standard_normal(200)
        own.update(step)
        other.update_parameters(module)
        assert difference(own.state()["average"], other.module.weight) < 1e-14
