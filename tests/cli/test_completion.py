"""Shell completion offers names that the shell reads back unchanged."""

from pathlib import Path
from unittest.mock import Mock

import pytest
from made_sweeps import made_sweep
from unreadable_folders import make_unreadable

from nnlab.cli.completion import (
    complete_condition,
    complete_config,
    complete_listed,
    complete_override,
    complete_removed,
    complete_run,
    complete_spec,
    complete_spec_or_run,
    complete_tag,
    complete_values,
)
from nnlab.records.annotations import Annotations, write_annotations

NAMES = ["$(touch pwned)", "`id`", "a b", "a;b", "a\x1b[31m", "-rf", "a'b", "a\u202eb", "a*"]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_names_with_shell_characters_are_not_completed(make_run, name: str) -> None:
    run = make_run()
    runs: Path = run.parent
    context = Mock(params={"runs": runs})
    assert complete_run(context, "") == ["last", run.name]
    removed = runs / ".trash" / run.name
    removed.parent.mkdir()
    run.rename(removed)
    removed.rename(removed.with_name(name))
    assert complete_removed(context, "") == []
    removed.with_name(name).rename(runs / name)
    assert complete_run(context, "") == []


def test_an_unreadable_run_does_not_hide_the_others(make_run, monkeypatch: pytest.MonkeyPatch) -> None:
    run, closed = make_run("20250101-120000-a-0a1b2c"), make_run("20250102-120000-b-0a1b2c")
    (run.parent / ".trash").mkdir()
    make_unreadable(closed, monkeypatch)
    make_unreadable(run.parent / ".trash", monkeypatch)
    context = Mock(params={"runs": run.parent})
    assert complete_run(context, "") == ["last", run.name, closed.name]
    assert complete_removed(context, "") == []


def test_trials_are_completed_by_path_and_by_the_short_name_of_their_sweep(make_run) -> None:
    sweep = made_sweep(make_run, [(0.1, 0, 0.5, "completed"), (0.2, 0, 0.5, "completed")])
    context = Mock(params={"runs": sweep.parent})
    assert complete_run(context, "2025") == [sweep.name]
    assert complete_run(context, f"{sweep}/trial") == [f"{sweep}/trial-001", f"{sweep}/trial-002"]
    assert complete_run(context, "adam-sweep/") == ["adam-sweep/trial-001", "adam-sweep/trial-002"]
    assert complete_run(context, "missing/") == []


def test_tags_of_all_runs_are_completed(make_run) -> None:
    first, second, damaged = make_run("a"), make_run("b"), make_run("c")
    write_annotations(first, Annotations(("good", "a/b")))
    write_annotations(second, Annotations(("gold", "bad")))
    (damaged / "annotations.json").write_text("{")
    context = Mock(params={"runs": first.parent})
    assert complete_tag(context, "") == ["bad", "gold", "good"]
    assert complete_tag(context, "go") == ["gold", "good"]


def test_conditions_are_completed_with_keys_and_metrics() -> None:
    assert "optimizer.name=adam" in complete_condition(Mock(params={}), "optimizer.name=")
    assert complete_condition(Mock(params={}), "validation_ac") == ["validation_accuracy"]


def test_specs_are_completed_with_files_folders_and_bundled_configs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_run
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ada").mkdir()
    for name in ("adam_own.yaml", "ada/own.yml", "adam.csv", "ada$(x).yaml"):
        (tmp_path / name).touch()
    assert complete_spec("ada") == ["ada/", "adam_own.yaml", "adagrad", "adam"]
    assert complete_spec("ada/") == ["ada/own.yml"]
    assert complete_spec("descent/va") == ["descent/valley"]
    assert complete_config("sweeps/w") == ["sweeps/weight_decay_lr", "sweeps/weight_init"]
    run = make_run("adam-run")
    context = Mock(params={"runs": run.parent})
    assert complete_spec_or_run(context, "adam") == ["adam_own.yaml", "adam", "adam-run"]
    assert complete_spec_or_run(context, "las") == ["last"]
    assert complete_run(Mock(params={"runs": tmp_path / "ada"}), "") == []


def test_components_of_a_plugin_are_completed_without_executing_it(tmp_path: Path) -> None:
    plugin = tmp_path / "own.py"
    plugin.write_text(
        "raise SystemExit\n"
        '@optimizers.register("my_rule")\nclass A: ...\n'
        '@optimizers.register("$(touch pwned)")\nclass B: ...\n'
        "@layers.register(name)\nclass C: ...\n"
    )
    context = Mock(params={"plugins": [plugin, tmp_path / "missing.py"]})
    assert complete_override(context, "optimizer.name=my") == ["optimizer.name=my_rule"]
    assert complete_override(context, "optimizer.name=$") == []
    assert complete_values(context, "optimizer.name=sgd,my") == ["optimizer.name=sgd,my_rule"]
    assert complete_listed(context, "my_") == ["my_rule"]
