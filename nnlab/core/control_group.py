"""Limits of a container, which Linux sets by control groups."""

from collections.abc import Iterator
from pathlib import Path

MOUNTED = Path("/sys/fs/cgroup")
OF_PROCESS = Path("/proc/self/cgroup")


def cpu_limit() -> float | None:
    """The cores' worth of time that this process and its container may use, such as 1.5; None if unlimited."""
    return min(_limits(), default=None)


def _limits() -> Iterator[float]:
    """The limit of each control group around this process: version 2 (``cpu.max``) and 1 (``cpu.cfs_quota_us``)."""
    try:
        lines = OF_PROCESS.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers == "":
            for folder in _up_from(MOUNTED, path):
                yield from _share(folder / "cpu.max")
        elif "cpu" in controllers.split(","):
            for mount in (controllers, "cpu"):
                for folder in _up_from(MOUNTED / mount, path):
                    yield from _share(folder / "cpu.cfs_quota_us", folder / "cpu.cfs_period_us")


def _up_from(mount: Path, path: str) -> list[Path]:
    """The folder of a control group and those around it; in a container its path may be that outside."""
    inside = Path(path.lstrip("/"))
    return [mount / inside, *(mount / parent for parent in inside.parents)]


def _share(*files: Path) -> Iterator[float]:
    """Quota / period, microseconds both, in one file or two; nothing where there is no limit (``max`` or −1)."""
    try:
        quota, period = (int(number) for file in files for number in file.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        return
    if quota > 0 and period > 0:
        yield quota / period
