"""Published data files, downloaded when they are first needed and checked byte for byte every time."""

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
from nnlab.errors import DataError
from nnlab.text import one_line

if TYPE_CHECKING:
    import requests

FOLDER_VARIABLE = "NNLAB_DATA_DIR"

# Seconds for a connection, and for each part of an answer; then the next mirror is tried.
CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 30.0
# A mirror that delivers fewer bytes a second, on average after the first so many seconds, is given up too.
SLOWEST, PATIENCE = 2000, 60.0
CHUNK = 1 << 13
TEMPORARY = ".tmp"
POOCH_TEMPORARY = r"tmp[a-z0-9_]{8}"  # of version 0.1.0
LONG_AGO = 3600.0  # seconds


class DownloadObserver(Protocol):
    """Somebody who is told how a download goes and cannot steer."""

    def on_start(self, file: "RemoteFile", url: str) -> None:
        """A file is asked for."""
        ...

    def on_bytes(self, count: int) -> None:
        """So many bytes of it are there."""
        ...

    def on_failure(self, url: str, reason: str) -> None:
        """A mirror did not deliver it."""
        ...


class Unobserved:
    """Nobody is told."""

    def on_start(self, file: "RemoteFile", url: str) -> None:
        """Nothing happens."""

    def on_bytes(self, count: int) -> None:
        """Nothing happens."""

    def on_failure(self, url: str, reason: str) -> None:
        """Nothing happens."""


@dataclass(frozen=True)
class RemoteFile:
    """A file exactly as it was published: its size in bytes, its SHA-256, and the addresses that serve it."""

    name: str
    size: int
    sha256: str
    mirrors: tuple[str, ...]


@dataclass(frozen=True)
class Download:
    """The files of a dataset and the folder they belong into, inside that of all downloaded data."""

    subfolder: str
    files: tuple[RemoteFile, ...]

    @property
    def folder(self) -> Path:
        """Where the files belong; the environment variable NNLAB_DATA_DIR may name another folder for all data."""
        return data_folder() / self.subfolder

    @property
    def size(self) -> int:
        """The bytes of all files together."""
        return sum(file.size for file in self.files)

    def fetch(self, observer: DownloadObserver | None = None) -> Path:
        """The folder with all files in it, each downloaded from the first mirror that delivers it unless it is there.

        A file is given its name only when size and SHA-256 are right, so that an interrupted download leaves nothing
        behind and two at once do not disturb each other. Raises DataError, which says where to put which file by
        hand, when no mirror delivers it.
        """
        observer = observer or Unobserved()
        for file in self.files:
            fault = _fault(self.folder / file.name, file)
            if fault:
                self._download(file, fault, observer)
        return self.folder

    def _download(self, file: RemoteFile, fault: str, observer: DownloadObserver) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            name = file_name(self.folder)
            raise DataError(f"{name}: cannot be made for the downloaded data: {error.strerror}") from error
        failures = []
        for url in file.mirrors:
            observer.on_start(file, url)
            reason = _retrieve(url, file, self.folder, observer)
            if not reason:
                return
            observer.on_failure(url, reason)
            failures.append(f"{url}: {reason}")
        raise DataError(self._by_hand(file, fault, failures))

    def _by_hand(self, failed: RemoteFile, fault: str, failures: list[str]) -> str:
        lines = [f"{fault}, and it cannot be downloaded:", *(f"  {failure}" for failure in failures)]
        lines.append(f"get what is missing in another way and put it here ({FOLDER_VARIABLE} names another folder):")
        later = self.files[self.files.index(failed) + 1 :]
        missing = [failed, *(file for file in later if not (self.folder / file.name).is_file())]
        lines += (
            f"  {file_name(self.folder / file.name)} ({file.size} bytes, SHA-256 {file.sha256})" for file in missing
        )
        return "\n".join(lines)


def data_folder() -> Path:
    """The folder for downloaded data: NNLAB_DATA_DIR, or else ``nnlab`` in the user's cache folder."""
    import pooch

    chosen = os.environ.get(FOLDER_VARIABLE)
    try:
        return Path(chosen).expanduser().absolute() if chosen else pooch.os_cache("nnlab")
    except RuntimeError as error:
        raise DataError(f"{FOLDER_VARIABLE}: {error}") from error


# Of files as they were: 162 MiB are looked at once in a command, not at each of its steps.
_checksums: dict[tuple[Path, int, int], str] = {}


def _fault(path: Path, file: RemoteFile) -> str:
    """What is wrong with a file on disk; empty when it is byte for byte the published one."""
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
    """Download a file from one mirror; why that failed, or nothing."""
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
    """Remove what downloads that were killed left of a file: those of processes that are gone, or hours old."""
    for path in folder.iterdir():
        ours = re.fullmatch(re.escape(_temporary_start(file)) + r"([0-9a-f]{1,8})-[0-9a-f]{8}\.tmp", path.name)
        if ours and is_alive(int(ours[1], 16)):
            continue
        if ours or (re.fullmatch(POOCH_TEMPORARY, path.name) and time() - path.lstat().st_mtime > LONG_AGO):
            path.unlink(missing_ok=True)


def _receive(url: str, file: RemoteFile, path: Path, observer: DownloadObserver) -> None:
    """Write what a mirror delivers to a new file, as long as it can be the right thing.

    Raises ValueError when it is not, and OSError, which requests' errors are.
    """
    started, count, digest = monotonic(), 0, sha256()
    with _session(url) as session, path.open("xb") as output:
        # As it is: a mirror must not pack it once more for the journey.
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
                if seconds > PATIENCE and count < SLOWEST * seconds:
                    raise ValueError(f"too slow: {count} bytes in {seconds:.0f} seconds")
    if count < file.size:
        raise ValueError(f"truncated: expected {file.size} bytes, found {count}")
    if digest.hexdigest() != file.sha256:
        raise ValueError("the SHA-256 is not the published one")


def _session(url: str) -> "requests.Session":
    """A session that sends no password of the user's ``.netrc``; proxies and certificates of the environment count."""
    import requests

    session = requests.Session()
    session.trust_env = False
    session.proxies.update(requests.utils.get_environ_proxies(url))
    certificates = (os.environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
    session.verify = next(filter(None, certificates), True)
    return session


def _reason(error: Exception) -> str:
    """Why a download failed, in few words."""
    from requests import exceptions

    match error:
        case exceptions.HTTPError() if error.response is not None:
            return f"the server answers {error.response.status_code}"
        case exceptions.ConnectTimeout():
            return f"no connection within {CONNECT_TIMEOUT:g} seconds"
        case exceptions.Timeout():
            return f"no answer within {READ_TIMEOUT:g} seconds"
        case exceptions.SSLError():
            return "no secure connection"
        case exceptions.ChunkedEncodingError():
            return "truncated: the connection broke off"
        case exceptions.ConnectionError():
            return (
                f"no answer within {READ_TIMEOUT:g} seconds" if "timed out" in str(error) else "the connection failed"
            )
    return one_line(getattr(error, "strerror", None) or str(error), 200)
