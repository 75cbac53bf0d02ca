"""Raw results of all runs in results.json: by mode and workload, with machine, versions and commit."""

import importlib.metadata
import json
import platform
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from nnlab.records.environment import describe_environment

PATH = Path(__file__).parent / "results.json"
PACKAGES = ("numpy", "torch", "jax", "keras", "scikit-learn", "pandas", "pyarrow")
Results = dict[str, Any]


def load() -> Results:
    """What was measured so far; parts that were not are empty."""
    found: Results = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    return {"modes": {}} | found


def save(results: Results) -> None:
    """Replace the file."""
    PATH.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def about(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """The machine, the versions and the commit that a measurement belongs to."""
    environment = describe_environment({})
    machine = f"{environment['cpu']}, {environment['cores']} cores, {platform.system()}"
    installed = [f"{name} {found}" for name in packages if (found := version(name))]
    commit = (environment["git"] or {}).get("commit") or "unknown"
    return {
        "machine": machine,
        "versions": ", ".join([f"Python {platform.python_version()}", *installed]),
        "commit": str(commit)[:8],
    }


def ratios(pairs: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    """Smallest, median and largest of nnlab's time over that of another library."""
    found = sorted(nnlab / other for nnlab, other in pairs)
    return found[0], median(found), found[-1]


def seconds(row: dict[str, Any], library: str) -> float | None:
    """The median training time, or None where the library has none."""
    runs = row["libraries"].get(library)
    return median(run["seconds"] for run in runs) if runs else None


def last(row: dict[str, Any], library: str, key: str) -> float | None:
    """A figure of the first training: peak memory grows no more after it, and accuracy is the same each time."""
    runs = row["libraries"].get(library)
    return runs[0][key] if runs else None


def version(package: str) -> str:
    """The version of a package, empty where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
