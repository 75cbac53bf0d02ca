import os
from pathlib import Path

import numpy as np
import pytest

from nnlab.data.input_format import Column
from nnlab.data.tables import cache as table_cache
from nnlab.data.tables.cache import TableCache
from nnlab.data.tables.csv_file import CsvSettings, read_csv
from nnlab.data.tables.csv_text import CsvFormat
from nnlab.data.tables.rows import Rows

PIXELS = np.arange(12.0).reshape(4, 3)


@pytest.fixture(autouse=True)
def every_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_cache, "SMALLEST_FILE", 1)


@pytest.fixture
def cache(tmp_path: Path) -> TableCache:
    return TableCache(tmp_path / "cache")


def rows(inputs: np.ndarray = PIXELS) -> Rows:
    columns = (Column("a"), Column("b", ("x", "y"))) if inputs.shape[1] == 3 else (Column("a"),)
    codes = np.arange(len(inputs)) % 2
    return Rows(inputs, columns, codes, ("p", "薔薇"), codes, ("train", "test"), 3, "kind", ("a note", "another"))


def entries(folder: Path) -> list[Path]:
    return sorted((folder / "cache").iterdir())


@pytest.mark.parametrize(
    "inputs",
    [PIXELS, PIXELS / 7, -PIXELS, PIXELS * 100, np.where(PIXELS == 5, np.nan, PIXELS), np.array([[1e300], [-0.0]])],
)
def test_cached_table_is_bitwise_equal(cache: TableCache, inputs: np.ndarray) -> None:
    kept = rows(inputs)
    cache.put("key", kept, 100)
    found = cache.get("key")
    assert found is not None
    assert found.inputs.tobytes() == inputs.tobytes()
    assert found.inputs.dtype == np.float64
    for name in ("labels", "parts"):
        np.testing.assert_array_equal(getattr(found, name), getattr(kept, name))
    for name in ("columns", "label_texts", "part_texts", "dropped", "label", "notes"):
        assert getattr(found, name) == getattr(kept, name)


def test_pixels_are_cached_as_uint8(cache: TableCache, tmp_path: Path) -> None:
    cache.put("key", rows(np.full((10_000, 3), 7.0)), 100)
    assert 30_000 < entries(tmp_path)[0].stat().st_size < 250_000


def test_keys_have_separate_entries(cache: TableCache) -> None:
    cache.put(("sha", CsvSettings()), rows(), 100)
    assert cache.get(("sha", CsvSettings())) is not None
    assert cache.get(("sha", CsvSettings(CsvFormat(decimal=",")))) is None
    assert cache.get(("other", CsvSettings())) is None


@pytest.mark.parametrize("position", [0, 31, 32, 40, 200, -1])
def test_damaged_entry_is_ignored(cache: TableCache, tmp_path: Path, position: int) -> None:
    cache.put("key", rows(), 100)
    (path,) = entries(tmp_path)
    contents = bytearray(path.read_bytes())
    contents[position] ^= 1
    path.write_bytes(contents)
    assert cache.get("key") is None
    for damaged in (b"", bytes(contents[:50]), bytes(200)):
        path.write_bytes(damaged)
        assert cache.get("key") is None


@pytest.mark.skipif(os.name != "posix", reason="permissions and links of POSIX")
@pytest.mark.parametrize("harm", ["writable", "link", "folder", "pipe"])
def test_entry_writable_by_others_is_ignored(cache: TableCache, tmp_path: Path, harm: str) -> None:
    cache.put("key", rows(), 100)
    (path,) = entries(tmp_path)
    if harm == "writable":
        path.chmod(0o666)
    else:
        path.rename(tmp_path / "elsewhere")
        if harm == "link":
            path.symlink_to(tmp_path / "elsewhere")
        elif harm == "folder":
            path.mkdir()
        else:
            os.mkfifo(path)
    assert cache.get("key") is None


def test_small_files_and_large_arrays_are_not_cached(
    cache: TableCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.put("key", rows(), 0)
    monkeypatch.setattr(table_cache, "LARGEST_ENTRY", 8 * PIXELS.size - 1)
    cache.put("key", rows(), 100)
    assert not (tmp_path / "cache").exists()


def test_oldest_entries_are_removed(cache: TableCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.put(0, rows(), 100)
    size = entries(tmp_path)[0].stat().st_size
    monkeypatch.setattr(table_cache, "LARGEST_FOLDER", 3 * size + 10)
    os.utime(entries(tmp_path)[0], (10, 10))
    for key in (1, 2):
        cache.put(key, rows(), 100)
    cache.get(0)  # used again, so not the oldest any more
    os.utime(cache._path(1), (20, 20))
    cache.put(3, rows(), 100)
    assert [cache.get(key) is not None for key in range(4)] == [True, False, True, True]


def test_unwritable_cache_folder_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = TableCache(tmp_path / "file" / "cache")
    cache.put("key", rows(), 100)
    assert cache.get("key") is None


def test_failed_write_leaves_no_files(cache: TableCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    cache.put("key", rows(), 100)
    assert entries(tmp_path) == []


def test_csv_is_parsed_once(cache: TableCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,town,kind\n1,Oslo,x\n2,Rome,y\n1.5,Oslo,y\n")
    first = read_csv(path, cache=cache)
    monkeypatch.setattr("nnlab.data.tables.csv_file.read_rows_of", None)
    again = read_csv(path, cache=cache)
    np.testing.assert_array_equal(first.train.inputs, again.train.inputs)
    np.testing.assert_array_equal(first.train.targets, again.train.targets)
    assert (first.columns, first.class_names, first.notes, first.checksums) == (
        *(again.columns, again.class_names, again.notes, again.checksums),
    )
    path.write_text("a,town,kind\n1,Oslo,x\n2,Rome,y\n9,Oslo,y\n")
    with pytest.raises(TypeError):
        read_csv(path, cache=cache)


def test_cache_is_in_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NNLAB_DATA_DIR", str(tmp_path / "data"))
    TableCache().put("key", rows(), 100)
    assert [path.suffix for path in (tmp_path / "data" / "tables").iterdir()] == [".table"]
