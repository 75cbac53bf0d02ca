"""configs/adam.yaml at 200 iterations in PyTorch, as a function of learning rate and seed for sweeps with other tools.

Data, network, evaluations and saved files are those of cold_torch.py. Each training has one thread, as several run side
by side, and reads its data; where the environment has KEEP_DATA=1, the first one in each process does.
"""

import csv
import gzip
import os
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import nn

DATA = Path(__file__).parents[1] / "nnlab" / "data" / "files" / "mnist"
ITERATIONS = 200


def load(name: str, header: int) -> np.ndarray:
    """The array of a gzipped IDX file."""
    return np.frombuffer(gzip.decompress((DATA / name).read_bytes()), np.uint8, offset=header)


def split(prefix: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Images as float rows (N, D), and labels."""
    images = load(f"{prefix}-images-idx3-ubyte.gz", 16).reshape(-1, 784)
    labels = load(f"{prefix}-labels-idx1-ubyte.gz", 8)
    return torch.from_numpy(images.astype(np.float32) / 255), torch.from_numpy(labels.astype(np.int64))


if os.environ.get("KEEP_DATA") == "1":
    split = cache(split)


def train(lr: float, seed: int, out: Path) -> float:
    """Train once, write metrics and model into ``out``, and give the test accuracy."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(seed)
    x_train, y_train = split("train")
    test = split("t10k")
    model = nn.Sequential(nn.Linear(784, 40), nn.Sigmoid(), nn.Linear(40, 20), nn.Sigmoid(), nn.Linear(20, 10))
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=0.01, generator=generator)
            nn.init.zeros_(layer.bias)
    cross_entropy = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, fused=True)

    def evaluate(x: torch.Tensor, y: torch.Tensor) -> tuple[float, float]:
        with torch.inference_mode():
            scores = model(x)
            return cross_entropy(scores, y).item(), (scores.argmax(1) == y).float().mean().item()

    rows = []
    for step in range(ITERATIONS + 1):
        if step % 10 == 0:
            rows.append((step, *evaluate(x_train[:1000], y_train[:1000]), *evaluate(*test)))
        chosen = torch.randint(len(x_train), (100,), generator=generator)
        optimizer.zero_grad(set_to_none=True)
        cross_entropy(model(x_train[chosen]), y_train[chosen]).backward()
        optimizer.step()
    out.mkdir(parents=True, exist_ok=True)
    with (out / "metrics.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["step", "train_loss", "train_accuracy", "test_loss", "test_accuracy"])
        writer.writerows(rows)
    torch.save(model.state_dict(), out / "model.pt")
    return rows[-1][-1]
