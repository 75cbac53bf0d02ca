"""The targets of an export: their table, their options, and where they write."""

from pathlib import Path
from typing import get_args

import pytest

from nnlab.errors import RunError, UsageError
from nnlab.export.request import ExportRequest
from nnlab.export.targets import TARGETS, TargetName, check_options, export


def test_every_target_has_a_row() -> None:
    assert list(TARGETS) == list(get_args(TargetName))


def test_option_of_another_target_is_refused() -> None:
    options = {option: False for target in TARGETS.values() for option in target.options}
    check_options("zip", options)
    for option in options:
        with pytest.raises(UsageError, match=f"^--{option}: is an option of --to .*, not of --to zip$"):
            check_options("zip", {option: True})


def test_output_is_named_after_the_run_and_replaced_only_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = tmp_path / "runs" / "a"
    assert ExportRequest(run=run).file(".zip") == Path("a.zip")
    ExportRequest(run=run).write(Path("a.zip"), b"")
    with pytest.raises(UsageError, match=r"^a\.zip: already exists; use --overwrite to replace it"):
        ExportRequest(run=run).file(".zip")
    assert ExportRequest(run=run, overwrite=True).file(".zip") == Path("a.zip")
    assert ExportRequest(run=run, out=Path("b/c.zip")).file(".zip") == Path("b/c.zip")


def test_output_that_cannot_be_written_is_a_run_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RunError, match="inside: cannot be written: "):
        ExportRequest(run=tmp_path).write(tmp_path / "file" / "inside", b"")


@pytest.mark.parametrize("target", TARGETS)
def test_export_needs_a_run(tmp_path: Path, target: TargetName) -> None:
    with pytest.raises(RunError, match="no such run folder"):
        export(target, ExportRequest(run=tmp_path / "nothing", out=tmp_path / "out"))
