"""The environment of a run: versions, processor, BLAS, commit, data."""

import os
import platform
import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

from nnlab import __version__
from nnlab.core.sysctl import sysctl
from nnlab.plugins.recorded import PACKAGES as COMPONENT_PACKAGES
from nnlab.plugins.recorded import recorded_components
from nnlab.records.git import read_commit
from nnlab.text import one_line

PACKAGES = ("numpy", "matplotlib", "pooch", "pydantic", "pyyaml", "rich", "safetensors", "threadpoolctl", "typer")
_OF_A_LIBRARY = ("internal_api", "version", "architecture", "num_threads")


def describe_environment(checksums: Mapping[str, str]) -> dict[str, Any]:
    """Versions, CPU, BLAS with its current threads, commit and branch of the working folder, data checksums."""
    return {
        "nnlab": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "packages": {name: _version(name) for name in PACKAGES},
        "blas": _blas(),
        "git": read_commit(Path()),
        "data_sha256": dict(checksums),
    }


def drift(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The differences between two environments that could change the digits of a result, one line each."""
    return [f"{key}: {old} then, {new} now" for key, old, new in differences(before, now)]


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What differs between two environments and could change the digits of a result: key and both values, as text."""
    names = renamed(_mapping(before.get("data_sha256")), _mapping(now.get("data_sha256")))
    old, new = _decisive(before), _decisive({**now, "data_sha256": names})
    if before.get("blas") == []:  # version 0.1.0 did not detect Accelerate on macOS
        new |= {key: value for key, value in old.items() if key.startswith("BLAS ")}
    return [
        (one_line(key, 200), _said(old.get(key)), _said(new.get(key)))
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    ]


def _said(value: object) -> str:
    return "nothing" if value is None else one_line(str(value), 200)


def changed_data(before: Mapping[str, Any], checksums: Mapping[str, str]) -> list[str]:
    """The names of data files whose checksums differ from those in an environment, if it has any."""
    old = before.get("data_sha256")
    if not isinstance(old, Mapping):
        return []
    new = renamed(old, checksums)
    return sorted(name for name in {*old, *new} if old.get(name) != new.get(name))


def renamed(recorded: Mapping[str, str], checksums: Mapping[str, str]) -> Mapping[str, str]:
    """Checksums under the recorded names of their files, where these have other names now and the same contents."""
    gone = [name for name in recorded if name not in checksums]
    new = [name for name in checksums if name not in recorded]
    if [recorded[name] for name in gone] != [checksums[name] for name in new]:  # in the order of their roles
        return checksums
    former = dict(zip(new, gone, strict=True))
    return {former.get(name, name): checksum for name, checksum in checksums.items()}


def _decisive(environment: Mapping[str, Any]) -> dict[str, object]:
    packages, checksums = (_mapping(environment.get(key)) for key in ("packages", "data_sha256"))
    blas = environment.get("blas")
    libraries = [_mapping(library) for library in blas] if isinstance(blas, list) else []
    return {
        "nnlab": environment.get("nnlab"),
        "numpy": packages.get("numpy"),
        "shards": environment.get("shards"),
        **{
            f"BLAS {key}": ", ".join(str(library.get(key)) for library in libraries)
            for key in ("internal_api", "version", "architecture")
        },
        **{f"data {name}": checksum for name, checksum in checksums.items()},
        **{
            f"{component.kind} {component.name!r} of a plugin": component.sha256
            for component in recorded_components(environment)
        },
        **{f"package {name}": version for name, version in _mapping(environment.get(COMPONENT_PACKAGES)).items()},
    }


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


@cache
def _version(package: str) -> str | None:
    """The version in the metadata of a package, whose whole file importlib.metadata would parse: 10 ms for nine."""
    try:
        found = distribution(package)
    except PackageNotFoundError:
        return None
    line = re.search(r"^Version: *(\S+)", found.read_text("METADATA") or "", re.MULTILINE)
    return line[1] if line else found.version


def _blas() -> list[dict[str, Any]]:
    """The BLAS that NumPy brought, else all that are loaded; where none is found (Accelerate), the one of its build.

    Other packages load libraries of their own, such as SciPy, which change no digit here.
    """
    loaded = [library for library in threadpool_info() if library.get("user_api") == "blas"]
    package = Path(np.__file__).parent
    inside = (package, package.with_name("numpy.libs"))
    own = [library for library in loaded if any(map(Path(str(library.get("filepath"))).is_relative_to, inside))]
    if loaded:
        return [{key: library.get(key) for key in _OF_A_LIBRARY} for library in own or loaded]
    built = _mapping(np.show_config(mode="dicts"))
    library = _mapping(_mapping(built.get("Build Dependencies")).get("blas"))
    if not library.get("name"):
        return []
    return [{**dict.fromkeys(_OF_A_LIBRARY), "internal_api": library["name"], "version": library.get("version")}]


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return sysctl("machdep.cpu.brand_string") or platform.processor() or platform.machine()
