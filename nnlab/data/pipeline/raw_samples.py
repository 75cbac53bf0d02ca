"""Preprocessing of raw samples for a trained network: encoding, imputation, scaling as in training."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from nnlab.core.arrays import Array, shape_text
from nnlab.data.input_format import WHITE, Column, InputFormat
from nnlab.data.pipeline.training_range import already_scaled, out_of_range
from nnlab.data.tables.csv_text import MISSING_VALUES
from nnlab.data.tables.labels import plain_label, plain_number
from nnlab.data.tables.rows import counted
from nnlab.errors import UsageError
from nnlab.text import near_hint, one_line, quote

MOST_NAMED = 5
SAMPLES_AT_ONCE = 1000
_MISSING = ("", "nan", "none")  # NumPy's missing values in arrays of text


def network_inputs(raw: object, inputs: InputFormat, *, check_range: bool = True) -> Array:
    """The samples (N, ...) encoded and scaled as in training: uint8 pixels or floats.

    ``raw`` is an array or nested list of samples (or one sample); sequences (N, T, D) may be rows of T·D numbers. For a
    table with named columns also a mapping, a data
    frame or a structured array with columns in any order. Pixels are uint8 from 0 to 255 or floats from 0 to 1. Raises
    UsageError for a wrong shape, wrong columns or invalid values, and (with ``check_range``) for values far outside the
    training range. An array that needs no change is not copied.
    """
    read = {1: _features, 2: _sequences, 3: _images}[len(inputs.shape)]
    samples = read(raw, inputs)
    return scaled_inputs(samples, inputs, check_range=check_range)


def scaled_inputs(samples: Array, inputs: InputFormat, *, check_range: bool = True) -> Array:
    """Encoded samples (N, ...) scaled as in training; raises UsageError as :func:`network_inputs`."""
    if samples.dtype == np.uint8:
        return samples
    for start in range(0, len(samples), SAMPLES_AT_ONCE):
        rows = samples[start : start + SAMPLES_AT_ONCE]
        if not (finite := np.isfinite(rows)).all():
            raise UsageError(f"sample {start + int(np.argwhere(~finite)[0][0])} (from 0): expected finite numbers")
    if inputs.tokens:
        return _checked_tokens(samples, len(inputs.class_names))
    if (
        check_range
        and not inputs.pixels
        and (problem := out_of_range(samples, inputs) or already_scaled(samples, inputs))
    ):
        raise UsageError(f"{problem}; check_range=False (nnlab predict --no-check-range) accepts them")
    return samples if inputs.scaling is None else inputs.scaling.apply(samples)


def _checked_tokens(samples: Array, size: int) -> Array:
    """Samples (N, T) that are indices of a vocabulary of this size."""
    wrong = (samples < 0) | (samples >= size) | (samples != np.floor(samples))
    if wrong.any():
        found = samples[wrong][0]
        raise UsageError(f"expected indices of the vocabulary, whole numbers from 0 to {size - 1}, found {found:g}")
    return samples


def _images(raw: object, inputs: InputFormat) -> Array:
    """Samples (N, C, H, W), uint8 where they are pixels from 0 to 255."""
    images = _array(raw)
    C, H, W = inputs.shape
    given = images.shape
    if given in {(C, H, W), (H, W, C)} or (C == 1 and given == (H, W)) or given == (C * H * W,):
        images = images[np.newaxis]  # one sample
    if C == 1 and images.shape[1:] == (H, W):
        images = images[:, np.newaxis]
    elif images.shape[1:] == (H, W, C) and (H, W, C) != (C, H, W):
        images = images.transpose(0, 3, 1, 2)
    elif images.ndim == 2 and images.shape[1] == C * H * W:
        images = images.reshape(-1, C, H, W)
    if images.shape[1:] != (C, H, W) or not len(images):
        raise UsageError(f"expected images of {shape_text(inputs.shape)} numbers (N, C, H, W), found shape {given}")
    if images.dtype.kind not in "biuf":
        raise UsageError(f"expected numbers, found {images.dtype}")
    return _pixels(images) if inputs.pixels else _floats(images)


def _sequences(raw: object, inputs: InputFormat) -> Array:
    """Samples (N, T, D), also given as rows (N, T·D), step by step."""
    samples = _array(raw)
    T, D = inputs.shape
    given = samples.shape
    if given in {(T, D), (T * D,)}:
        samples = samples[np.newaxis]  # one sample
    if samples.ndim == 2 and samples.shape[1] == T * D:
        samples = samples.reshape(-1, T, D)
    if samples.shape[1:] != (T, D) or not len(samples):
        raise UsageError(
            f"expected sequences of {T} steps with {counted(D, 'number')} each (N, T, D), found shape {given}"
        )
    if samples.dtype.kind not in "biuf":
        raise UsageError(f"expected numbers, found {samples.dtype}")
    return _floats(samples)


def _floats(samples: Array) -> Array:
    """Floats as they are, everything else in float64."""
    return samples if samples.dtype in (np.float32, np.float64) else samples.astype(np.float64)


def _array(raw: object) -> Array:
    try:
        return np.asarray(raw)
    except ValueError:
        raise UsageError("expected samples of equal length, found lists of unequal length") from None


def _pixels(images: Array) -> Array:
    least, most = images.min(), images.max()
    found = f"found {least} to {most}"
    if images.dtype.kind in "iu":
        if least < 0 or most > WHITE:
            raise UsageError(f"expected pixels from 0 to {WHITE}, {found}")
        if most == 1:
            raise UsageError(
                f"expected pixels from 0 to {WHITE}, found only 0 and 1: give floats from 0 to 1 or multiply by {WHITE}"
            )
        return images.astype(np.uint8, copy=False)
    if not (least >= 0 and most <= 1):
        raise UsageError(
            f"the network was trained on pixels divided by {WHITE}: expected floats from 0 to 1, or uint8 from 0 to "
            f"{WHITE}, {found}"
        )
    return _floats(images)


def _features(raw: object, inputs: InputFormat) -> Array:
    """Samples (N, D), categories one-hot encoded, not yet scaled."""
    named = _by_name(raw)
    if named is not None:
        return _encoded(_ordered(named, inputs), inputs)
    samples = _array(raw)
    D, cells = inputs.shape[0], len(inputs.columns)
    if samples.ndim == 1 and samples.shape in {(D,), (cells,)}:
        samples = samples[np.newaxis]
    if (
        samples.ndim == 2
        and len(samples)
        and samples.shape[1] == D
        and samples.dtype.kind in "biuf"
        and cells in {0, D}
    ):
        imputes = any(column.missing is not None for column in inputs.columns)
        return imputed(samples.astype(np.float64), inputs) if imputes else _floats(samples)
    if samples.ndim == 2 and len(samples) and cells and samples.shape[1] == cells:
        return _encoded(list(samples.T), inputs)
    expected = f"{cells or D} numbers a sample"
    if cells:
        names = ", ".join(column.name for column in inputs.columns)
        expected = f"{cells} columns ({one_line(names, 200)})"
    raise UsageError(f"expected {expected}, found {samples.dtype} of shape {samples.shape}")


def _by_name(raw: object) -> Mapping[str, Any] | None:
    """The columns of ``raw`` by name, if it has names."""
    if isinstance(raw, Mapping):
        return {str(name): np.atleast_1d(_array(values)) for name, values in raw.items()}
    if isinstance(raw, np.ndarray) and raw.dtype.names:
        return {name: np.atleast_1d(raw[name]) for name in raw.dtype.names}
    columns = getattr(raw, "columns", None)  # a data frame
    if columns is not None and hasattr(raw, "__getitem__"):
        frame = cast("Any", raw)
        return {str(name): np.asarray(frame[name]) for name in columns}
    return None


def _ordered(named: Mapping[str, Array], inputs: InputFormat) -> list[Array]:
    if not inputs.columns:
        raise UsageError(f"the training data had no column names: give an array (N, {inputs.shape[0]})")
    missing = [column.name for column in inputs.columns if column.name not in named]
    if missing:
        listed = ", ".join(quote(name) for name in missing[:MOST_NAMED])
        more = f" and {counted(len(missing) - MOST_NAMED, 'other')}" if len(missing) > MOST_NAMED else ""
        hint = near_hint(missing[0], list(named))
        raise UsageError(f"missing column {listed}{more}; {hint}found {one_line(', '.join(named), 200)}")
    columns = [named[column.name] for column in inputs.columns]
    lengths = sorted({len(column) for column in columns})
    if any(column.ndim > 1 for column in columns):
        raise UsageError("expected a list of values for each column, found lists of lists")
    if len(lengths) > 1 or lengths == [0]:
        raise UsageError(f"expected columns of equal length, at least 1, found {one_line(str(lengths), 200)}")
    return columns


def _encoded(cells: Sequence[Array], inputs: InputFormat) -> Array:
    """The encoded columns, concatenated (N, D)."""
    parts = [
        _one_hot(values, column) if column.categories else _column_of_numbers(values, column)
        for values, column in zip(cells, inputs.columns, strict=True)
    ]
    return np.concatenate(parts, axis=1)


def imputed(samples: Array, inputs: InputFormat) -> Array:
    """Replace NaN, in place, in the numeric columns of encoded samples (N, D) that were imputed in training."""
    index = 0
    for column in inputs.columns:
        if column.missing is not None and not column.categories:
            samples[np.isnan(samples[:, index]), index] = column.missing
        index += column.width
    return samples


def _one_hot(values: Array, column: Column) -> Array:
    position = {name: index for index, name in enumerate(column.categories)}
    encoded = np.zeros((len(values), column.width))
    for row, value in enumerate(values):
        name = str(value).strip()
        if name not in position:
            name = plain_label(name)
        if name not in position and column.missing is not None and name.casefold() in _MISSING:
            continue
        if name not in position:
            known = one_line(", ".join(column.categories), 200)
            where = f"sample {row} (from 0): column {quote(column.name)}"
            raise UsageError(f"{where}: {quote(name)} is not a category of the training samples ({known})")
        encoded[row, position[name]] = 1
    return encoded


def _column_of_numbers(values: Array, column: Column) -> Array:
    numbers = np.empty((len(values), 1))
    if values.dtype.kind in "biuf":  # a million of them one by one take a second
        numbers[:, 0] = values
        if column.missing is not None:
            numbers[np.isnan(numbers)] = column.missing
        return numbers
    for row, value in enumerate(values):
        missing = value is None or value != value or (isinstance(value, str) and value.strip() in MISSING_VALUES)
        if missing and column.missing is not None:
            numbers[row] = column.missing
            continue
        try:
            numbers[row] = float(plain_number(value) if isinstance(value, str) else value)
        except (TypeError, ValueError):
            found = "nothing" if missing else quote(str(value))
            raise UsageError(
                f"sample {row} (from 0): column {quote(column.name)}: expected a number, found {found}"
            ) from None
    return numbers
