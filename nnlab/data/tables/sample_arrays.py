"""Sample arrays in the layouts of other libraries, as images (N, C, H, W) or features (N, D)."""

from collections.abc import Iterator, Mapping

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.files.reading import MOST_PROBLEMS, check_fits
from nnlab.data.input_format import WHITE, Scaling
from nnlab.errors import DataError

CHANNELS = (1, 3)


def as_samples(parts: Mapping[str, Array], where: Mapping[str, str]) -> dict[str, Array]:
    """The samples of all splits; kind and shape must match the first split.

    Images (N, H, W), (N, H, W, C) and (N, C, H, W) become (N, C, H, W): uint8 if all values are integers from 0 to 255
    (and not only 0 and 1), else unchanged floats. Arrays (N, D) become float64. Raises DataError, prefixed with the
    split's ``where``, for all other arrays.
    """
    samples = {part: _channels_first(array, where[part]) for part, array in parts.items()}
    first = next(iter(samples.values()))
    for part, array in samples.items():
        other_kind = first.ndim > 2 and (array.dtype.kind == "f") != (first.dtype.kind == "f")
        if array.shape[1:] != first.shape[1:] or other_kind:
            raise DataError(
                f"{where[part]}: expected samples as in training, {first.dtype} {first.shape[1:]}, "
                f"found {array.dtype} {array.shape[1:]}"
            )
    if first.ndim > 2 and all(array.dtype == np.uint8 for array in samples.values()):
        return {part: np.ascontiguousarray(array) for part, array in samples.items()}
    if first.ndim > 2 and _are_pixels(samples, where):
        return {part: np.ascontiguousarray(array, np.uint8) for part, array in samples.items()}
    return {part: _floats(array, where[part]) for part, array in samples.items()}


def layout_notes(array: Array) -> Iterator[str]:
    """A warning for images whose shape fits both (N, H, W, C) and (N, C, H, W)."""
    if array.ndim == 4 and array.shape[3] in CHANNELS and array.shape[1] in CHANNELS:
        _, first, second, last = array.shape
        yield (
            f"warning: images of shape ({first}, {second}, {last}) are read as (H, W, C), channels last; "
            "if they are (C, H, W), store x.transpose(0, 2, 3, 1)"
        )


def to_unit_range(images: Mapping[str, Array]) -> tuple[dict[str, Array], Scaling | None, str]:
    """Divide float images with values up to 255 by 255; returns images, scaling and a remark about the range.

    Other images are unchanged.
    """
    least, most = min(part.min() for part in images.values()), max(part.max() for part in images.values())
    if next(iter(images.values())).dtype == np.uint8:
        warning = f"warning: all pixels are 0 or 1 and will be divided by {WHITE}; store floats to keep 0 and 1"
        return dict(images), None, warning if most <= 1 else ""
    if least >= -1 and most <= 1:
        return dict(images), None, ""
    if least < 0 or most > WHITE:
        found = f"the images have values from {least:.4g} to {most:.4g}"
        return dict(images), None, f"warning: {found} and are not scaled; networks train best on values from 0 to 1"
    shape = next(iter(images.values())).shape[1:]
    divided = {part: array / array.dtype.type(WHITE) for part, array in images.items()}
    scaling = Scaling(np.zeros(shape), np.full(shape, float(WHITE)))
    return divided, scaling, f"the images have values from {least:.4g} to {most:.4g} and are divided by {WHITE}"


def _channels_first(array: Array, where: str) -> Array:
    """A view of the array as (N, C, H, W) or (N, D)."""
    if 0 in array.shape or array.dtype.kind == "U":
        raise DataError(f"{where}: expected an array of numbers, found {array.dtype} of shape {array.shape}")
    if array.ndim == 2:
        return array
    if array.ndim == 3:
        return array[:, np.newaxis]
    if array.ndim == 4 and array.shape[3] in CHANNELS:
        return array.transpose(0, 3, 1, 2)
    if array.ndim == 4 and array.shape[1] in CHANNELS:
        return array
    raise DataError(
        f"{where}: expected numbers (N, D) or images (N, H, W), (N, H, W, C) or (N, C, H, W) with C 1 or 3, "
        f"found {array.dtype} of shape {array.shape}"
    )


def _are_pixels(samples: Mapping[str, Array], where: Mapping[str, str]) -> bool:
    """Whether all values are integers from 0 to 255; raises DataError for larger integers."""
    ranges = {part: (array.min(), array.max()) for part, array in samples.items()}
    inside = {part: bool(least >= 0 and most <= WHITE) for part, (least, most) in ranges.items()}  # False for NaN
    for part, array in samples.items():
        if array.dtype.kind in "iu" and not inside[part]:
            least, most = ranges[part]
            raise DataError(
                f"{where[part]}: expected integer pixels from 0 to {WHITE}, found {least} to {most}: "
                "store floats from 0 to 1 (divided by the largest value)"
            )
    if not all(inside.values()) or max(most for _, most in ranges.values()) <= 1:
        return False
    return all(map(holds_pixels, samples.values()))


def holds_pixels(array: Array) -> bool:
    """Whether all values are integers from 0 to 255."""
    if not (array.min() >= 0 and array.max() <= WHITE):  # also false for NaN
        return False
    return bool((array == np.floor(array)).all())


def _floats(array: Array, where: str) -> Array:
    """C-contiguous finite floats: float32 images stay float32, everything else becomes float64."""
    dtype = np.float32 if array.ndim > 2 and array.dtype == np.float32 else np.float64
    check_fits(where, array.size * np.dtype(dtype).itemsize)
    with np.errstate(over="ignore"):
        floats: Array = np.ascontiguousarray(array, dtype)
    if not np.isfinite(floats).all():
        raise DataError("\n".join(_not_finite(floats, where)))
    return floats


def _not_finite(floats: Array, where: str) -> list[str]:
    if floats.ndim == 2:
        invalid = np.argwhere(~np.isfinite(floats))[:MOST_PROBLEMS]
        return [
            f"{where}: row {row}, column {column} (from 0): expected a finite number, found {floats[row, column]}"
            for row, column in invalid
        ]
    invalid = np.flatnonzero(~np.isfinite(floats.reshape(len(floats), -1)).all(axis=1))[:MOST_PROBLEMS]
    return [f"{where}: image {index} (from 0): expected finite numbers, found nan or inf" for index in invalid]
