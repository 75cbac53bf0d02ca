"""What an exported file says about its network, as texts by name."""

import json
from pathlib import Path
from typing import Any

from nnlab import __version__
from nnlab.core.arrays import shape_text
from nnlab.data.input_format import WHITE, InputFormat
from nnlab.records.packing import shared_spec
from nnlab.storage.layout import SPEC_FILE


def metadata_of(run: Path, inputs: InputFormat) -> dict[str, str]:
    """Class names, input layout, mean, scale and columns as JSON; the run, its spec and nnlab's version.

    The exported network computes (x − mean) / scale itself, and of a regression score · scale + mean of each target.
    Paths in the spec are shortened as in a zip file.
    """
    mean, scale = (0, WHITE) if inputs.pixels else (0, 1)
    plain: dict[str, Any] = {"class_names": list(inputs.class_names), "input_mean": mean, "input_scale": scale}
    if inputs.scaling is not None:
        plain |= {"input_mean": inputs.scaling.centre.tolist(), "input_scale": inputs.scaling.spread.tolist()}
    if inputs.targets is not None:
        del plain["class_names"]
        targets = inputs.targets.as_plain()
        plain |= {"targets": targets["names"], "target_mean": targets["centre"], "target_scale": targets["spread"]}
    if inputs.columns:
        plain["input_columns"] = inputs.as_plain()["columns"]
        plain["input_features"] = list(inputs.feature_names)
    texts = {
        **{key: json.dumps(value, ensure_ascii=False) for key, value in plain.items()},
        "input_layout": _layout(inputs),
        "nnlab_version": __version__,
        "run": run.resolve().name,
        "spec": shared_spec(run / SPEC_FILE).decode(),
    }
    # A name that is not valid Unicode, as of a folder on Linux, is escaped; protobuf refuses it.
    return {key: text.encode(errors="backslashreplace").decode() for key, text in texts.items()}


def _layout(inputs: InputFormat) -> str:
    if len(inputs.shape) == 3:
        kind = f"uint8 pixels from 0 to {WHITE}" if inputs.pixels else "float64 values"
        return f"N x C x H x W = N x {shape_text(inputs.shape)}, {kind}"
    kind = "float64 features, not scaled" + (", categories one-hot encoded" if _has_categories(inputs) else "")
    return f"N x D = N x {shape_text(inputs.shape)}, {kind}"


def _has_categories(inputs: InputFormat) -> bool:
    return any(column.categories for column in inputs.columns)
