"""BLAS and processor where threadpoolctl and /proc report nothing, and drift in that case."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from nnlab.records import environment as module
from nnlab.records.environment import changed_data, describe_environment, drift

ACCELERATE = {"internal_api": "accelerate", "version": "unknown", "architecture": None, "num_threads": None}


@pytest.fixture
def macos(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(path: Path, **options: object) -> str:
        raise FileNotFoundError(path)

    built = {"Build Dependencies": {"blas": {"name": "accelerate", "found": True, "version": "unknown"}}}
    monkeypatch.setattr(module, "threadpool_info", list)
    monkeypatch.setattr(np, "show_config", lambda mode: built)
    monkeypatch.setattr(module, "sysctl", {"machdep.cpu.brand_string": "Apple M3"}.get)
    monkeypatch.setattr(module, "read_commit", lambda folder: None)
    monkeypatch.setattr(Path, "read_text", unreadable)


@pytest.mark.usefixtures("macos")
def test_accelerate_and_the_processor_are_recorded_on_macos() -> None:
    found = describe_environment({})
    assert found["blas"] == [ACCELERATE]
    assert found["cpu"] == "Apple M3"


@pytest.mark.parametrize("built", [{}, {"Build Dependencies": {}}, {"Build Dependencies": {"blas": {}}}, None])
@pytest.mark.usefixtures("macos")
def test_no_blas_is_recorded_where_numpy_does_not_report_one(monkeypatch: pytest.MonkeyPatch, built: Any) -> None:
    monkeypatch.setattr(np, "show_config", lambda mode: built)
    assert describe_environment({})["blas"] == []


def test_blas_and_threads_from_threadpoolctl_are_recorded() -> None:
    # The tests of the statistics load SciPy, which brings a BLAS of its own.
    seen = [library for library in threadpool_info() if library["user_api"] == "blas"]
    seen = [library for library in seen if "scipy.libs" not in library["filepath"]]
    found = describe_environment({})["blas"]
    assert [library["num_threads"] for library in found if seen] == [library["num_threads"] for library in seen]


@pytest.mark.parametrize("place", ["numpy.libs/libopenblas.so", "numpy/.dylibs/libopenblas.dylib"])
def test_the_blas_of_other_packages_is_not_recorded(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    packages = Path(np.__file__).parent.parent
    numpy_own = {"user_api": "blas", "internal_api": "openblas", "version": "2", "filepath": str(packages / place)}
    scipy_own = numpy_own | {"version": "1", "filepath": str(packages / "scipy.libs" / "libopenblas.so")}
    shared = numpy_own | {"version": "3", "filepath": "/usr/lib/libopenblas.so"}
    for loaded, versions in (([scipy_own, numpy_own], ["2"]), ([shared], ["3"])):
        monkeypatch.setattr(module, "threadpool_info", lambda loaded=loaded: loaded)
        assert [library["version"] for library in describe_environment({})["blas"]] == versions


@pytest.mark.parametrize(
    ("before", "now", "differences"),
    [
        ([], [ACCELERATE], 0),
        ([ACCELERATE], [ACCELERATE], 0),
        ([ACCELERATE], [ACCELERATE | {"internal_api": "openblas"}], 1),
        ([ACCELERATE], [], 3),
    ],
)
def test_newly_detected_blas_is_not_drift(before: Any, now: Any, differences: int) -> None:
    assert len(drift({"blas": before}, {"blas": now})) == differences


@pytest.mark.parametrize(
    ("now", "changed"),
    [
        ({"train.csv": "a", "test.csv": "b"}, []),
        ({"new.csv": "a", "test.csv": "b"}, []),
        ({"new.csv": "a", "other.csv": "b"}, []),
        ({"new.csv": "c", "test.csv": "b"}, ["new.csv", "train.csv"]),
        ({"train.csv": "b", "test.csv": "a"}, ["test.csv", "train.csv"]),
        ({"new.csv": "b", "other.csv": "a"}, ["new.csv", "other.csv", "test.csv", "train.csv"]),
        ({"new.csv": "a"}, ["new.csv", "test.csv", "train.csv"]),
    ],
)
def test_data_with_another_name_and_the_same_contents_has_not_changed(now: dict[str, str], changed: list[str]) -> None:
    before = {"data_sha256": {"train.csv": "a", "test.csv": "b"}}
    assert changed_data(before, now) == changed
    assert len(drift(before, {"data_sha256": now})) == len(changed)
