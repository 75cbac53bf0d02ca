"""Available memory, to reject networks that cannot fit before allocating anything."""

import ctypes
import os
from pathlib import Path


def available_bytes() -> int | None:
    """Available memory in bytes; None if unknown."""
    amounts = [amount for amount in (_system_bytes(), _container_bytes()) if amount is not None]
    return min(amounts, default=None)


def _container_bytes() -> int | None:
    """The memory left to a container by its control group, if limited."""
    group = Path("/sys/fs/cgroup")
    try:
        limit = int((group / "memory.max").read_text(encoding="ascii"))
        return max(0, limit - int((group / "memory.current").read_text(encoding="ascii")))
    except (OSError, ValueError):
        return None


def _system_bytes() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    sysconf = getattr(os, "sysconf", None)
    if sysconf is None:
        return _windows_bytes()
    try:
        return int(sysconf("SC_PAGE_SIZE") * sysconf("SC_PHYS_PAGES"))
    except (OSError, ValueError):
        return None


class MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of the Windows API; ``load`` in per cent, the rest in bytes."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("total_physical", ctypes.c_uint64),
        ("available_physical", ctypes.c_uint64),
        ("total_page_file", ctypes.c_uint64),
        ("available_page_file", ctypes.c_uint64),
        ("total_virtual", ctypes.c_uint64),
        ("available_virtual", ctypes.c_uint64),
        ("available_extended_virtual", ctypes.c_uint64),
    )


def _windows_bytes() -> int | None:
    """Free physical memory or the remaining commit limit of the process, whichever is less."""
    windll = getattr(ctypes, "windll", None)
    if windll is None:
        return None
    status = MemoryStatus(length=ctypes.sizeof(MemoryStatus))
    if not windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return min(int(status.available_physical), int(status.available_page_file))


def readable_bytes(count: int) -> str:
    """A size in the largest fitting unit: ``1.5 GiB``."""
    if count >= 2**70:
        return "more than 1,000,000 PiB"
    amount, units = float(count), ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    while amount >= 1024 and len(units) > 1:
        amount /= 1024
        units.pop(0)
    return f"{amount:,.1f} {units[0]}" if units[0] != "B" else f"{count} B"
