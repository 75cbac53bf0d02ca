"""Downloads of published datasets, verified by size and SHA-256 on every use."""

import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import monotonic, time
from typing import TYPE_CHECKING, Protocol

from nnlab.core.processes import is_alive
from nnlab.data.files.reading import checksum, file_name, opened
from nnlab.errors import DataError, reason_of
from nnlab.text import one_line

if TYPE_CHECKING:
    import requests

FOLDER_VARIABLE = "NNLAB_DATA_DIR"

# Timeouts in seconds for a connection and for each part of a response; then the next mirror is tried.
CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 30.0
# Minimum average speed of a mirror in bytes per second, checked after GRACE_PERIOD seconds.
MIN_SPEED, GRACE_PERIOD = 2000, 60.0
CHUNK = 1 << 13
TEMPORARY = ".tmp"
POOCH_TEMPORARY = r"tmp[a-z0-9_]{8}"  # temporary files of nnlab 0.1.0
STALE_AFTER = 3600.0  # seconds


class DownloadObserver(Protocol):
    """Callbacks for the progress of a download."""

    def on_start(self, file: "RemoteFile", url: str) -> None:
        """A request to ``url`` starts."""
        ...

    def on_bytes(self, count: int) -> None:
        """``count`` bytes have been received."""
        ...

    def on_failure(self, url: str, reason: str) -> None:
        """A mirror failed."""
        ...


class NoObserver:
    """Callbacks that do nothing."""

    def on_start(self, file: "RemoteFile", url: str) -> None:
        pass

    def on_bytes(self, count: int) -> None:
        pass

    def on_failure(self, url: str, reason: str) -> None:
        pass


@dataclass(frozen=True)
class RemoteFile:
    """A published file: size in bytes, SHA-256 and mirror URLs."""

    name: str
    size: int
    sha256: str
    mirrors: tuple[str, ...]


@dataclass(frozen=True)
class Download:
    """The files of a dataset and their subfolder of the data folder."""

    subfolder: str
    files: tuple[RemoteFile, ...]

    @property
    def folder(self) -> Path:
        """The folder of the files; the environment variable NNLAB_DATA_DIR sets another data folder."""
        return data_folder() / self.subfolder

    @property
    def size(self) -> int:
        """The total size in bytes."""
        return sum(file.size for file in self.files)

    def fetch(self, observer: DownloadObserver | None = None) -> Path:
        """Download missing files, each from the first mirror that works, and return their folder.

        A file gets its name only after its size and SHA-256 were verified, so interrupted and concurrent downloads are
        safe. Raises DataError, with instructions for a manual download, when all mirrors fail.
        """
        observer = observer or NoObserver()
        for file in self.files:
            problem = _problem(self.folder / file.name, file)
            if problem:
                self._download(file, problem, observer)
        return self.folder

    def _download(self, file: RemoteFile, problem: str, observer: DownloadObserver) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            name = file_name(self.folder)
            raise DataError(f"{name}: cannot create the folder for downloaded data: {error.strerror}") from error
        failures = []
        for url in file.mirrors:
            observer.on_start(file, url)
            reason = _retrieve(url, file, self.folder, observer)
            if not reason:
                return
            observer.on_failure(url, reason)
            failures.append(f"{url}: {reason}")
        raise DataError(self._manual_instructions(file, problem, failures))

    def _manual_instructions(self, failed: RemoteFile, problem: str, failures: list[str]) -> str:
        lines = [f"{problem}, and the download failed:", *(f"  {failure}" for failure in failures)]
        lines.append(f"download the missing files manually and save them here ({FOLDER_VARIABLE} sets another folder):")
        later = self.files[self.files.index(failed) + 1 :]
        missing = [failed, *(file for file in later if not (self.folder / file.name).is_file())]
        lines += (
            f"  {file_name(self.folder / file.name)} ({file.size} bytes, SHA-256 {file.sha256})" for file in missing
        )
        return "\n".join(lines)


def data_folder() -> Path:
    """The data folder: NNLAB_DATA_DIR, or ``nnlab`` in the user's cache folder."""
    import pooch

    chosen = os.environ.get(FOLDER_VARIABLE)
    try:
        return Path(chosen).expanduser().absolute() if chosen else pooch.os_cache("nnlab")
    except RuntimeError as error:
        raise DataError(f"{FOLDER_VARIABLE}: {error}") from error


# Cached by path, modification time and inode, so that a command hashes a file of 162 MiB only once.
_checksums: dict[tuple[Path, int, int], str] = {}


def _problem(path: Path, file: RemoteFile) -> str:
    """Why a file is not the published one; empty where it is."""
    try:
        with opened(path) as (stream, size):
            if size != file.size:
                return f"{file_name(path)}: expected {file.size} bytes, found {size}"
            state = path.stat()
            found = _checksums.get((path, state.st_mtime_ns, state.st_ino)) or checksum(stream)
            _checksums[path, state.st_mtime_ns, state.st_ino] = found
    except (DataError, OSError) as error:
        return str(error)
    return "" if found == file.sha256 else f"{file_name(path)}: expected SHA-256 {file.sha256}, found {found}"


def _retrieve(url: str, file: RemoteFile, folder: Path, observer: DownloadObserver) -> str:
    """Download a file from one mirror; returns the reason of a failure, or nothing."""
    temporary = folder / f"{_temporary_start(file)}{os.getpid():x}-{secrets.token_hex(4)}{TEMPORARY}"
    try:
        _remove_leftovers(file, folder)
        _receive(url, file, temporary, observer)
        temporary.replace(folder / file.name)
    except (OSError, ValueError) as error:
        return _reason(error)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return ""


def _temporary_start(file: RemoteFile) -> str:
    return f".{file.name}."


def _remove_leftovers(file: RemoteFile, folder: Path) -> None:
    """Remove temporary files of killed downloads: of ended processes, or hours old."""
    for path in folder.iterdir():
        ours = re.fullmatch(re.escape(_temporary_start(file)) + r"([0-9a-f]{1,8})-[0-9a-f]{8}\.tmp", path.name)
        if ours and is_alive(int(ours[1], 16)):
            continue
        if ours or (re.fullmatch(POOCH_TEMPORARY, path.name) and time() - path.lstat().st_mtime > STALE_AFTER):
            path.unlink(missing_ok=True)


def _receive(url: str, file: RemoteFile, path: Path, observer: DownloadObserver) -> None:
    """Download to a new file, verifying size and SHA-256.

    Raises ValueError when they are wrong, and OSError (the base class of requests' errors).
    """
    started, count, digest = monotonic(), 0, sha256()
    with _session(url) as session, path.open("xb") as output:
        # Without transfer compression: the published bytes are verified.
        headers = {"Accept-Encoding": "identity"}
        with session.get(url, stream=True, timeout=(CONNECT_TIMEOUT, READ_TIMEOUT), headers=headers) as response:
            response.raise_for_status()
            for chunk in response.iter_content(CHUNK):
                count += len(chunk)
                if count > file.size:
                    raise ValueError(f"too long: expected {file.size} bytes, found more")
                output.write(chunk)
                digest.update(chunk)
                observer.on_bytes(count)
                seconds = monotonic() - started
                if seconds > GRACE_PERIOD and count < MIN_SPEED * seconds:
                    raise ValueError(f"too slow: {count} bytes in {seconds:.0f} seconds")
    if count < file.size:
        raise ValueError(f"truncated: expected {file.size} bytes, found {count}")
    if digest.hexdigest() != file.sha256:
        raise ValueError("the SHA-256 differs from the published one")


def _session(url: str) -> "requests.Session":
    """A session without credentials from ``.netrc``, with the proxies and certificates of the environment."""
    import requests

    session = requests.Session()
    session.trust_env = False
    session.proxies.update(requests.utils.get_environ_proxies(url))
    certificates = (os.environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
    session.verify = next(filter(None, certificates), True)
    return session


def _reason(error: Exception) -> str:
    """A short reason for a failed download."""
    from requests import exceptions

    match error:
        case exceptions.HTTPError() if error.response is not None:
            return f"HTTP status {error.response.status_code}"
        case exceptions.ConnectTimeout():
            return f"no connection within {CONNECT_TIMEOUT:g} seconds"
        case exceptions.Timeout():
            return f"no response within {READ_TIMEOUT:g} seconds"
        case exceptions.SSLError():
            return "no secure connection"
        case exceptions.ChunkedEncodingError():
            return "truncated: the connection was closed"
        case exceptions.ConnectionError():
            return (
                f"no response within {READ_TIMEOUT:g} seconds" if "timed out" in str(error) else "the connection failed"
            )
    return one_line(reason_of(error), 200)
