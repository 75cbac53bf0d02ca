"""Untrusted run folders: every file in them may be forged."""

import json
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from nnlab.config.descent import load_descent
from nnlab.config.loading import load_experiment
from nnlab.config.resolved_spec import spec_sha256
from nnlab.config.yaml_reader import read_yaml
from nnlab.config.yaml_writer import dump_yaml
from nnlab.descent.run import run_descent
from nnlab.engine.run_setup import RunSetup
from nnlab.train.run import run as train

pytestmark = pytest.mark.slow

SPEC = """\
data:      {name: moons, points: 20, test_points: 10}
model:     {name: mlp, hidden: [4], activation: tanh}
optimizer: {name: sgd, lr: 0.1}
train:     {iterations: 4, batch_size: 10, eval_every: 2, snapshots: 2, diagnostics: true}
compute:   {threads: 1}
"""
DESCENT = (
    "{expression: x0**2 + x1**2, start: [1, 2], steps: 3, optimizer: [{name: sgd, lr: 0.1}, {name: adam, lr: 0.1}]}"
)
TEXT = "[/x]\x1b[31m\x9b0m\u202e$\\frac{$"


def undrawn(patched: pytest.MonkeyPatch) -> None:
    """Leave out the pictures of what is trained and descended: those of the command ``plot`` are looked at."""
    patched.setattr("nnlab.train.pictures.plot_run", lambda *arguments: None)
    patched.setattr("nnlab.train.pictures.draw_all", lambda *arguments: [])
    patched.setattr("nnlab.descent.run.draw_pictures", lambda *arguments: [])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run and a descent."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "a.yaml").write_text(SPEC, encoding="utf-8")
    (folder / "b.yaml").write_text(DESCENT, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        undrawn(patched)
        train(load_experiment(folder / "a.yaml"), folder / "runs").path.rename(folder / "run")
        run_descent(load_descent(folder / "b.yaml"), folder / "runs").path.rename(folder / "descent")
    for name in ("run", "descent"):
        (folder / name / "plots").mkdir(exist_ok=True)
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "run", tmp_path / "run"))


@pytest.fixture
def descent(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "descent", tmp_path / "descent"))


def tensors(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(kind: str, shape: list[int], end: int) -> dict[str, Any]:
    return {"linear1.W": {"dtype": kind, "shape": shape, "data_offsets": [0, end]}}


TENSORS: dict[str, Callable[[], bytes]] = {
    "a header of exabytes": lambda: tensors({}, length=2**63),
    "a header beyond the end": lambda: tensors({}, length=2**20),
    "a header of a hundred megabytes": lambda: tensors(b'{"__metadata__":{"a":"' + b"x" * 99_000_000 + b'"}}'),
    "a header of many": lambda: tensors(
        b"{%s}" % b",".join(b'"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}' % i for i in range(400_000))
    ),
    "terabytes": lambda: tensors(tensor("F32", [2, 2**40], 2**43)),
    "more than there are numbers": lambda: tensors(tensor("F32", [2**62, 2**62], 4), bytes(4)),
    "fewer than none": lambda: tensors(tensor("F32", [-1, 4], 4), bytes(4)),
    "another shape": lambda: tensors(tensor("F32", [2, 5], 40), bytes(40)),
    "kinds that NumPy lacks": lambda: tensors(tensor("BF16", [2, 4], 16), bytes(16)),
    "smaller ones": lambda: tensors(tensor("F8_E4M3", [2, 4], 8), bytes(8)),
    "objects": lambda: tensors(tensor("OBJECT", [2, 4], 8), bytes(8)),
    "depth": lambda: tensors(b'{"a":' * 100_000),
    "escape sequences": lambda: tensors({TEXT: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, bytes(4)),
    "very many names": lambda: tensors(
        b"{%s}" % b",".join(b'"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}' % i for i in range(30_000))
    ),
    "much": lambda: bytes(30_000_000),
    "nothing": lambda: b"",
}


@pytest.mark.parametrize("make", TENSORS.values(), ids=TENSORS.keys())
def test_forged_weights(refused: Any, run: Path, make: Callable[[], bytes]) -> None:
    contents = make()
    (run / "model.safetensors").write_bytes(contents)
    assert "model.safetensors: " in refused("plot", run, "confusion", code=5).stderr
    for snapshot in (run / "snapshots").iterdir():
        snapshot.write_bytes(contents)
    refused("plot", run, "--animate", code=5)


def test_weights_of_another_type(ends_safely: Any, run: Path) -> None:
    path = run / "model.safetensors"
    path.write_bytes(path.read_bytes().replace(b'"F32"', b'"I32"'))
    ends_safely("plot", run, "confusion", "--out", "pictures", code=0)
    header = {name: {"dtype": "C64", "shape": list(array.shape)} for name, array in load_file(path).items()}
    end = 0
    for entry in header.values():
        start, end = end, end + 8 * int(np.prod(entry["shape"]))
        entry["data_offsets"] = [start, end]
    path.write_bytes(tensors(header, bytes(end)))
    assert "expected float32, found complex64" in ends_safely("plot", run, "confusion", code=5).stderr


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
def test_weights_that_are_too_large(ends_safely: Any, run: Path, value: float) -> None:
    path = run / "model.safetensors"
    save_file({name: np.full_like(array, value) for name, array in load_file(path).items()}, path)
    ends_safely("plot", run, "boundary", "confusion", "--out", "pictures", code=0)


FILES = ["spec.yaml", "summary.json", "metrics.csv", "steps.csv", "diagnostics.csv", "histograms.csv"]
# The picture for which a file is read.
KINDS = {"diagnostics.csv": "gradients", "histograms.csv": "activations", "model.safetensors": "confusion"}


@pytest.mark.parametrize("file", [*FILES, "model.safetensors"])
def test_pipes_and_devices_do_not_block(refused: Any, run: Path, file: str) -> None:
    kind = KINDS.get(file, "loss")
    (run / file).unlink()
    os.mkfifo(run / file)
    refused("plot", run, kind, "--out", "pictures", code=5)
    (run / file).unlink()
    (run / file).symlink_to("/dev/zero")
    refused("plot", run, kind, "--out", "pictures", code=5)
    (run / file).unlink()
    (run / file).mkdir()
    refused("plot", run, kind, "--out", "pictures", code=5)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    "contents",
    [b"", b"\0" * 1000, b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b"x" * 50_000_000, TEXT.encode() * 100],
    ids=["nothing", "nulls", "other bytes", "brackets", "braces", "a long line", "escape sequences"],
)
def test_invalid_records(refused: Any, ends_safely: Any, run: Path, file: str, contents: bytes) -> None:
    (run / file).write_bytes(contents)
    kind = KINDS.get(file, "loss")
    if file == "diagnostics.csv":  # as the writer of a run that was killed may leave it
        ends_safely("plot", run, kind, "--out", "pictures")
        return
    refused("plot", run, kind, "--out", "pictures", code=5)
    if file in FILES[:3]:
        refused("show", run, code=5)
        refused("compare", run, code=5)


@pytest.mark.parametrize("file", FILES[2:])
def test_an_endless_last_line(refused: Any, run: Path, file: str) -> None:
    os.truncate(run / file, 150_000_000)
    refused("plot", run, KINDS.get(file, "loss"), "--out", "pictures", code=5)


def rewrite(run: Path, spec: dict[str, Any] | None = None, **summary: Any) -> None:
    """Change what a run says, with the hash that makes it believed."""
    spec = (read_yaml(run / "spec.yaml").value if spec is None else spec) | {}
    (run / "spec.yaml").write_text(dump_yaml(spec), encoding="utf-8")
    document = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    document |= {"spec_sha256": spec_sha256(spec), **summary}
    (run / "summary.json").write_text(json.dumps(document), encoding="utf-8")


def test_control_characters_in_the_records_of_a_run(ends_safely: Any, run: Path, made: Path, tmp_path: Path) -> None:
    sound = read_yaml(run / "spec.yaml").value
    assert isinstance(sound, dict)
    rewrite(run, message=TEXT, extra={TEXT: [TEXT]})
    (run / "log.txt").write_text(TEXT, encoding="utf-8")
    (run / "environment.json").write_text(json.dumps({TEXT: TEXT}), encoding="utf-8")
    ends_safely("show", run, code=0)
    for name in ("diagnostics.csv", "histograms.csv"):
        (run / name).write_text((run / name).read_text(encoding="utf-8").replace("tanh1", TEXT), encoding="utf-8")
    pictures = ends_safely(
        "plot", run, "gradients", "activations", "--format", "svg", "--out", "pictures", code=0
    ).stdout
    for picture in pictures.splitlines():
        assert not {"\x1b", "\x9b", "\u202e"} & set(Path(picture).read_text(encoding="utf-8"))
    ends_safely("watch", run, code=0)
    rewrite(run, sound | {"name": TEXT, "model": {"name": TEXT, TEXT: {TEXT: TEXT}}})
    ends_safely("show", run, code=2)
    ends_safely("watch", run, code=0)
    for sort in (TEXT, "model.name", f"model.{TEXT}.{TEXT}"):
        ends_safely("compare", run, made / "run", "--sort", sort, "--out", "pictures", code=0)
    ends_safely("compare", run, made / "run", "--csv", "-", code=0)
    ends_safely("compare", run, made / "run", "--json", code=0)
    ends_safely("plot", run, "loss", "--format", "svg", code=0)
    for status in (TEXT, [TEXT], {"a": 1}):
        rewrite(run, status=status)
        ends_safely("compare", run, code=5)
        ends_safely("show", run, code=5)
    rewrite(run, status="completed")
    metrics = (run / "metrics.csv").read_text(encoding="utf-8").splitlines()
    wider = [f"{line},{TEXT if place == 0 else 1}" for place, line in enumerate(metrics)]
    (run / "metrics.csv").write_text("\n".join([*wider, ""]), encoding="utf-8")
    ends_safely("compare", run, "--sort", "nothing", code=2)
    rewrite(run, final=None, best=None)
    ends_safely("compare", run, "--sort", TEXT, "--out", "pictures", code=0)


@pytest.mark.parametrize("value", ["inf", "nan", "1e308", "-1e308", "5e-324", ""])
def test_extreme_numbers_in_the_records_of_a_run(ends_safely: Any, run: Path, made: Path, value: str) -> None:
    """In every column but the steps and the shares and, with a metric that the best row lacks, in the summary."""
    path = run / "metrics.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    names = header.split(",")
    cells = ["0.5" if name.endswith("accuracy") else value for name in names[1:]]
    changed = [",".join([row.split(",")[0], *cells]) for row in rows]
    path.write_text("\n".join([header, *rows[:-1], changed[-1], ""]), encoding="utf-8")
    final = {name: None if cell in ("", "nan") else float(cell) for name, cell in zip(names[1:], cells, strict=True)}
    final["step"] = 4
    best = {name: float(cell) if cell else None for name, cell in zip(names, rows[0].split(","), strict=True)}
    rewrite(run, final=final, best=best)
    ends_safely("show", run, code=0)
    path.write_text("\n".join([header, *changed, ""]), encoding="utf-8")
    rewrite(run, final=final, best=final)
    ends_safely("show", run, code=0)
    ends_safely("compare", run, made / "run", "--out", "pictures", code=0)
    (run / "steps.csv").write_text(f"step,loss\n1,{value or 0}\n2,1\n3,{value or 0}\n4,1\n", encoding="utf-8")
    (run / "diagnostics.csv").write_text(
        f"step,layer,gradient_norm\n1,a,{value}\n2,a,{value}\n2,b,1\n", encoding="utf-8"
    )
    ends_safely("plot", run, "loss", "gradients", "--out", "pictures", code=0)


HISTOGRAMS = {
    "edges that are none": "0,a,nan,1,3",
    "infinite edges": "0,a,-inf,inf,3",
    "edges without an end between them": "0,a,-1e308,1e308,3",
    "steps without end": "\n".join(f"{step},a,0,1,3" for step in range(2000)),
    "edges that go back": "0,a,1,0,3",
    "a count that is none": "0,a,0,1,-3",
    "a count without end": "0,a,0,1," + "9" * 5000,
    "a step that is none": "1e9,a,0,1,3",
    "bins without end": "\n".join(f"0,a,{left},{left + 1},3" for left in range(1000)),
    "layers without end": "\n".join(f"0,a{layer},0,1,3" for layer in range(20_000)),
}


@pytest.mark.parametrize("rows", HISTOGRAMS.values(), ids=HISTOGRAMS.keys())
def test_forged_histograms(refused: Any, run: Path, rows: str) -> None:
    (run / "histograms.csv").write_text(f"step,layer,left,right,count\n{rows}\n", encoding="utf-8")
    assert "histograms.csv:" in refused("plot", run, "activations", code=5).stderr


def test_very_many_layers_and_snapshots_are_drawn_in_part(ends_safely: Any, run: Path) -> None:
    rows = [f"{step},a{layer},0,1,3" for step in range(20) for layer in range(3)]
    (run / "histograms.csv").write_text("\n".join(["step,layer,left,right,count", *rows, ""]), encoding="utf-8")
    (run / "diagnostics.csv").write_text(
        "\n".join(["step,layer,gradient_norm", *(f"1,a{layer},1" for layer in range(2000)), ""]), encoding="utf-8"
    )
    ends_safely("plot", run, "gradients", "activations", "--out", "pictures", code=0)


def test_spec_of_a_huge_network_is_refused(refused: Any, run: Path) -> None:
    spec = read_yaml(run / "spec.yaml").value
    assert isinstance(spec, dict)
    rewrite(run, spec | {"model": {**spec["model"], "hidden": [10**7, 10**7]}})
    refused("plot", run, "confusion", code=2)
    refused("show", run, code=2)


def test_untrusted_text_and_numbers_in_descent_records(ends_safely: Any, descent: Path) -> None:
    path = descent / "path.csv"
    sound = path.read_text(encoding="utf-8")
    for label in (TEXT, "_", "x" * 1000, "", '"two\nlines"'):
        path.write_text(sound.replace("sgd lr=0.1", label), encoding="utf-8")
        ends_safely("plot", descent, code=5)
    for value in ("nan", "-1e308"):
        header, first, *rows = sound.splitlines()
        rows = [",".join([*row.split(",")[:2], *[value] * 4]) for row in rows if "sgd" in row]
        path.write_text("\n".join([header, first, *rows, ""]), encoding="utf-8")
        ends_safely("plot", descent, "--out", "pictures", code=0)
        path.write_text("\n".join([header, f"sgd lr=0.1,0{4 * f',{value}'}", *rows, ""]), encoding="utf-8")
        ends_safely("plot", descent, "--out", "pictures", code=5)
        path.write_text("\n".join([header, f"sgd lr=0.1,0,1,2,{value},{value}", *rows, ""]), encoding="utf-8")
        ends_safely("plot", descent, "paths", "values", "--out", "pictures", code=0)
    (descent / "log.txt").write_text(TEXT, encoding="utf-8")
    assert "\\x1b[31m" in ends_safely("show", descent, code=0).stdout


@pytest.mark.parametrize("file", ["path.csv", "log.txt", "spec.yaml"])
def test_pipes_and_devices_in_a_descent_do_not_block(refused: Any, descent: Path, file: str) -> None:
    command = "plot" if file == "path.csv" else "show"
    os.truncate(descent / file, 150_000_000)
    refused(command, descent, code=5)
    (descent / file).unlink()
    (descent / file).symlink_to("/dev/zero")
    refused("show", descent, code=5)


def test_an_expression_with_hidden_characters(ends_safely: Any, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    text = json.dumps("x0**2 + x1**2  # \x1b]0;title\x07\u202e")
    spec.write_text(
        f"{{expression: {text}, start: [1, 2], steps: 2, optimizer: {{name: sgd, lr: 1}}}}", encoding="utf-8"
    )
    run = ends_safely("descend", spec, code=0).stdout.splitlines()[-1]
    ends_safely("show", run, code=0)
    ends_safely("plot", run, "--format", "svg", code=0)


def test_valid_folders_are_read(ends_safely: Any, run: Path, descent: Path) -> None:
    assert RunSetup(load_experiment(run / "spec.yaml")).network.parameter_count == 22
    for folder in (run, descent):
        ends_safely("show", folder, code=0)
        ends_safely("plot", folder, "--out", "pictures", code=0)


def unfinished(run: Path) -> Path:
    """The run as one that was killed."""
    rewrite(run, status="running")
    return run


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
@pytest.mark.parametrize("file", ["lock", "log.txt", "steps.csv", "metrics.csv", "diagnostics.csv"])
def test_resume_writes_into_no_file_outside_of_the_run(
    refused: Any, run: Path, file: str, link: str, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    if (run / file).exists():
        (run / file).rename(precious)
    else:
        precious.write_text("precious", encoding="utf-8")
    getattr(run / file, link)(precious)
    before = precious.read_bytes()
    refused("train", "--resume", unfinished(run), code=5)
    refused("train", "--resume", run, "--iterations", "9", code=5)
    assert precious.read_bytes() == before


@pytest.mark.parametrize("folder", ["plots", "checkpoints", "snapshots"])
def test_resume_writes_into_no_folder_outside_of_the_run(refused: Any, run: Path, folder: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (run / folder).rename(elsewhere)
    (elsewhere / ".precious.tmp").write_text("precious", encoding="utf-8")
    (elsewhere / "step-0000099.safetensors").write_text("precious", encoding="utf-8")
    before = {path: path.read_bytes() for path in elsewhere.iterdir()}
    (run / folder).symlink_to(elsewhere)
    said = refused("train", "--resume", unfinished(run), code=5)
    assert f"{folder}: is a link, but a run writes only into its own folder" in said.stderr
    if folder == "plots":
        refused("plot", run, "accuracy", code=5)
    assert {path: path.read_bytes() for path in elsewhere.iterdir()} == before


@pytest.mark.parametrize("kind", ["run", "descent"])
@pytest.mark.parametrize("dangling", [False, True])
def test_pictures_are_not_drawn_through_links(
    ends_safely: Any,
    request: pytest.FixtureRequest,
    kind: str,
    dangling: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nnlab.plots.regions.GRID", 4)
    folder, precious = request.getfixturevalue(kind), tmp_path / "precious"
    shutil.rmtree(folder / "plots")
    (folder / "plots").mkdir()
    for name in ("boundary.gif", "race.gif", "accuracy.png", "values.png"):
        for planted in (name, f".{name}"):
            (folder / "plots" / planted).symlink_to(precious)
    if not dangling:
        precious.write_text("precious", encoding="utf-8")
    ends_safely("plot", folder, *(["accuracy"] if kind == "run" else ["values"]), "--animate", code=0)
    drawn = {path.name for path in (folder / "plots").iterdir() if not path.is_symlink()}
    assert drawn == ({"accuracy.png", "boundary.gif"} if kind == "run" else {"values.png", "race.gif"})
    assert precious.exists() is not dangling
    assert dangling or precious.read_text(encoding="utf-8") == "precious"


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize("file", ["lock", "log.txt", "steps.csv", "metrics.csv", "diagnostics.csv", "summary.json"])
def test_writing_does_not_block_on_pipes(ends_safely: Any, run: Path, file: str) -> None:
    unfinished(run)
    (run / file).unlink(missing_ok=True)
    os.mkfifo(run / file)
    ends_safely("train", "--resume", run)
    ends_safely("runs", "ls", "--runs", run.parent)
    ends_safely("runs", "rm", run, "-y")


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize(
    "environment",
    [
        {"packages": [1], "blas": 7, "data_sha256": "x", "resumed_after": 5, "drift": 6},
        {"packages": None, "blas": [None, [1]], "git": [], "drift": [[["deep"]]], "resumed_after": {"a": 1}},
        {"packages": {"numpy": TEXT}, "shards": TEXT, "data_sha256": {TEXT: TEXT}, "blas": [{"version": TEXT}]},
    ],
    ids=["of other kinds", "none", "with words"],
)
def test_an_invalid_environment(ends_safely: Any, refused: Any, run: Path, environment: dict[str, Any]) -> None:
    unfinished(run)
    (run / "environment.json").write_text(json.dumps(environment), encoding="utf-8")
    refused("train", "--resume", run, code=5)
    ends_safely("train", "--resume", run, "--allow-drift", code=0)


@pytest.mark.usefixtures("no_pictures")
def test_an_untrusted_repository_runs_nothing(
    ends_safely: Any, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git would run what these name: a filter, a hook, a file system monitor, in a bare repository too."""
    script = f"#!/bin/sh\ntouch {tmp_path}/obeyed\n"
    config = f"""\
[core]
\trepositoryformatversion = 0
\tfsmonitor = {tmp_path}/hook
\thooksPath = {tmp_path}/hooks
\tworktree = {tmp_path}
\tpager = {tmp_path}/hook
[filter "planted"]
\tclean = {tmp_path}/hook
\tprocess = {tmp_path}/hook
\trequired = true
"""
    files = {
        "hook": script,
        "hooks/post-index-change": script,
        "bin/git": script,
        ".gitattributes": "* filter=planted\n",
    }
    for folder, branch in ((".git", "main"), ("work", "planted")):
        files |= {
            f"{folder}/HEAD": f"ref: refs/heads/{branch}\n",
            f"{folder}/refs/heads/{branch}": "a" * 40 + "\n",
            f"{folder}/objects/info/alternates": f"{tmp_path}/pipe\n",
            f"{folder}/hooks/post-index-change": script,
            f"{folder}/config": config,
        }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path / "work")
    run = ends_safely("train", spec, "-s", "train.iterations=1", code=0).stdout.splitlines()[-1]
    found = json.loads(Path(run, "environment.json").read_bytes())["git"]
    assert found == {"commit": "a" * 40, "branch": "main"}
    assert not (tmp_path / "obeyed").exists()
