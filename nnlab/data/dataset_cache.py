"""Datasets kept in memory, so that several trainings of one process read equal data once."""

import pickle
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import islice
from os import stat_result
from pathlib import Path
from stat import S_ISDIR
from threading import Lock
from typing import Any

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.random import RandomGenerator
from nnlab.data.dataset import Dataset, Split
from nnlab.data.dataset_source import DatasetSource

MOST_BYTES = 256 << 20
MOST_FILES = 10_000
# Keys of every source, which do not change what it reads.
_AFTER_READING = {field.name for field in fields(DatasetSource)}

Stamps = list[tuple[Any, ...]]


@dataclass(frozen=True, eq=False)
class _Entry:
    dataset: Dataset
    stamps: Stamps
    position: Mapping[str, Any]  # of the random numbers after the reading
    size: int


class DatasetCache:
    """The datasets read last, up to ``most_bytes``, or one that is larger; the oldest are dropped first.

    :meth:`read` gives the samples that ``source.read(rng)`` gives, and leaves ``rng`` where that leaves it. A dataset
    that draws random numbers is kept for each state of ``rng``; one whose files have changed is read again. The arrays
    cannot be written to.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._entries: OrderedDict[tuple[Any, ...], _Entry] = OrderedDict()
        self._lock = Lock()

    def read(self, source: DatasetSource, rng: RandomGenerator) -> Dataset:
        """All samples of the dataset, read or kept."""
        with self._lock:
            settings, stamps = _settings(source), _stamps(source)
            if settings is None or stamps is None:
                return source.read(rng)
            before = _position(rng)
            drawn = (*settings, pickle.dumps(before))
            for key in (settings, drawn):
                entry = self._entries.get(key)
                if entry and entry.stamps == stamps:
                    self._entries.move_to_end(key)
                    if key is drawn:
                        _set_position(rng, entry.position)
                    return entry.dataset
                self._entries.pop(key, None)
            self._drop_oldest()  # before the next is read: one that is too large does not stay beside it
            dataset = source.read(rng).map_splits(_read_only)
            after = _position(rng)
            if _stamps(source) == stamps:  # no file was changed meanwhile
                key = settings if pickle.dumps(after) == drawn[-1] else drawn
                self._entries[key] = _Entry(dataset, stamps, after, _size(dataset))
                self._drop_oldest(kept=1)
            return dataset

    def _drop_oldest(self, kept: int = 0) -> None:
        size = sum(entry.size for entry in self._entries.values())
        while size > self._most_bytes and len(self._entries) > kept:
            size -= self._entries.popitem(last=False)[1].size


def _settings(source: DatasetSource) -> tuple[Any, ...] | None:
    """What the samples depend on besides files and random numbers; None where that cannot be compared."""
    values = [(field.name, getattr(source, field.name)) for field in fields(source) if field.name not in _AFTER_READING]
    return (type(source), repr(values)) if all(_is_plain(value) for _, value in values) else None


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, str | int | float)


def _stamps(source: DatasetSource) -> Stamps | None:
    """Path, size and times of every file of the dataset; None where one is missing or a folder has too many."""
    found: Stamps = []
    try:
        for path in source.files():
            state = path.stat()
            found.append(_stamp(path.absolute(), state))
            if S_ISDIR(state.st_mode):
                entries = list(islice(path.iterdir(), MOST_FILES + 1))
                if len(entries) > MOST_FILES:
                    return None
                found += [_stamp(entry, entry.stat()) for entry in sorted(entries)]
    except OSError:
        return None
    return found


def _stamp(path: Path, state: stat_result) -> tuple[Any, ...]:
    return str(path), state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino


def _position(rng: RandomGenerator) -> Mapping[str, Any]:
    if isinstance(rng, np.random.Generator):
        return dict(rng.bit_generator.state)
    return dict(rng.get_state(legacy=False))


def _set_position(rng: RandomGenerator, position: Mapping[str, Any]) -> None:
    if isinstance(rng, np.random.Generator):
        rng.bit_generator.state = position
    else:
        rng.set_state(dict(position))


def _read_only(split: Split) -> Split:
    return Split(_locked(split.inputs), _locked(split.targets))


def _locked(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view


def _size(dataset: Dataset) -> int:
    return sum(split.inputs.nbytes + split.targets.nbytes for split in dataset.splits.values())
