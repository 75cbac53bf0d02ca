"""configs/adam.yaml as a stand-alone PyTorch script, as a learner would write it, without pictures.

It reads the same files, trains the same network, evaluates as often and saves metrics and model.
"""

import csv
import gzip
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

data, out = Path(sys.argv[1]), Path(sys.argv[2])
torch.manual_seed(0)


def load(name: str, header: int) -> np.ndarray:
    """The array of a gzipped IDX file."""
    return np.frombuffer(gzip.decompress((data / name).read_bytes()), np.uint8, offset=header)


def split(prefix: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Images as float rows (N, D), and labels."""
    images = load(f"{prefix}-images-idx3-ubyte.gz", 16).reshape(-1, 784)
    labels = load(f"{prefix}-labels-idx1-ubyte.gz", 8)
    return torch.from_numpy(images.astype(np.float32) / 255), torch.from_numpy(labels.astype(np.int64))


def evaluate(x: torch.Tensor, y: torch.Tensor) -> tuple[float, float]:
    """Mean loss and accuracy."""
    with torch.inference_mode():
        scores = model(x)
        return cross_entropy(scores, y).item(), (scores.argmax(1) == y).float().mean().item()


x_train, y_train = split("train")
test = split("t10k")
model = nn.Sequential(nn.Linear(784, 40), nn.Sigmoid(), nn.Linear(40, 20), nn.Sigmoid(), nn.Linear(20, 10))
for layer in model:
    if isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight, std=0.01)
        nn.init.zeros_(layer.bias)
cross_entropy = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=True)
rows = []
for step in range(1001):
    if step % 10 == 0:
        rows.append((step, *evaluate(x_train[:1000], y_train[:1000]), *evaluate(*test)))
    chosen = torch.randint(len(x_train), (100,))
    optimizer.zero_grad(set_to_none=True)
    cross_entropy(model(x_train[chosen]), y_train[chosen]).backward()
    optimizer.step()
with (out / "metrics.csv").open("w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["step", "train_loss", "train_accuracy", "test_loss", "test_accuracy"])
    writer.writerows(rows)
torch.save(model.state_dict(), out / "model.pt")
print(f"test accuracy {rows[-1][-1]:.4f}")
