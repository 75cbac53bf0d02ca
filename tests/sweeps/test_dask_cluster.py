import json
import socket
import sys
from pathlib import Path
from threading import Thread

import pytest

from nnlab.errors import UsageError
from nnlab.sweeps.dask_cluster import DaskCluster, scheduler_address

dask = pytest.importorskip("dask")


@pytest.mark.parametrize(
    ("scheduler", "address"),
    [
        ("tls://10.0.0.1:8786", "tls://10.0.0.1:8786"),
        ("10.0.0.1:8786", "tcp://10.0.0.1:8786"),
        ("node-1.example:1", "tcp://node-1.example:1"),
        ("[fe80::1]:8786", "tcp://[fe80::1]:8786"),
    ],
)
def test_the_scheduler_is_named_by_its_address(scheduler: str, address: str) -> None:
    assert scheduler_address(scheduler) == address


def test_the_scheduler_is_named_by_its_file(tmp_path: Path) -> None:
    file = tmp_path / "scheduler"
    file.write_text(json.dumps({"type": "Scheduler", "address": "tcp://10.0.0.1:8786"}))
    assert scheduler_address(str(file)) == "tcp://10.0.0.1:8786"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"address": 1}', '{"address": "x"}', "{", "[" * 100000, "\0"])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "scheduler.json"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"scheduler\.json: is not a file that dask scheduler --scheduler-file wrote"):
        scheduler_address(str(file))


@pytest.mark.parametrize(
    "scheduler", ["a.json", "tcp://10.0.0.1", "10.0.0.1:x", "ftp://10.0.0.1:1", "tcp://a:0", "tcp://a:65536", ":1", ""]
)
def test_what_is_neither_an_address_nor_a_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheduler: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"is no address such as tcp://10\.0\.0\.5:8786, and no file"):
        scheduler_address(scheduler)


def test_no_scheduler_at_an_address_says_how_to_start_one() -> None:
    with pytest.raises(UsageError) as caught:
        DaskCluster("127.0.0.1:1", seconds=0.1)
    message = str(caught.value)
    assert message.startswith("--dask: no scheduler answers at tcp://127.0.0.1:1 within 0.1 seconds (")
    assert message.endswith("dask scheduler, and on each machine dask worker tcp://127.0.0.1:1 --nthreads 1")


def test_a_web_server_is_no_scheduler() -> None:
    def answer() -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n" + bytes(1000))
            connection.recv(1000)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=answer)
        thread.start()
        with pytest.raises(UsageError, match="what answers is no Dask scheduler"):
            DaskCluster(f"127.0.0.1:{server.getsockname()[1]}")
        thread.join()


def test_an_encrypted_scheduler_needs_certificates() -> None:
    with pytest.raises(
        UsageError, match=r"tls://127\.0\.0\.1:1 needs certificates; .*DASK_DISTRIBUTED__COMM__TLS__CA_FILE"
    ):
        DaskCluster("tls://127.0.0.1:1")
    with (
        dask.config.set({"distributed.comm.require-encryption": True}),
        pytest.raises(UsageError, match=r"requires encryption, but tcp://127\.0\.0\.1:1 has none; use tls://"),
    ):
        DaskCluster("tcp://127.0.0.1:1")


def test_missing_certificates_are_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "a.pem")
    with (
        dask.config.set({f"distributed.comm.tls.{key}": missing for key in ("ca-file", "client.cert", "client.key")}),
        pytest.raises(UsageError, match="the certificates in Dask's configuration cannot be read: "),
    ):
        DaskCluster("tls://127.0.0.1:1")


def test_a_missing_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'nnlab-runner\[dask\]'"):
        DaskCluster("tcp://127.0.0.1:1")
