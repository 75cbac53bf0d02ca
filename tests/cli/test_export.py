"""``nnlab export`` as a user calls it."""

from pathlib import Path
from zipfile import ZipFile

import pytest
from made_sweeps import made_sweep


def test_export_writes_the_newest_run_as_a_zip_file(nnlab, make_run) -> None:
    run = make_run()
    answer = nnlab("export", "last", "--to", "zip")
    assert (answer.code, answer.stdout) == (0, f"{run.name}.zip\n")
    with ZipFile(f"{run.name}.zip") as archive:
        assert f"{run.name}/spec.yaml" in archive.namelist()
    assert nnlab("export", run, "--to", "zip", "--out", "a.zip").stdout == "a.zip\n"
    assert Path("a.zip").read_bytes() == Path(f"{run.name}.zip").read_bytes()


def test_export_replaces_an_existing_file_only_with_overwrite(nnlab, make_run) -> None:
    make_run()
    Path("a.zip").write_bytes(b"kept")
    arguments = ["export", "last", "--to", "zip", "--out", "a.zip"]
    answer = nnlab(*arguments)
    assert (answer.code, answer.stdout) == (2, "")
    assert "a.zip: already exists; use --overwrite to replace it" in answer.stderr
    assert Path("a.zip").read_bytes() == b"kept"
    assert nnlab(*arguments, "--overwrite").code == 0
    assert ZipFile("a.zip").namelist()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--to", "pdf"], 2, "'--to': 'pdf' is not one of 'zip'"),
        (["--to", "zip", "--out", "file/inside"], 5, "file/inside: cannot be written: "),
        (["--to", "zip", "--probabilities"], 2, "--probabilities: is an option of --to onnx, not of --to zip"),
        (["--to", "zip", "--data", "a.csv"], 2, "--data: is an option of --to csv, not of --to zip"),
        (["--to", "safetensors", "--out", "a.pt"], 2, "--out a.pt: must end in .safetensors"),
        (["--to", "safetensors"], 5, "is not the folder of a finished run"),  # it has no model.safetensors
        (["--to", "tensorboard", "--out", "file"], 5, "cannot be written: "),
    ],
)
def test_export_is_refused_with_the_documented_exit_code(
    nnlab, make_run, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, message: str
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    make_run()
    Path("file").write_text("", encoding="utf-8")
    answer = nnlab("export", "last", *arguments)
    assert (answer.code, answer.stdout) == (code, "")
    assert message in answer.stderr


def test_export_prints_the_folders_that_it_wrote_and_reports_the_rest_on_stderr(nnlab, make_run) -> None:
    sweep = made_sweep(make_run, [(0.1, 0, 0.5, "completed"), (0.2, 0, 0.5, "completed")])
    (sweep / "trial-002" / "metrics.csv").write_text("broken", encoding="utf-8")
    answer = nnlab("export", "last", "--to", "tensorboard")
    folder = Path("runs") / sweep.name / "trial-001" / "tensorboard"
    assert (answer.code, answer.stdout) == (0, f"{folder}\n")
    assert answer.stderr.startswith(f"nnlab: runs/{sweep.name}/trial-002/metrics.csv:1: ")
    assert (folder / "train").is_dir()
