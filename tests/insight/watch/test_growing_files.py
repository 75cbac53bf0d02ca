"""Files that another process writes: only what is new is read, whole lines only."""

import os
from pathlib import Path

import pytest

from nnlab.errors import RunError
from nnlab.insight.watch.growing_files import GrowingLines, GrowingTable, ReplacedFiles


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def test_a_half_written_line_waits_for_its_end(tmp_path: Path) -> None:
    lines = GrowingLines(tmp_path / "steps.csv")
    assert lines.look() == b""
    append(lines.path, "step,loss\n1,0.5\n2,0.")
    assert lines.look() == b"step,loss\n1,0.5\n"
    assert lines.look() == b""
    append(lines.path, "25\n")
    assert lines.look() == b"2,0.25\n"
    assert lines.restarts == 0


def test_at_most_the_limit_is_read_at_a_time(tmp_path: Path) -> None:
    lines = GrowingLines(tmp_path / "a")
    append(lines.path, "123\n456\n789\n")
    assert [lines.look(5), lines.look(5), lines.look(5)] == [b"123\n456\n", b"789\n", b""]


@pytest.mark.parametrize("change", ["cut", "replaced", "rewritten", "removed"])
def test_a_file_that_did_not_only_grow_is_read_from_its_start(tmp_path: Path, change: str) -> None:
    lines = GrowingLines(tmp_path / "steps.csv")
    append(lines.path, "step,loss\n1,0.5\n2,0.25\n")
    lines.look()
    if change == "replaced":
        (tmp_path / "new").write_text("step,loss\n1,0.5\n2,0.25\n3,7\n", encoding="utf-8")
        os.replace(tmp_path / "new", lines.path)  # noqa: PTH105 - as disk.py does
    elif change == "removed":
        lines.path.unlink()
        lines.look()
        append(lines.path, "step,loss\n1,0.5\n")
    else:
        lines.path.write_text("step,loss\n1,0.5\n" + "9,9\n" * (change == "rewritten") * 9, encoding="utf-8")
    assert lines.look().startswith(b"step,loss\n1,0.5\n")
    assert lines.restarts == 1


def test_a_line_without_end_is_an_error_not_a_growing_buffer(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1" * 3_000_000)
    with pytest.raises(RunError, match="a line has more than"):
        GrowingLines(tmp_path / "a").look()


def test_a_pipe_in_place_of_a_table_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "steps.csv")
    with pytest.raises(RunError, match="must be a file"):
        GrowingLines(tmp_path / "steps.csv").look()


def test_a_table_gives_the_columns_of_its_new_rows(tmp_path: Path) -> None:
    table = GrowingTable(tmp_path / "metrics.csv", ("step", "loss"), gaps=True)
    append(tmp_path / "metrics.csv", "step,loss,more\n1,0.5,\n")
    found = table.look()
    assert found is not None
    assert found["loss"].tolist() == [0.5]
    assert found["more"].tolist() != found["more"].tolist()  # NaN
    append(tmp_path / "metrics.csv", "2,x,3\n")
    with pytest.raises(RunError, match=r"metrics\.csv:3: loss: must be a number, got 'x'"):
        table.look()


def test_a_table_with_another_header_is_an_error(tmp_path: Path) -> None:
    append(tmp_path / "steps.csv", "epoch,loss\n1,2\n")
    with pytest.raises(RunError, match=r"expected the header step,loss, found 'epoch,loss'"):
        GrowingTable(tmp_path / "steps.csv", ("step", "loss"), gaps=False).look()


def test_a_replaced_file_is_read_again_only_where_it_changed(tmp_path: Path) -> None:
    path, reads = tmp_path / "summary.json", []

    def read() -> str:
        reads.append(path.read_text(encoding="utf-8"))
        return reads[-1]

    files = ReplacedFiles(read, path)
    assert files.get() is None
    path.write_text("a", encoding="utf-8")
    assert [files.get(), files.get()] == ["a", "a"]
    path.write_text("bb", encoding="utf-8")
    assert files.get() == "bb"
    assert reads == ["a", "bb"]
    path.unlink()
    assert files.get() is None
