import os
from pathlib import Path

import pytest

from nnlab.errors import UsageError
from nnlab.storage.overwriting import already_exists, check_replaceable


def test_an_existing_file_is_replaced_only_where_that_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    check_replaceable(file, overwrite=False)
    file.touch()
    with pytest.raises(UsageError, match=r"a\.csv: already exists; use --overwrite to replace it, or --out FILE$"):
        check_replaceable(file, overwrite=False, elsewhere="or --out FILE")
    check_replaceable(file, overwrite=True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    check_replaceable(tmp_path / "pipe", overwrite=False)


def test_the_error_is_one_line_whatever_the_path() -> None:
    assert str(already_exists(Path("a\nb"))) == r"a\nb: already exists; use --overwrite to replace it"
