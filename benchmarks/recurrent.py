"""Time one training step of each recurrent layer in nnlab and in PyTorch, in processor time of one thread.

Run from the checkout: ``python -m benchmarks.recurrent`` (extra ``bench``). The minimum over the repetitions hardly
depends on what else the machine does.
"""

import argparse
from collections.abc import Callable
from time import process_time

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from nnlab.core.flat_parameters import FlatParameters
from nnlab.core.random import make_streams
from nnlab.layers.planning import initialise
from nnlab.registry import layers

CELLS = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
Step = Callable[[], object]


def main() -> None:
    """Print a row of the table of docs/sequences.md for each cell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recurrent", description=__doc__)
    for name, default in {"samples": 64, "steps": 50, "inputs": 64, "units": 128, "repeats": 40}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    sizes = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((sizes.samples, sizes.steps, sizes.inputs), np.float32)
    dy = rng.standard_normal((sizes.samples, sizes.steps, sizes.units), np.float32)
    with threadpool_limits(1):
        for cell in CELLS:
            ours, theirs = of_nnlab(cell, sizes.units, x, dy), of_pytorch(cell, sizes.units, x, dy)
            own, other = (min(seconds(step) for _ in range(sizes.repeats)) for step in (ours, theirs))
            print(f"| `{cell}` | {1e3 * own:.1f} | {1e3 * other:.1f} | {own / other:.2f} |")


def of_nnlab(cell: str, units: int, x: np.ndarray, dy: np.ndarray) -> Step:
    """Forward and backward of a layer of nnlab."""
    layer = layers[cell](units=units)
    layer.setup(x.shape[1:], make_streams("streams", 0))
    FlatParameters(layer.parameters, x.dtype)
    initialise(layer, np.random.default_rng(0))
    return lambda: (layer.forward(x, training=True), layer.backward(dy))


def of_pytorch(cell: str, units: int, x: np.ndarray, dy: np.ndarray) -> Step:
    """Forward and backward of a module of PyTorch, with the gradient of the input."""
    module = CELLS[cell](x.shape[2], units, batch_first=True)
    inputs, gradient = torch.from_numpy(x).requires_grad_(), torch.from_numpy(dy)

    def step() -> None:
        module.zero_grad()
        module(inputs)[0].backward(gradient)

    return step


def seconds(step: Step) -> float:
    """Processor time of one step."""
    start = process_time()
    step()
    return process_time() - start


if __name__ == "__main__":
    main()
