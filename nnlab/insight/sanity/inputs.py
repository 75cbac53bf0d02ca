"""The inputs of the network: finite, scaled as reported, held-out samples scaled alike, no label among them."""

from json import dumps
from math import prod

import numpy as np

from nnlab.core.arrays import Array, shape_text
from nnlab.data.dataset import Split
from nnlab.data.input_format import WHITE
from nnlab.data.pipeline.batches import BatchLoader
from nnlab.insight.finding import Finding
from nnlab.insight.sanity.checked_spec import CheckedSpec
from nnlab.insight.sanity.result import Verdict, found, listed
from nnlab.insight.sanity.shared_samples import shared_samples
from nnlab.saved_run import dataset_of
from nnlab.text import one_line

NUMBERS = 2**23
"""Statistics are of as many samples as have this many numbers."""
LARGEST = 10.0
"""Root mean square of an input that is far from the 1 for which initial weights and learning rates are made."""
ROUNDING = 1e-6
SECTION = "inputs"


_ALSO_WRONG = {
    "inputs_all_equal": "all training samples are equal",
    "label_among_inputs": "an input contains the label",
    "held_out_scaled_by_itself": "held-out samples are scaled otherwise",
    "held_out_in_training": "held-out samples are also training samples",
}
"""What the numbers of the line do not show, by the name of the finding."""


def inputs(case: CheckedSpec) -> Verdict:
    """Statistics of the inputs as the network gets them, against the scaling that the dataset reports."""
    dataset = case.dataset
    if dataset.tokens:
        text = f"{len(dataset.train):,} sequences of {case.dataset.sample_shape[0]} tokens of {dataset.classes}"
        return Verdict(f"{text}; tokens have no scale", tuple(shared_samples(case)))
    parts = {name: _loaded(split) for name, split in dataset.splits.items()}
    x = parts["train"]
    bad = [name for name, values in parts.items() if not np.isfinite(values).all()]
    if bad:
        return _not_finite(case, bad, parts)
    with np.errstate(all="ignore"):
        mean, std = x.mean(axis=0), x.std(axis=0)
        size = np.sqrt(mean**2 + std**2)
    findings = [*_all_equal(std, len(x)), *_too_large(case, size, mean, std)]
    findings += _label_among(case, x)
    findings += _scaling(case, parts)
    findings += shared_samples(case)
    how = _reported(case)
    text = f"{shape_text(dataset.sample_shape)} {how}: mean {x.mean():.3g}, std {x.std():.3g}, range {x.min():.3g} to "
    text += f"{x.max():.3g}, largest size (root mean square) of an input {size.max():.3g}, expected below {LARGEST:g}"
    text += "".join(f"; but {wrong}" for name, wrong in _ALSO_WRONG.items() if name in {each.name for each in findings})
    constant = int((std == 0).sum())
    usual = " (usual at the borders of images)" if len(dataset.sample_shape) == 3 else ""
    text += f"; {constant} of {std.size:,} inputs are constant{usual}" if constant else ""
    return Verdict(text, tuple(findings))


def _loaded(split: Split) -> Array:
    """The first samples as network inputs, in rows, in float64."""
    count = max(2, NUMBERS // prod(split.inputs.shape[1:]))
    x = BatchLoader(split.first(count), np.float64).everything()[0]
    return x.reshape(len(x), -1)


def _reported(case: CheckedSpec) -> str:
    """How the inputs are scaled, in words."""
    dataset = case.dataset
    if dataset.train.inputs.dtype == np.uint8:
        return f"pixels divided by {WHITE}"
    return "as given" if dataset.scaling is None else f"scaled ({getattr(case.experiment.data, 'scaling', 'features')})"


def _name(case: CheckedSpec, index: int) -> str:
    names = case.dataset.inputs.feature_names
    return one_line(names[index]) if index < len(names) else f"input {index + 1}"


def _not_finite(case: CheckedSpec, bad: list[str], parts: dict[str, Array]) -> Verdict:
    split = bad[0]
    wrong = ~np.isfinite(parts[split])
    row, column = (int(place) for place in np.argwhere(wrong)[0])
    finding = found(
        "inputs_not_finite",
        "Some inputs are not finite numbers.",
        f"{int(wrong.sum())} numbers of the {split} samples, the first in sample {row} (from 0), {_name(case, column)}",
        "One NaN (not a number) makes the loss of its batch NaN, and after the update all weights.",
        numbers={"count": int(wrong.sum()), "split": split, "sample": row},
        section=SECTION,
        command="remove or fill in missing values, as data.missing of a table does",
    )
    return Verdict(f"{int(wrong.sum())} numbers are not finite, expected none", (finding,))


def _all_equal(std: Array, samples: int) -> list[Finding]:
    if samples < 2 or std.any():
        return []
    return [
        found(
            "inputs_all_equal",
            "All training samples are equal.",
            f"{std.size} inputs with standard deviation 0 over {samples} samples",
            "Nothing in the inputs tells one class from another.",
            numbers={"samples": samples},
            section=SECTION,
            command="look at the code that reads or scales the data",
        )
    ]


def _too_large(case: CheckedSpec, size: Array, mean: Array, std: Array) -> list[Finding]:
    """A finding for inputs far from size 1 in front of a layer that does not normalise them."""
    if size.max() <= LARGEST:
        return []
    index = int(size.argmax())
    large = int((size > LARGEST).sum())
    return [
        found(
            "inputs_not_scaled",
            "The inputs are not scaled: they are far larger than 1.",
            f"{_name(case, index)} has mean {mean[index]:.4g} and standard deviation {std[index]:.4g}; {large} of "
            f"{size.size} inputs have a size (root mean square) above {LARGEST:g}",
            "Initial weights and usual learning rates are made for inputs of size 1. Inputs that are 100 times larger "
            "make the gradients of the first layer 100 times larger, and push its sigmoids to 0 or 1, where their "
            "slope is almost 0.",
            numbers={"input": _name(case, index), "mean": float(mean[index]), "std": float(std[index]), "large": large},
            section=SECTION,
            command="divide pixels by 255, or standardise features: data.scaling: standard of a table",
        )
    ]


def _label_among(case: CheckedSpec, x: Array) -> list[Finding]:
    """A finding where one input tells the target of every sample: constant within each class, or a multiple of it."""
    targets = case.dataset.train.targets[: len(x)]
    width = 1 if targets.dtype.kind == "f" else 0
    features = len(case.dataset.sample_shape) == 1  # a step of a sequence may well be what is asked for
    if not features or targets.ndim != 1 + width or len(x) < 20 or (width and targets.shape[1] > 1):
        return []
    with np.errstate(all="ignore"):
        if width:
            y = targets[:, 0] - targets.mean()
            centred = x - x.mean(axis=0)
            correlation = np.abs(y @ centred) / (np.linalg.norm(y) * np.linalg.norm(centred, axis=0))
            telling = np.flatnonzero(correlation > 1 - ROUNDING)
        else:
            classes = np.unique(targets)
            if len(classes) < 2 or len(x) < 5 * len(classes):
                return []
            means = np.stack([x[targets == label].mean(axis=0) for label in classes])
            within = sum(((x[targets == label] - means[k]) ** 2).sum(axis=0) for k, label in enumerate(classes))
            apart = np.diff(np.sort(means, axis=0), axis=0).min(axis=0)
            telling = np.flatnonzero((apart > 0) & (within <= ROUNDING**2 * apart**2 * len(x)))
    if not len(telling):
        return []
    names = [_name(case, int(index)) for index in telling]
    return [
        found(
            "label_among_inputs",
            f"An input contains the label: {listed(names)}.",
            f"{names[0]} has one value for each class in all {len(x)} samples"
            if not width
            else f"{names[0]} is the target times a number plus a constant in all {len(x)} samples",
            "The label column, or a copy of it, is among the features. Training looks perfect, and predictions of new "
            "samples, which have no label yet, are worthless.",
            numbers={"inputs": len(names), "first": names[0]},
            section="label-among-inputs",
            command=case.with_keys("train", {"data.exclude": dumps([names[0]], ensure_ascii=False)})
            if case.dataset.columns
            else "",
        )
    ]


def _scaling(case: CheckedSpec, parts: dict[str, Array]) -> list[Finding]:
    """A finding where held-out samples are not scaled by the statistics of the training samples."""
    dataset = case.dataset
    wrong = []
    if dataset.scaling is not None:
        raw = dataset_of(case.experiment, finished=False)
        for name, split in raw.splits.items():
            with np.errstate(all="ignore"):
                expected = dataset.scaling.apply(split.first(len(parts[name])).inputs).reshape(len(parts[name]), -1)
                difference = np.abs(expected - parts[name])
            if (difference[np.isfinite(expected)] > ROUNDING * (1 + np.abs(parts[name]).max())).any():
                wrong.append(name)
    elif dataset.train.inputs.dtype != np.uint8:
        own = [name for name, values in parts.items() if len(values) > 2 and _is_standardised(values)]
        wrong = [name for name in own if name != "train" and "train" in own]
    if not wrong:
        return []
    return [
        found(
            "held_out_scaled_by_itself",
            f"The {listed(wrong)} samples are scaled by their own statistics, not by those of the training samples.",
            "their mean is 0 and their standard deviation 1 to the last digit, as those of the training samples are"
            if dataset.scaling is None
            else "they differ from the raw samples scaled as the training samples are",
            "The network has learned inputs that were scaled with the mean and standard deviation of the training "
            "samples. A single new sample has no others to use; samples that are scaled otherwise measure something "
            "else.",
            numbers={"splits": ", ".join(wrong)},
            section="held-out-scaling",
            command="scale every split with mean and standard deviation of the training samples",
        )
    ]


def _is_standardised(x: Array) -> bool:
    """Whether all features that vary have mean 0 and standard deviation 1 to rounding."""
    std = x.std(axis=0)
    varied = std > 0
    return bool(
        varied.any() and np.abs(x.mean(axis=0)[varied]).max() < ROUNDING and np.abs(std[varied] - 1).max() < ROUNDING
    )
