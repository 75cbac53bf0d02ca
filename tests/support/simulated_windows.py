"""Simulation of Windows on Linux: a second import of nnlab, and a file system that behaves like Windows'.

Simulated: text mode of ``os.open`` without O_BINARY and of ``open`` without ``newline``; cp932 without ``encoding``;
open files cannot be removed, renamed or replaced, nor their folders renamed; ``os.rename`` does not replace; a virus
scanner briefly opens each file when it is first replaced (winerror 32); folders cannot be opened; fsync needs a file
open for writing; byte-range locks prevent others from reading the byte; no names with ``<>:"|?*``; no fcntl, pwd etc.;
no O_NOFOLLOW, O_NONBLOCK, O_CLOEXEC, SIGHUP, SIGKILL, sysconf or affinity, but O_BINARY and SIGBREAK. Not simulated:
drive letters, path lengths, consoles.
"""

import builtins
import errno
import fcntl
import importlib
import io
import os
import pkgutil
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import filelock
import pytest

O_BINARY = 0x8000
SIGBREAK = 21
# The signal used as SIGBREAK stops a process unless it is handled.
Signals = IntEnum(  # type: ignore[misc]
    "Signals", {**{name: signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGABRT")}, "SIGBREAK": SIGBREAK}
)
FORBIDDEN = frozenset('<>:"|?*')


class SimulatedModule(ModuleType):
    """A module with replaced and missing names."""

    def __init__(self, real: ModuleType, missing: set[str], **changed: object) -> None:
        super().__init__(real.__name__)
        self.__dict__.update(changed)
        self.__dict__["_simulated"] = (real, missing)

    def __getattr__(self, name: str) -> Any:
        real, missing = self.__dict__["_simulated"]
        if name in missing:
            raise AttributeError(name)
        return getattr(real, name)


def _nnlab_modules() -> dict[str, ModuleType]:
    return {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "nnlab"}


def _import_all() -> dict[str, ModuleType]:
    package = importlib.import_module("nnlab")
    for module in pkgutil.walk_packages(package.__path__, "nnlab."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return _nnlab_modules()


def import_nnlab() -> dict[str, ModuleType]:
    """All modules of nnlab as imported on Windows; the modules of this process are unchanged."""
    _import_all()  # so that other packages are not imported under simulation
    missing = {"O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "sysconf", "sched_getaffinity", "geteuid", "mkfifo"}
    simulated = {
        "os": SimulatedModule(os, missing, name="nt", O_BINARY=O_BINARY),
        "sys": SimulatedModule(sys, set(), platform="win32"),
        "signal": SimulatedModule(signal, {"SIGHUP", "SIGKILL"}, Signals=Signals, SIGBREAK=Signals.SIGBREAK),
        **dict.fromkeys(("fcntl", "grp", "posix", "pwd", "resource", "termios")),
    }
    before = _nnlab_modules()
    with pytest.MonkeyPatch.context() as patch:
        for name, module in simulated.items():
            patch.setitem(sys.modules, name, module)
        for name in before:
            del sys.modules[name]
        try:
            return dict(_import_all())
        finally:
            for name in _nnlab_modules():
                del sys.modules[name]
            sys.modules.update(before)


def windows_error(kind: type[OSError], number: int, path: object) -> OSError:
    error = kind(errno.EACCES, "The process cannot access the file", str(path))
    error.winerror = number  # type: ignore[attr-defined]
    return error


def _open_paths() -> list[Path]:
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.append(entry.readlink())
        except OSError:
            continue
    return found


def _is_open(path: Path) -> bool:
    path = path.resolve()
    return any(path == other or path in other.parents for other in _open_paths())


class Files:
    """The simulated file system: open handles, and how often a file was busy."""

    def __init__(self) -> None:
        self.texts: set[int] = set()
        self.locks: dict[tuple[int, int], int] = {}
        self.busy: set[Path] = set()
        self.real = SimpleNamespace(
            **{name: getattr(os, name) for name in ("open", "close", "read", "write", "unlink", "rename", "replace")},
            fsync=os.fsync,
            mkdir=os.mkdir,
            open_file=io.open,
        )

    def open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if isinstance(path, str | bytes | os.PathLike):
            self._check_name(path)
            if Path(os.fsdecode(path)).is_dir():
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
        handle: int = self.real.open(path, flags & ~O_BINARY, mode, dir_fd=dir_fd)
        self.texts.discard(handle)
        if not flags & O_BINARY:
            self.texts.add(handle)
        return handle

    def close(self, handle: int) -> None:
        self.texts.discard(handle)
        self.locks = {place: holder for place, holder in self.locks.items() if holder != handle}
        self.real.close(handle)

    def write(self, handle: int, contents: Any) -> int:
        left = bytes(contents).replace(b"\n", b"\r\n") if handle in self.texts else bytes(contents)
        while left:
            left = left[self.real.write(handle, left) :]
        return len(contents)

    def read(self, handle: int, count: int) -> bytes:
        if self._locked_by_another(handle) and os.lseek(handle, 0, os.SEEK_CUR) == 0:
            raise PermissionError(errno.EACCES, "Permission denied")
        found: bytes = self.real.read(handle, count)
        return found.replace(b"\r\n", b"\n") if handle in self.texts else found

    def unlink(self, path: Any, *, dir_fd: int | None = None) -> None:
        if _is_open(Path(path)):
            raise windows_error(PermissionError, 32, path)
        self.real.unlink(path, dir_fd=dir_fd)

    def rename(self, source: Any, target: Any) -> None:
        if os.path.lexists(target):
            raise windows_error(FileExistsError, 183, target)
        if _is_open(Path(source)):
            raise windows_error(PermissionError, 32, source)
        self.real.rename(source, target)

    def replace(self, source: Any, target: Any) -> None:
        if _is_open(Path(source)) or _is_open(Path(target)):
            raise windows_error(PermissionError, 5, source)
        if Path(target) not in self.busy:  # a virus scanner opens it
            self.busy.add(Path(target))
            raise windows_error(PermissionError, 32, source)
        self.real.replace(source, target)

    def fsync(self, handle: int) -> None:
        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    def mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        self._check_name(path)
        self.real.mkdir(path, mode, dir_fd=dir_fd)

    def open_file(self, file: Any, mode: str = "r", buffering: int = -1, *more: Any, **options: Any) -> Any:
        names = ("encoding", "errors", "newline", "closefd", "opener")
        options = dict(zip(names, more, strict=False)) | options
        if not isinstance(file, int):
            self._check_name(file)
        if "b" not in mode:
            options["encoding"] = options.get("encoding") or "cp932"
            if options.get("newline") is None and not mode.startswith("r"):
                options["newline"] = "\r\n"
        return self.real.open_file(file, mode, buffering, **options)

    def lock(self, handle: int, *, blocking: bool = True, poll_interval: float = 0.05) -> bool:
        assert not blocking
        if self._locked_by_another(handle):
            return False
        information = os.fstat(handle)
        self.locks[information.st_dev, information.st_ino] = handle
        return True

    def _locked_by_another(self, handle: int) -> bool:
        information = os.fstat(handle)
        return self.locks.get((information.st_dev, information.st_ino), handle) != handle

    @staticmethod
    def _check_name(path: Any) -> None:
        name = Path(os.fsdecode(path)).name
        if FORBIDDEN.intersection(name) or name.endswith((" ", ".")):
            raise windows_error(OSError, 123, path)


@contextmanager
def windows(modules: Mapping[str, ModuleType]) -> Iterator[Files]:
    """Simulate Windows: ``modules`` replace those of nnlab, and files behave as on Windows."""
    files = Files()
    before = _nnlab_modules()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, SIGBREAK)}
    with pytest.MonkeyPatch.context() as patch:
        for name in ("open", "close", "read", "write", "unlink", "rename", "replace", "fsync", "mkdir"):
            patch.setattr(os, name, getattr(files, name))
        patch.setattr(os, "remove", files.unlink)
        patch.setattr(io, "open", files.open_file)
        patch.setattr(builtins, "open", files.open_file)
        patch.setattr(shutil, "_use_fd_functions", False)
        patch.setattr(filelock, "lock_descriptor", files.lock)
        for name in before:
            del sys.modules[name]
        sys.modules.update(modules)
        try:
            yield files
        finally:
            for name in modules:
                sys.modules.pop(name, None)
            sys.modules.update(before)
            for number, handler in handlers.items():
                signal.signal(number, handler)
