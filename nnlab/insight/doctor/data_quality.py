"""Features that make training hard or a result worthless: their scales, constants, and those made from the target."""

import json
from collections.abc import Iterable, Iterator

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset
from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.rules import ILL_TRAINING, Rule, Symptom
from nnlab.text import quote

LARGE, TINY, OFF_CENTRE, ORDERS = 10.0, 0.01, 10.0, 100.0
"""Inputs are unscaled: a standard deviation or mean above the first, all deviations below the second, a mean that is
further from 0 than this number of deviations, deviations that differ by this factor."""

SEPARATES = 50
"""Training samples at least before one feature that tells the class is no accident."""


def feature_scales(dataset: Dataset) -> tuple[Array, Array]:
    """Mean and standard deviation of each feature (D,) over the training samples; of images one for all pixels."""
    inputs = dataset.train.inputs
    if len(dataset.sample_shape) != 1:
        part = inputs[:: max(1, len(inputs) // 2_000)]
        return np.array([part.mean(dtype=np.float64)]), np.array([part.std(dtype=np.float64)])
    return inputs.mean(axis=0, dtype=np.float64), inputs.std(axis=0, dtype=np.float64)


def feature_name(dataset: Dataset, index: int) -> str:
    """The name of a feature, or its number, counted from 1."""
    names = dataset.inputs.feature_names
    return quote(names[index]) if names else f"feature {index + 1}"


def two_valued(inputs: Array) -> Array:
    """Which features (D,) have at most two values, such as those of a one-hot encoding."""
    low, high = inputs.min(axis=0), inputs.max(axis=0)
    both: Array = ((inputs == low) | (inputs == high)).all(axis=0)
    return both


def constant_features(dataset: Dataset) -> Array:
    """The indices of features with one value in all training samples; none for images, whose borders are empty."""
    inputs = dataset.train.inputs
    if len(dataset.sample_shape) != 1 or dataset.tokens or len(inputs) < 2:
        return np.empty(0, np.intp)
    constant = np.flatnonzero(inputs.min(axis=0) == inputs.max(axis=0))
    side = round(inputs.shape[1] ** 0.5)
    pixels = side**2 == inputs.shape[1] >= 49
    return constant[:0] if pixels else constant


def telling_features(dataset: Dataset) -> list[int]:
    """The features that hold the target themselves: as many values as classes, one for each; or a line of a number."""
    inputs, targets = dataset.train.inputs, dataset.train.targets
    if len(dataset.sample_shape) != 1 or dataset.tokens or dataset.steps is not None:
        return []
    if inputs.shape[1] < 2 or len(inputs) < SEPARATES:
        return []
    if dataset.numbers is not None:
        return [index for index in range(inputs.shape[1]) if _on_a_line(inputs[:, index], targets)]
    present = len(np.unique(targets))
    if present < 2:
        return []
    return [index for index in range(inputs.shape[1]) if _one_value_each(inputs[:, index], targets, present)]


def _on_a_line(feature: Array, targets: Array) -> bool:
    x = feature - feature.mean()
    y = targets - targets.mean(axis=0)
    scale = float(x @ x) * np.sum(y**2, axis=0)
    return bool(np.any((scale > 0) & ((x @ y) ** 2 >= (1 - 1e-6) * scale)))


def _one_value_each(feature: Array, targets: Array, present: int) -> bool:
    values, codes = np.unique(feature, return_inverse=True)
    if len(values) != present:
        return False
    return len(np.unique(codes * (int(targets.max()) + 1) + targets)) == present


def _unscaled_inputs(case: Case) -> Iterator[Symptom]:
    dataset = case.dataset
    inputs = dataset.train.inputs
    if dataset.tokens or inputs.dtype == np.uint8:
        return
    mean, std = feature_scales(dataset)
    varied = std > 0
    if len(dataset.sample_shape) == 1:
        varied &= ~two_valued(inputs) | (np.abs(inputs).max(axis=0) > LARGE)
    if not varied.any():
        return
    places = np.flatnonzero(varied)
    large = places[std[places].argmax()]
    small = places[std[places].argmin()]
    far = places[(np.abs(mean[places]) / std[places]).argmax()]
    off_centre = np.abs(mean[far]) > max(LARGE, OFF_CENTRE * std[far]) or np.abs(mean[places]).max() > LARGE**2
    apart = std[large] > ORDERS * std[small] and std[large] > 1
    if not (std[large] > LARGE or std[large] < TINY or off_centre or apart):
        return
    if len(mean) == 1:
        described = f"inputs have mean {mean[0]:.4g} and standard deviation {std[0]:.4g}"
    else:
        shown = dict.fromkeys((int(large), int(small), int(far)))
        described = "; ".join(
            f"{feature_name(dataset, index)}: mean {mean[index]:.4g}, standard deviation {std[index]:.4g}"
            for index in shown
        )
    scalable = "scaling" in case.spec["data"] and case.spec["data"]["scaling"] == "none" and len(mean) > 1
    remedy = "" if scalable else " Scale them in the file."
    yield Symptom(
        sentence=f"The inputs are not scaled: a network learns best with mean 0 and standard deviation 1.{remedy}",
        evidence=described,
        numbers={
            "largest_std": float(std[large]),
            "smallest_std": float(std[small]),
            "largest_mean": float(np.abs(mean[places]).max()),
        },
        command=case.retry("data.scaling=standard") if scalable else "",
    )


def _constant_features(case: Case) -> Iterator[Symptom]:
    dataset = case.dataset
    constant = constant_features(dataset)
    if not len(constant):
        return
    # In training alone: in the other splits they may be anything, which the network has never seen.
    others = [split for name, split in dataset.splits.items() if name != "train"]
    first = dataset.train.inputs[0]
    varies = [index for index in constant if any((part.inputs[:, index] != first[index]).any() for part in others)]
    names = [feature_name(dataset, int(index)) for index in constant]
    listed = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    more = f" Outside the training samples {len(varies)} of them vary." if varies else ""
    yield Symptom(
        sentence=f"{len(constant)} of {len(dataset.train.inputs[0])} features have the same value in every training "
        f"sample: {listed}.{more}",
        evidence=f"standard deviation 0 over {len(dataset.train):,} training samples",
        numbers={"constant_features": len(constant), "features": int(dataset.train.inputs.shape[1])},
        command=_without_features(case, [int(index) for index in constant]),
    )


def _leaking_feature(case: Case) -> Iterator[Symptom]:
    dataset = case.dataset
    for index in telling_features(dataset)[:3]:
        name = feature_name(dataset, index)
        exact = (
            "has one value for each class"
            if dataset.numbers is None
            else "is the target times a number plus a constant"
        )
        yield Symptom(
            sentence=f"{name} contains the target: it {exact}.",
            evidence=f"in all {len(dataset.train):,} training samples",
            numbers={"feature": index, "samples": len(dataset.train)},
            command=_without_features(case, [index]),
        )


def _without_features(case: Case, indices: list[int]) -> str:
    """The command that leaves features of a table out; empty where they are no columns of their own."""
    names, data = case.dataset.inputs.feature_names, case.spec["data"]
    columns = {column.name for column in case.dataset.columns if not column.categories}
    chosen = [names[index] for index in indices if names and names[index] in columns]
    if data["name"] != "table" or not chosen:
        return ""
    if data.get("features") is not None:
        return case.retry(f"data.features={_listed(name for name in data['features'] if name not in chosen)}")
    return case.retry(f"data.exclude={_listed([*(data.get('exclude') or []), *chosen])}")


def _listed(names: Iterable[str]) -> str:
    """Names as a YAML list."""
    return json.dumps(list(names), ensure_ascii=False)


RULES = (
    Rule(
        "unscaled_inputs",
        _unscaled_inputs,
        why="The gradient of a weight is proportional to its input (dW = xᵀ dy), so features of very different sizes "
        "would need different learning rates. Large inputs also push a sigmoid to 0 or 1, where its slope is almost 0.",
        source="LeCun et al. 1998, Efficient BackProp, 4.3; CS231n, Neural Networks 2 (data preprocessing)",
        needs=("dataset",),
        explains=ILL_TRAINING | {"initial_weights_too_large"},
    ),
    Rule(
        "constant_features",
        _constant_features,
        why="A feature with only one value cannot tell samples apart. Its weights act as a second bias. If a new "
        "sample has another value, the prediction changes in a way that was never trained.",
        source="Kuhn & Johnson 2013, Applied Predictive Modeling, 3.5; scikit-learn, VarianceThreshold",
        needs=("dataset",),
    ),
    Rule(
        "leaking_feature",
        _leaking_feature,
        why="A feature that was made from the target is not known for new samples, so the network would be much worse "
        "on them.",
        source="Kaufman et al. 2012, Leakage in Data Mining, ACM TKDD 6",
        needs=("dataset",),
    ),
)
