"""Tables with planted faults for the specs of ``benchmarks/illnesses``: scales, constants, copies, wrong labels."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from nnlab.core.arrays import Array


def write_tables(folder: Path) -> None:
    """Write all tables into a folder."""
    write_first(folder, np.random.default_rng(19))
    write_second(folder, np.random.default_rng(191))


def clusters(
    rng: np.random.Generator,
    samples: int,
    classes: int,
    features: int,
    spread: float,
    shares: list[float] | None = None,
) -> tuple[Array, Array]:
    """Normal clusters (N, D) around random means, and their classes (N,)."""
    means = rng.normal(size=(classes, features)) * 2
    y = rng.choice(classes, samples, p=shares)
    return means[y] + rng.normal(size=(samples, features)) * spread, y


def write_table(folder: Path, name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file; floats have six digits."""
    lines = (",".join(f"{cell:.6g}" if isinstance(cell, float) else str(cell) for cell in row) for row in rows)
    (folder / f"{name}.csv").write_text("\n".join([",".join(columns), *lines]) + "\n", encoding="utf-8")


def write_labelled(folder: Path, name: str, x: Array, y: Array, split: Sequence[str] = ()) -> None:
    """Write features f0, f1, ..., a label, and where it is given the split of each row."""
    columns = [*(f"f{index}" for index in range(x.shape[1])), "label", *(["split"] if split else [])]
    parts = ([part] for part in split) if split else ([] for _ in y)
    rows = ([*row, label, *part] for row, label, part in zip(x.tolist(), y.tolist(), parts, strict=True))
    write_table(folder, name, columns, rows)


def write_first(folder: Path, rng: np.random.Generator) -> None:
    """The tables of ``first.yaml``."""
    x, y = clusters(rng, 400, 3, 6, 1.0)
    scales, offsets = np.array([1, 1e4, 1, 1e-3, 300, 1]), np.array([0, 5e4, 0, 0, 1000, 0])
    write_labelled(folder, "scales", x * scales + offsets, y)
    x, y = clusters(rng, 300, 3, 5, 1.0)
    write_labelled(folder, "constants", np.column_stack([x, np.full((300, 2), 7.0)]), y)
    write_labelled(folder, "imbalanced", *clusters(rng, 1000, 2, 8, 6.0, [0.94, 0.06]))
    x, y = clusters(rng, 400, 4, 10, 1.8)
    x[300:360], y[300:360] = x[:60], y[:60]
    write_labelled(folder, "duplicates", x, y, ["train"] * 300 + ["test"] * 100)
    x, y = clusters(rng, 600, 4, 8, 0.7)
    wrong = rng.choice(600, 36, replace=False)
    y[wrong] = (y[wrong] + 1 + rng.integers(0, 3, 36)) % 4
    write_labelled(folder, "label_noise", x, y)
    write_labelled(folder, "clean", *clusters(rng, 500, 3, 6, 0.8))
    x = rng.normal(size=(120, 40))
    y = (x[:, :4] @ np.array([1, -1, 0.8, 0.6]) + rng.normal(size=120) > 0).astype(int)
    write_labelled(folder, "few", x, y)
    x = rng.normal(size=(200, 5))
    write_labelled(folder, "overlapping", x, (x[:, 0] - x[:, 1] + 1.2 * rng.normal(size=200) > 0).astype(int))


def write_second(folder: Path, rng: np.random.Generator) -> None:
    """The tables of ``second.yaml``."""
    x, y = load_digits(return_X_y=True)
    wrong = rng.choice(len(y), 60, replace=False)
    y = y.copy()
    y[wrong] = (y[wrong] + rng.integers(1, 10, 60)) % 10
    pixels = ([*map(int, row), label] for row, label in zip(x, y.tolist(), strict=True))
    write_table(folder, "noisy_digits", [*(f"p{index}" for index in range(64)), "digit"], pixels)
    x = rng.normal(size=(500, 7))
    y = 3 * x[:, 0] - 2 * x[:, 1] ** 2 + rng.normal(size=500) * 0.3
    columns = [*(f"x{index}" for index in range(7)), "c1", "c2", "c3", "y"]
    write_table(
        folder,
        "constant_columns",
        columns,
        ([*row, 0, 1, 99.5, t] for row, t in zip(x.tolist(), y.tolist(), strict=True)),
    )
    x = rng.normal(size=(1200, 6))
    score = x[:, 0] + 0.5 * x[:, 1] + 3 * rng.normal(size=1200)
    low, high = np.quantile(score, [0.04, 0.95])
    states = np.where(score < low, "low", np.where(score > high, "high", "normal"))
    write_table(
        folder,
        "rare_classes",
        [*"abcdef", "state"],
        ([*row, state] for row, state in zip(x.tolist(), states, strict=True)),
    )
    x = rng.normal(size=(500, 12))
    y = (x[:, :3].sum(axis=1) + rng.normal(size=500) > 0).astype(int)
    copied = rng.choice(320, 40, replace=False)
    x[320:360], y[320:360] = x[copied], y[copied]
    parts = ["train"] * 320 + ["validation"] * 80 + ["test"] * 100
    columns = [*(f"g{index}" for index in range(12)), "label", "part"]
    rows = ([*row, label, part] for row, label, part in zip(x.tolist(), y.tolist(), parts, strict=True))
    write_table(folder, "leaking_validation", columns, rows)
    x = rng.normal(size=(600, 5))
    price = 300 + 80 * (x[:, 0] * 2 + np.sin(2 * x[:, 1]) + 0.2 * rng.normal(size=600))
    houses = np.column_stack([[60, 3, 30, 2e6, 5] + x * [20, 1, 8, 4e5, 1], price])
    write_table(folder, "houses", ["area", "rooms", "age", "tax", "distance", "price"], houses.tolist())
    x = rng.normal(size=(600, 8))
    y = (x[:, :4] @ np.array([2, -1.5, 1, 1]) + 0.5 * rng.normal(size=600) > 0).astype(int)
    rows = ([*row, passed] for row, passed in zip(x.tolist(), y.tolist(), strict=True))
    write_table(folder, "answers", [*(f"q{index}" for index in range(8)), "passed"], rows)
