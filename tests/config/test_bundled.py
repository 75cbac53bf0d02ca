"""Bundled configs by name."""

from collections import Counter
from pathlib import Path

import pytest

import nnlab
from nnlab.config import bundled
from nnlab.config.bundled import bundled_configs, passed_over, spec_path
from nnlab.config.descent import load_descent
from nnlab.config.inheritance import tree_from_mapping
from nnlab.config.loading import load_experiment
from nnlab.config.spec_kinds import describes_descent, is_sweep_spec
from nnlab.config.sweep_loading import load_sweep, sweep_from_arguments
from nnlab.config.yaml_reader import read_yaml
from nnlab.errors import SpecError, UsageError

CONFIGS = Path(nnlab.__file__).parents[1] / "configs"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_file_has_one_name() -> None:
    assert set(bundled_configs().values()) == set(CONFIGS.rglob("*.yaml"))
    assert bundled_configs()["activations/relu_he"] == CONFIGS / "activations" / "relu_he.yaml"


def test_every_name_without_its_folder_is_unique() -> None:
    stems = Counter(path.stem for path in bundled_configs().values())
    assert [name for name, count in stems.items() if count > 1] == []


@pytest.mark.parametrize("name", bundled_configs())
def test_a_bundled_config_loads_as_its_file(name: str) -> None:
    path = CONFIGS / f"{name}.yaml"
    raw = read_yaml(path).value
    load = load_descent if describes_descent(raw) else load_sweep if is_sweep_spec(raw) else load_experiment
    assert load(name).to_yaml() == load(path.stem).to_yaml() == load(path).to_yaml()


def test_a_name_with_a_dot_is_kept_whole() -> None:
    assert load_experiment("std_0.01").name == "std_0.01"
    assert sweep_from_arguments("std_0.01", ["seed=0,1"]).base.name == "std_0.01"


def test_an_existing_file_or_folder_of_the_name_is_read(tmp_path: Path) -> None:
    (tmp_path / "adam").write_text("data: xor\nmodel: softmax\noptimizer: adam\ntrain: {epochs: 1}\n")
    (tmp_path / "sgd").mkdir()
    assert load_experiment("adam").train.epochs == 1
    (tmp_path / "relu").symlink_to("nowhere")
    for name, reason in (("sgd", "Is a directory"), ("relu", "No such file or directory")):
        with pytest.raises(UsageError, match=f"^{name}: {reason}; it hides the bundled config of this name$"):
            load_experiment(name)


def test_a_bundled_config_as_a_base(tmp_path: Path) -> None:
    own, sweep = tmp_path / "own.yaml", tmp_path / "grid.yaml"
    own.write_text("base: adam\noptimizer: {lr: 0.5}\n")
    sweep.write_text("base: std_0.01\nover: {seed: [0, 1]}\n")
    experiment = load_experiment(own)
    assert (experiment.name, experiment.optimizer.lr) == ("own", 0.5)
    assert experiment.train == load_experiment("adam").train
    assert load_sweep(sweep).base.name == "std_0.01"
    assert tree_from_mapping({"base": "relu_he", "seed": 3}).value == {
        **tree_from_mapping({"base": str(CONFIGS / "activations" / "relu_he.yaml")}).value,  # type: ignore[dict-item]
        "seed": 3,
    }


def test_a_file_beside_the_spec_comes_before_the_bundled_config(tmp_path: Path) -> None:
    folder = tmp_path / "specs"
    folder.mkdir()
    (folder / "adam").write_text("data: xor\nmodel: softmax\noptimizer: adam\ntrain: {epochs: 1}\n")
    (folder / "own.yaml").write_text("base: adam\n")
    assert load_experiment(folder / "own.yaml").train.epochs == 1


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("adamm", "; did you mean 'adam'? nnlab list config lists the bundled configs"),
        ("adam.yaml", "; did you mean 'adam'? nnlab list config lists the bundled configs"),
        ("configs/adam.yaml", "; did you mean 'adam'? nnlab list config lists the bundled configs"),
        ("relu_hee", "; did you mean 'relu_he'? nnlab list config lists the bundled configs"),
        ("zzz", "; nnlab list config lists the bundled configs"),
        ("zzz.yaml", ""),
        ("../adam", ""),
        ("runs/zzz", ""),
        ("/nowhere/adam", ""),
    ],
)
def test_a_missing_spec_with_near_names(name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_experiment(name)
    assert str(caught.value) == f"{name}: No such file or directory{hint}"


def test_a_missing_base_with_near_names(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("base: adamm\n")
    with pytest.raises(SpecError, match="base: adamm: No such file or directory; did you mean 'adam'"):
        load_experiment("own.yaml")


@pytest.mark.parametrize("name", ["", ".", "..", "adam/", "a" * 5000, "adam\x00", "../configs/adam", "~nobody/adam"])
def test_hostile_names_are_no_bundled_config(name: str) -> None:
    if name == "adam/":  # pathlib drops the slash
        assert spec_path(name).name == "adam.yaml"
        return
    with pytest.raises(UsageError):
        load_experiment(name)


def test_the_configs_within_the_package_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site-packages" / "nnlab"
    module = package / "config" / "bundled.py"
    module.parent.mkdir(parents=True)
    monkeypatch.setattr(bundled, "__file__", str(module))
    (package.parent / "configs").mkdir()  # of another package
    assert bundled._folder() is None
    (package.parent / "pyproject.toml").touch()
    assert bundled._folder() == package.parent / "configs"
    (package / "configs").mkdir()
    assert bundled._folder() == package / "configs"


def test_a_file_with_the_name_of_a_bundled_config_and_an_ending_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert passed_over("adam") is None
    Path("adam.yaml").touch()
    assert passed_over("adam") == Path("adam.yaml")
    assert passed_over("adam.yaml") is None
    assert passed_over("own") is None
    Path("adam").touch()
    assert passed_over("adam") is None
