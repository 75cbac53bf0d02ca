"""nnlab init."""

from pathlib import Path

import pytest

from nnlab.config.bundled import bundled_configs
from nnlab.config.starter import starter_spec
from nnlab.plugins.skeletons import skeleton


def test_it_writes_a_commented_spec_and_says_the_next_command(nnlab, tmp_path: Path) -> None:
    answer = nnlab("init")
    assert (answer.code, answer.stdout) == (0, "experiment.yaml\n")
    assert answer.stderr == "next: nnlab train experiment.yaml\n"
    assert (tmp_path / "experiment.yaml").read_text(encoding="utf-8") == starter_spec("experiment.yaml")
    assert nnlab("show", "experiment.yaml").code == 0


@pytest.mark.parametrize(
    ("name", "file", "command"),
    [
        ("adam", "adam.yaml", "train"),
        ("std_0.01", "std_0.01.yaml", "train"),
        ("descent/valley", "valley.yaml", "descend"),
        ("weight_decay_lr", "weight_decay_lr.yaml", "sweep"),
    ],
)
def test_a_bundled_config_is_copied_byte_for_byte(nnlab, tmp_path: Path, name: str, file: str, command: str) -> None:
    answer = nnlab("init", "--from", name)
    assert (answer.code, answer.stdout) == (0, f"{file}\n")
    assert answer.stderr == f"next: nnlab {command} {file}\n"
    known = {path.name: path for path in bundled_configs().values()}
    assert (tmp_path / file).read_bytes() == known[file].read_bytes()


def test_standard_output(nnlab, tmp_path: Path) -> None:
    answer = nnlab("init", "-")
    assert (answer.stdout, answer.stderr) == (starter_spec("experiment.yaml"), "")
    assert nnlab("init", "-", "--from", "sgd").stdout == bundled_configs()["sgd"].read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_unasked(nnlab, tmp_path: Path) -> None:
    own, link = tmp_path / "own.yaml", tmp_path / "link.yaml"
    own.write_text("mine")
    link.symlink_to("nowhere")
    for name in ("own.yaml", "link.yaml"):
        answer = nnlab("init", name)
        assert answer.code == 2
        assert f"nnlab: {name}: already exists; use --overwrite to replace it" in answer.stderr
    assert own.read_text() == "mine"
    assert nnlab("init", "own.yaml", "--overwrite").code == 0
    assert own.read_text(encoding="utf-8") == starter_spec("own.yaml")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["adam"], 2, "adam: the name of a spec ends in .yaml; --from NAME writes a bundled config"),
        (["/dev/null"], 2, "/dev/null: the name of a spec ends in .yaml"),
        (["folder.yaml", "--overwrite"], 2, "folder.yaml: is a folder"),
        (["file/own.yaml"], 5, "cannot be written: "),
        (["--from", "adamm"], 2, "no bundled config is called 'adamm'; did you mean 'adam'? nnlab list config lists"),
        (["--from", "../configs/adam"], 2, "no bundled config is called '../configs/adam'"),
        (["--from", ""], 2, "no bundled config is called ''"),
        (["a" * 300 + ".yaml"], 5, "File name too long"),
    ],
)
def test_what_cannot_be_written(nnlab, tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "file").touch()
    answer = nnlab("init", *arguments)
    assert (answer.code, answer.stdout) == (code, "")
    assert message in answer.stderr


@pytest.mark.parametrize("command", [["train", "adam", "--dry-run"], ["sweep", "adam", "-s", "seed=0,1", "--dry-run"]])
def test_a_name_that_passes_over_a_file_here_says_so(nnlab, command: list[str]) -> None:
    assert nnlab("init", "--from", "adam").code == 0
    note = "nnlab: adam is the bundled config; to use your file here, write adam.yaml\n"
    answer = nnlab(*command)
    assert (answer.code, answer.stderr.count(note)) == (0, 1)
    assert note not in nnlab(*[word.replace("adam", "adam.yaml") for word in command]).stderr


def test_a_component_to_start_from(nnlab, own_registries: None, tmp_path: Path) -> None:
    answer = nnlab("init", "--layer", "own/my_swish.py")
    assert (answer.code, answer.stdout) == (0, "own/my_swish.py\n")
    assert answer.stderr == "next: nnlab gradcheck own/my_swish.py\n"
    assert (tmp_path / "own" / "my_swish.py").read_text(encoding="utf-8") == skeleton("layer", Path("my_swish.py"))
    answer = nnlab("init", "--layer", "own/my_swish.py")
    assert (answer.code, "already exists; use --overwrite" in answer.stderr) == (2, True)
    assert "initial value of β" in nnlab("list", "my_swish", "--plugin", "own/my_swish.py").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--layer", "a.py", "--loss", "b.py"], "one file at a time"),
        (["a.yaml", "--loss", "b.py"], "one file at a time, and no spec"),
        (["--loss", "b.py", "--from", "adam"], "and no spec"),
        (["--optimizer", "adam.py"], "optimizer 'adam' is there already"),
        (["--optimizer", "missing/../x.yaml"], "ends in .py"),
    ],
)
def test_a_component_that_cannot_be_written(nnlab, tmp_path: Path, arguments: list[str], message: str) -> None:
    answer = nnlab("init", *arguments)
    assert answer.code == 2
    assert message in answer.stderr
    assert list(tmp_path.iterdir()) == []
