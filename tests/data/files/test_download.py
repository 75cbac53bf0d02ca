"""Downloads from a local server that misbehaves in many ways."""

import hashlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nnlab.data.files import download
from nnlab.data.files.download import Download, RemoteFile, data_folder
from nnlab.errors import DataError
from nnlab.registry import datasets

CONTENT = bytes(range(256)) * 200
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ENDLESS = 50_000_000


class Server(ThreadingHTTPServer):
    """Answers by the address: /good/, /wrong/, ...; remembers what was asked for and how much was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.sent = 0
        self.passwords: list[str | None] = []
        self.stopped = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what these tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        mood = self.path.split("/")[1]
        self.server.asked.append(mood)
        self.server.passwords.append(self.headers.get("Authorization"))
        getattr(self, mood)()

    def log_message(self, *arguments: object) -> None:
        pass

    def answer(self, content: bytes, length: int | None = None, code: int = 200, **headers: str) -> None:
        self.send_response(code)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def good(self) -> None:
        self.answer(CONTENT, len(CONTENT))

    def good_without_length(self) -> None:
        self.answer(CONTENT)

    def moved(self) -> None:
        self.answer(b"", 0, 302, Location="/good/file.bin")

    def wrong(self) -> None:
        self.answer(CONTENT[:-1] + b"\0", len(CONTENT))

    def truncated(self) -> None:
        self.answer(CONTENT[:-1], len(CONTENT))

    def short(self) -> None:
        self.answer(CONTENT[:-1], len(CONTENT) - 1)

    def short_without_length(self) -> None:
        self.answer(CONTENT[:100])

    def empty(self) -> None:
        self.answer(b"", 0)

    def long(self) -> None:
        self.answer(CONTENT + b"\0", len(CONTENT) + 1)

    def endless(self) -> None:
        self.answer(b"", code=200)
        while self.server.sent < ENDLESS:
            self.server.sent += self.wfile.write(bytes(10_000))

    def missing(self) -> None:
        self.answer(b"not here", 8, 404)

    def broken(self) -> None:
        self.answer(b"", 0, 500)

    def page(self) -> None:
        self.answer(b"<html>Please log in</html>", 26)

    def packed(self) -> None:
        self.answer(CONTENT, len(CONTENT), **{"Content-Encoding": "gzip"})

    def rubbish(self) -> None:
        self.wfile.write(b"\0\1\2 no HTTP at all")

    def silent(self) -> None:
        self.server.stopped.wait(20)

    def stall(self) -> None:
        self.answer(CONTENT[:1000], len(CONTENT))
        self.wfile.flush()
        self.server.stopped.wait(20)

    def drip(self) -> None:
        self.answer(b"", len(CONTENT))
        for at in range(0, len(CONTENT), 1000):
            self.wfile.write(CONTENT[at : at + 1000])
            self.wfile.flush()
            if self.server.stopped.wait(0.05):
                return


BAD = [
    ("wrong", "the SHA-256 differs from the published one"),
    ("truncated", "truncated"),
    ("short", f"truncated: expected {len(CONTENT)} bytes, found {len(CONTENT) - 1}"),
    ("short_without_length", f"truncated: expected {len(CONTENT)} bytes, found 100"),
    ("empty", f"truncated: expected {len(CONTENT)} bytes, found 0"),
    ("long", f"too long: expected {len(CONTENT)} bytes, found more"),
    ("endless", f"too long: expected {len(CONTENT)} bytes, found more"),
    ("missing", "HTTP status 404"),
    ("broken", "HTTP status 500"),
    ("page", f"truncated: expected {len(CONTENT)} bytes, found 26"),
    ("packed", "gzip"),
    ("rubbish", "the connection failed"),
]


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NNLAB_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.stopped.set()
        server.shutdown()


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert isinstance(port, int)
    return port


def published(server: Server, *moods: str) -> RemoteFile:
    urls = tuple(f"http://127.0.0.1:{server.server_port}/{mood}/file.bin" for mood in moods)
    return RemoteFile("file.bin", len(CONTENT), SHA256, urls)


def fetched(*files: RemoteFile) -> Path:
    return Download("set", files).fetch()


def refusal(*files: RemoteFile) -> list[str]:
    with pytest.raises(DataError) as caught:
        fetched(*files)
    assert caught.value.exit_code == 4
    return str(caught.value).splitlines()


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "set").iterdir())


@pytest.mark.parametrize("mood", ["good", "good_without_length", "moved"])
def test_valid_file_is_downloaded_once(server: Server, data_dir: Path, mood: str) -> None:
    folder = fetched(published(server, mood))
    assert folder == data_dir / "set"
    assert (folder / "file.bin").read_bytes() == CONTENT
    assert leftovers(data_dir) == ["file.bin"]
    asked = len(server.asked)
    assert fetched(published(server, mood)) == folder
    assert len(server.asked) == asked


def test_downloaded_file_permissions(server: Server) -> None:
    assert (fetched(published(server, "good")) / "file.bin").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(("mood", "reason"), BAD)
def test_wrong_content_falls_back_to_next_mirror(server: Server, data_dir: Path, mood: str, reason: str) -> None:
    failures: list[str] = []

    class Observer(download.NoObserver):
        def on_failure(self, url: str, reason: str) -> None:
            failures.append(reason)

    Download("set", (published(server, mood, "good"),)).fetch(Observer())
    assert server.asked == [mood, "good"]
    (failure,) = failures
    assert reason in failure
    assert (data_dir / "set" / "file.bin").read_bytes() == CONTENT
    assert leftovers(data_dir) == ["file.bin"]


def test_download_stops_at_expected_size(server: Server) -> None:
    fetched(published(server, "endless", "good"))
    assert server.sent < ENDLESS / 2  # what fits into the buffers between server and client


def test_unreachable_mirror_is_skipped(server: Server, closed_port: int) -> None:
    file = published(server, "good")
    file = RemoteFile(file.name, file.size, file.sha256, (f"http://127.0.0.1:{closed_port}/file.bin", *file.mirrors))
    assert (fetched(file) / "file.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("mood", ["silent", "stall"])
def test_stalled_mirror_times_out(server: Server, monkeypatch: pytest.MonkeyPatch, mood: str) -> None:
    monkeypatch.setattr(download, "READ_TIMEOUT", 0.2)
    assert refusal(published(server, mood))[1].endswith(f"/{mood}/file.bin: no response within 0.2 seconds")


def test_slow_mirror_is_abandoned(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "GRACE_PERIOD", 0.0)
    monkeypatch.setattr(download, "MIN_SPEED", 10**9)
    assert "/drip/file.bin: too slow: " in refusal(published(server, "drip"))[1]


def test_unreachable_mirror_has_short_reason(server: Server, closed_port: int) -> None:
    dead, plain = f"http://127.0.0.1:{closed_port}/x", f"https://127.0.0.1:{server.server_port}/x"
    lines = refusal(RemoteFile("file.bin", 5, SHA256, (dead, plain)))
    assert lines[1:3] == [f"  {dead}: the connection failed", f"  {plain}: no secure connection"]


def test_failed_download_gives_manual_instructions(server: Server, data_dir: Path) -> None:
    first = published(server, "missing", "wrong")
    second = RemoteFile("second.bin", 7, "0" * 64, ("http://127.0.0.1:1/never-asked",))
    there = RemoteFile("there.bin", 1, hashlib.sha256(b"x").hexdigest(), ())
    (data_dir / "set").mkdir(parents=True)
    (data_dir / "set" / "there.bin").write_bytes(b"x")
    assert refusal(first, second, there) == [
        f"{data_dir}/set/file.bin: no such file, and the download failed:",
        f"  {first.mirrors[0]}: HTTP status 404",
        f"  {first.mirrors[1]}: the SHA-256 differs from the published one",
        "download the missing files manually and save them here (NNLAB_DATA_DIR sets another folder):",
        f"  {data_dir}/set/file.bin ({len(CONTENT)} bytes, SHA-256 {SHA256})",
        f"  {data_dir}/set/second.bin (7 bytes, SHA-256 {'0' * 64})",
    ]
    assert leftovers(data_dir) == ["there.bin"]


def test_manually_downloaded_file_is_accepted(data_dir: Path) -> None:
    (data_dir / "set").mkdir(parents=True)
    (data_dir / "set" / "file.bin").write_bytes(CONTENT)
    assert fetched(RemoteFile("file.bin", len(CONTENT), SHA256, ())) == data_dir / "set"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (CONTENT[:-1], f"expected {len(CONTENT)} bytes, found {len(CONTENT) - 1}"),
        (CONTENT[:-1] + b"\0", f"expected SHA-256 {SHA256}, found "),
    ],
)
def test_damaged_file_is_downloaded_again(server: Server, data_dir: Path, content: bytes, fault: str) -> None:
    path = data_dir / "set" / "file.bin"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert refusal(published(server, "missing"))[0].startswith(f"{path}: {fault}")
    assert path.read_bytes() == content
    fetched(published(server, "good"))
    assert path.read_bytes() == CONTENT


def test_data_folder_cannot_be_created(server: Server, data_dir: Path) -> None:
    data_dir.write_text("a file where the folder should be", encoding="utf-8")
    (line,) = refusal(published(server, "good"))
    assert line.startswith(f"{data_dir}/set: cannot create the folder for downloaded data: ")
    assert server.asked == []


def test_download_observer(server: Server) -> None:
    heard: list[tuple[object, ...]] = []

    class Observer:
        def on_start(self, file: RemoteFile, url: str) -> None:
            heard.append(("start", file.name, url))

        def on_bytes(self, count: int) -> None:
            heard.append(("bytes", count))

        def on_failure(self, url: str, reason: str) -> None:
            heard.append(("failure", url, reason))

    file = published(server, "missing", "good")
    Download("set", (file,)).fetch(Observer())
    bad, good = file.mirrors
    counts = [event[1] for event in heard if event[0] == "bytes"]
    assert heard[:3] == [
        ("start", "file.bin", bad),
        ("failure", bad, "HTTP status 404"),
        ("start", "file.bin", good),
    ]
    assert counts == sorted(counts)  # type: ignore[type-var]
    assert counts[-1] == len(CONTENT)


def test_interrupted_download_leaves_no_files(server: Server, data_dir: Path) -> None:
    class Stop(BaseException):
        pass

    class SlowObserver(download.NoObserver):
        def on_bytes(self, count: int) -> None:
            raise Stop

    with pytest.raises(Stop):
        Download("set", (published(server, "good"),)).fetch(SlowObserver())
    assert leftovers(data_dir) == []


@pytest.mark.parametrize("mood", ["good", "moved"])
def test_netrc_credentials_are_not_sent(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mood: str
) -> None:
    (tmp_path / "netrc").write_text("default login ada password secret\n", encoding="ascii")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    fetched(published(server, mood))
    assert set(server.passwords) == {None}


def test_proxies_and_certificates_of_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert download._session("https://example.org/a").verify is True
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:3128")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/company.pem")
    session = download._session("https://example.org/a")
    assert session.proxies["https"] == "http://127.0.0.1:3128"
    assert session.verify == "/company.pem"
    monkeypatch.setenv("no_proxy", "example.org")
    assert not download._session("https://example.org/a").proxies


def test_leftovers_of_killed_downloads_are_removed(server: Server, data_dir: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (data_dir / "set").mkdir(parents=True)
    living = f".file.bin.{os.getpid():x}-0a1b2c3d.tmp"
    for name in (f".file.bin.{dead.pid:x}-0a1b2c3d.tmp", "tmp0a1b2c3d", "tmpnew_0abc", "other", living):
        (data_dir / "set" / name).write_bytes(b"half")
    os.utime(data_dir / "set" / "tmp0a1b2c3d", (1, 1))
    fetched(published(server, "good"))
    assert leftovers(data_dir) == [living, "file.bin", "other", "tmpnew_0abc"]


def test_mirrors_use_https() -> None:
    urls = [url for name in datasets.names() if (found := datasets[name].download) for url in _urls(found)]
    assert urls
    assert all(url.startswith("https://") for url in urls)


def _urls(found: Download) -> list[str]:
    return [url for file in found.files for url in file.mirrors]


def test_download_prints_nothing(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    fetched(published(server, "missing", "good"))
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_concurrent_downloads(server: Server, data_dir: Path) -> None:
    code = (
        "from nnlab.data.files.download import Download, RemoteFile\n"
        f"Download('set', ({published(server, 'good_without_length')!r},)).fetch()\n"
    )
    command = [sys.executable, "-c", code]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, env=dict(os.environ)) for _ in range(3)]
    for process in running:
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, b"")
    assert (data_dir / "set" / "file.bin").read_bytes() == CONTENT
    assert leftovers(data_dir) == ["file.bin"]


def test_data_folder_defaults_to_user_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NNLAB_DATA_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    if sys.platform == "linux":
        assert data_folder() == tmp_path / "cache" / "nnlab"
    assert data_folder().is_absolute()
    monkeypatch.setenv("NNLAB_DATA_DIR", "~/mine")
    assert data_folder() == Path.home() / "mine"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NNLAB_DATA_DIR", "near")
    assert data_folder() == tmp_path / "near"
    monkeypatch.setenv("NNLAB_DATA_DIR", "~nobody-of-this-name/x")
    with pytest.raises(DataError, match="NNLAB_DATA_DIR"):
        data_folder()
