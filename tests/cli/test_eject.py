"""``nnlab eject`` as a user calls it."""

import subprocess
import sys
from pathlib import Path

import pytest

SPEC = """\
dtype: float64
data: {name: moons, points: 20, test_points: 5}
model: {name: mlp, hidden: [8], activation: tanh}
optimizer: {name: sgd, lr: 0.1}
train: {iterations: 4, batch_size: 16, eval_every: 2}
"""
TABLE = SPEC.replace("{name: moons, points: 20, test_points: 5}", "{name: table, path: points.csv}")


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "moons.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def write_table(folder: Path) -> Path:
    rows = "".join(f"{n},{n % 7},{'ab'[n % 2]}\n" for n in range(30))
    (folder / "points.csv").write_text(f"x,y,answer\n{rows}", encoding="utf-8")
    path = folder / "table.yaml"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_a_script_is_written_into_the_working_folder(nnlab, spec: Path) -> None:
    answer = nnlab("eject", spec)
    assert (answer.code, answer.stdout) == (0, "moons.py\n")
    assert answer.stderr == (
        "nnlab: left out: threads, the run folder with its checkpoints and pictures, the checks of spec and data\n"
    )
    text = Path("moons.py").read_text(encoding="utf-8")
    assert "LR = 0.1  # learning rate\n" in text
    assert nnlab("eject", spec).code == 0, "the same contents are no conflict"


@pytest.mark.slow
def test_a_script_runs_without_nnlab_and_writes_the_losses_of_the_run(nnlab, spec: Path, no_pictures: None) -> None:
    run = Path(nnlab("train", spec).stdout.splitlines()[-1])
    assert nnlab("eject", "last", "--out", "handed_in/mine.py").stdout == "handed_in/mine.py\n"
    blocked = "import sys; sys.modules['nnlab'] = None; import runpy; runpy.run_path('handed_in/mine.py')"
    done = subprocess.run([sys.executable, "-c", blocked], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("test accuracy ")
    own = Path("handed_in/mine-steps.csv").read_text(encoding="utf-8").splitlines()
    recorded = (run / "steps.csv").read_text(encoding="utf-8").splitlines()
    assert own[0] == recorded[0] == "step,loss"
    for line, other in zip(own[1:], recorded[1:], strict=True):
        assert [float(cell) for cell in line.split(",")] == pytest.approx([float(cell) for cell in other.split(",")])


def test_an_existing_file_is_replaced_only_with_overwrite(nnlab, spec: Path) -> None:
    Path("moons.py").write_text("mine", encoding="utf-8")
    answer = nnlab("eject", spec)
    assert (answer.code, answer.stdout) == (2, "")
    assert "moons.py: already exists; use --overwrite to replace it" in answer.stderr
    assert Path("moons.py").read_text(encoding="utf-8") == "mine"
    assert nnlab("eject", spec, "--overwrite").code == 0
    assert Path("moons.py").read_text(encoding="utf-8") != "mine"


def test_a_script_on_standard_output(nnlab, spec: Path) -> None:
    answer = nnlab("eject", spec, "--out", "-", "-s", "optimizer.lr=0.5")
    assert answer.code == 0
    compile(answer.stdout, "moons.py", "exec")
    assert "LR = 0.5" in answer.stdout
    assert "moons.yaml with optimizer.lr=0.5" in answer.stdout.replace("\n", " ")
    assert not Path("moons.py").exists()


def test_arrays_of_a_table_are_written_beside_the_script(nnlab, tmp_path: Path) -> None:
    path = write_table(tmp_path)
    assert nnlab("eject", path).stdout == "table-data.npz\ntable.py\n"
    answer = nnlab("eject", path, "--out", "-")
    assert (answer.code, answer.stdout) == (2, "")
    assert "the script needs table-data.npz beside it: use --out FILE" in answer.stderr


def test_data_files_are_copied_beside_the_script(nnlab, tmp_path: Path, images: Path) -> None:
    spec = tmp_path / "pixels.yaml"
    spec.write_text(SPEC.replace("{name: moons, points: 20, test_points: 5}", "{name: idx, path: .}"), encoding="utf-8")
    overrides = ["-s", "train.batch_size=4"]
    names = [f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]
    assert nnlab("eject", spec, *overrides, "--out", "away/pixels.py").stdout == "away/pixels.py\n"
    assert str(tmp_path) in Path("away/pixels.py").read_text(encoding="utf-8")
    answer = nnlab("eject", spec, *overrides, "--out", "copied/pixels.py", "--copy-data")
    assert answer.stdout.split() == [f"copied/{name}" for name in (*names, "pixels.py")]
    assert Path("copied", names[0]).read_bytes() == (images / names[0]).read_bytes()
    assert str(tmp_path) not in Path("copied/pixels.py").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_data_of_a_run_is_found_and_compared(nnlab, tmp_path: Path, no_pictures: None) -> None:
    run = nnlab("train", write_table(tmp_path)).stdout.splitlines()[-1]
    table = tmp_path / "points.csv"
    moved = tmp_path / "moved" / "points.csv"
    moved.parent.mkdir()
    table.rename(moved)
    answer = nnlab("eject", run)
    assert (answer.code, answer.stdout) == (4, "")
    assert "if the data was moved, --data PATH names its place" in answer.stderr
    answer = nnlab("eject", run, "--data", moved)
    assert (answer.code, answer.stdout) == (0, "table-data.npz\ntable.py\n")
    assert "has changed" not in answer.stderr
    moved.write_text(moved.read_text(encoding="utf-8") + "1,2,a\n", encoding="utf-8")
    answer = nnlab("eject", run, "--data", moved, "--overwrite")
    assert answer.code == 0
    assert "the data has changed since the training: points.csv" in answer.stderr


def test_a_script_does_not_hide_a_module_of_python(nnlab, spec: Path) -> None:
    random = spec.rename("random.yaml")
    assert nnlab("eject", random).stdout == "random_script.py\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nosuch.yaml"], 2, "nosuch.yaml"),
        (["moons.yaml", "--out", "numpy.py"], 2, "numpy.py: a script of this name would hide Python's module numpy"),
        (["moons.yaml", "--out", "script.txt"], 2, "script.txt: the name of a script ends in .py"),
        (["moons.yaml", "--out", "."], 2, "is a folder; give the file"),
        (["moons.yaml", "--out", "file/inside.py"], 5, "file"),
        (["moons.yaml", "--out", "-", "--copy-data"], 2, "--copy-data copies the data beside the script"),
        (["moons.yaml", "--data", "."], 2, "--data belongs to a RUN"),
        (["moons.yaml", "-s", "optimizer.rate=1"], 2, "optimizer.rate"),
        (["moons.yaml", "-s", "data={name: idx, path: absent}"], 4, "absent"),
        (["moons.yaml", "-s", "train.batch_size=1000"], 2, "train.batch_size"),
        (["last"], 5, "runs"),
    ],
)
def test_bad_input_is_one_clear_error(nnlab, spec: Path, arguments: list[str], code: int, message: str) -> None:
    Path("file").write_text("", encoding="utf-8")
    answer = nnlab("eject", *arguments)
    assert (answer.code, answer.stdout) == (code, "")
    assert message in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["file", "moons.yaml"]
