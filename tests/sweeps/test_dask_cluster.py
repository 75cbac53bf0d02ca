import json
import sys
from pathlib import Path

import pytest

from nnlab.errors import UsageError
from nnlab.sweeps.dask_cluster import DaskCluster, scheduler_address


def test_the_scheduler_is_named_by_an_address_or_by_its_file(tmp_path: Path) -> None:
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"type": "Scheduler", "address": "tcp://10.0.0.1:8786"}))
    assert scheduler_address(str(file)) == "tcp://10.0.0.1:8786"
    assert scheduler_address("tls://10.0.0.1:8786") == "tls://10.0.0.1:8786"
    assert scheduler_address("10.0.0.1:8786") == "10.0.0.1:8786"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"address": 1}', "{", "[" * 100000, "\0"])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "scheduler.json"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"scheduler\.json: is not a file of dask scheduler --scheduler-file"):
        scheduler_address(str(file))


def test_a_missing_scheduler_file_says_what_writes_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.json: missing; dask scheduler --scheduler-file .*a\.json writes it"):
        scheduler_address(str(tmp_path / "a.json"))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "127.0.0.1", "tcp://127.0.0.1:x", "nonsense://127.0.0.1:1"])
def test_no_scheduler_at_an_address_says_how_to_start_one(address: str) -> None:
    with pytest.raises(UsageError) as caught:
        DaskCluster(address, seconds=0.1)
    message = str(caught.value)
    assert message.startswith(f"--dask: no scheduler answers at '{address}' within 0.1 seconds (")
    assert "dask scheduler, and on each machine dask worker tcp://HOST:8786 --nthreads 1" in message


def test_a_missing_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'nnlab-runner\[dask\]'"):
        DaskCluster("tcp://127.0.0.1:1")
