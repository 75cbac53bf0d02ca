"""CPU limits of containers, read from files as Linux writes them."""

from pathlib import Path

import pytest

from nnlab.core import control_group
from nnlab.core.control_group import cpu_limit


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(control_group, "MOUNTED", tmp_path / "cgroup")
    monkeypatch.setattr(control_group, "OF_PROCESS", tmp_path / "own")
    return tmp_path


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "limit"), [("150000 100000", 1.5), ("max 100000", None), ("", None), ("1 2 3", None), ("5 0", None)]
)
def test_a_container_of_version_2(root: Path, text: str, limit: float | None) -> None:
    write(root / "own", "0::/")
    write(root / "cgroup/cpu.max", text)
    assert cpu_limit() == limit


def test_the_smallest_limit_of_all_groups_around_the_process(root: Path) -> None:
    write(root / "own", "0::/user.slice/user-1000.slice/session")
    write(root / "cgroup/user.slice/cpu.max", "200000 100000")
    write(root / "cgroup/user.slice/user-1000.slice/cpu.max", "300000 100000")
    write(root / "cgroup/user.slice/user-1000.slice/session/cpu.max", "max 100000")
    assert cpu_limit() == 2.0


@pytest.mark.parametrize("mount", ["cpu", "cpu,cpuacct"])
@pytest.mark.parametrize(("quota", "limit"), [("50000", 0.5), ("-1", None)])
def test_a_container_of_version_1(root: Path, mount: str, quota: str, limit: float | None) -> None:
    write(root / "own", "9:name=systemd:/\n4:cpu,cpuacct:/docker/0123\n0::/")
    write(root / f"cgroup/{mount}/cpu.cfs_quota_us", quota)
    write(root / f"cgroup/{mount}/cpu.cfs_period_us", "100000")
    assert cpu_limit() == limit


@pytest.mark.parametrize("text", [None, "", "no groups", "1:cpu", "::"])
def test_no_limit_where_no_group_is_known(root: Path, text: str | None) -> None:
    if text is not None:
        write(root / "own", text)
    assert cpu_limit() is None


def test_other_controllers_do_not_count(root: Path) -> None:
    write(root / "own", "3:cpuset:/")
    write(root / "cgroup/cpuset/cpu.cfs_quota_us", "50000")
    write(root / "cgroup/cpuset/cpu.cfs_period_us", "100000")
    assert cpu_limit() is None
