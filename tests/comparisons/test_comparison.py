"""Comparing runs: what differs, groups of seeds, order, damage, CSV and JSON."""

import csv
import json
import statistics
from collections.abc import Callable
from math import sqrt
from pathlib import Path

import pytest
from made_sweeps import made_sweep

from nnlab.comparisons.comparison import Comparison, compare
from nnlab.comparisons.entries import RECORDING_KEYS
from nnlab.comparisons.statistics import bca_interval
from nnlab.config.completions import spec_keys
from nnlab.errors import RunError, UsageError
from nnlab.language import speaking

MakeRun = Callable[..., Path]

SGD = {"name": "sgd", "lr": 0.1}


def names(comparison: Comparison) -> list[str]:
    return [entry.names for entry in comparison.entries]


def test_only_differing_keys_are_kept(make_run: MakeRun) -> None:
    comparison = compare([make_run("a"), make_run("b", {"name": "sgd", "optimizer": SGD, "model.hidden": [50]})])
    assert comparison.keys == ("model.hidden", "optimizer.name", "optimizer.lr")
    assert "optimizer.beta1" not in comparison.entries[1].settings
    assert comparison.labels == ("hidden [40, 20], optimizer adam, lr 0.01", "hidden [50], optimizer sgd, lr 0.1")


def test_recording_keys_are_not_differences(make_run: MakeRun) -> None:
    recording: dict[str, object] = {"train.snapshots": 5, "train.diagnostics": True, "train.checkpoint_every": 7}
    recording |= {"train.pictures": False, "train.tensorboard": True}
    assert set(recording) == set(RECORDING_KEYS) <= {key.partition("=")[0] for key in spec_keys()}
    comparison = compare([make_run("a"), make_run("b", {"seed": 1, **recording})])
    assert comparison.labels == ("adam (2 seeds)",)


def test_metrics_are_a_difference_only_where_one_is_measured_in_two_ways(make_run: MakeRun) -> None:
    few = make_run("a", {"metrics": ["accuracy", {"name": "top_k", "k": 3}]})
    more = make_run("b", {"seed": 1, "metrics": [{"name": "top_k", "k": 3}]})
    other = make_run("c", {"seed": 2, "metrics": [{"name": "top_k", "k": 5}, "accuracy"]})
    assert compare([few, more, make_run("d", {"seed": 3})]).labels == ("adam (3 seeds)",)
    comparison = compare([few, more, other])
    assert comparison.keys == ("seed", "metrics")
    assert [len(entry.runs) for entry in comparison.entries] == [2, 1]


def test_name_is_a_difference_only_without_others(make_run: MakeRun) -> None:
    same = compare([make_run("a", {"name": "first"}), make_run("b", {"name": "second"})])
    assert same.keys == ("name",)
    assert same.labels == ("name first", "name second")


def test_a_component_with_and_without_keys_shares_a_column(make_run: MakeRun) -> None:
    leaky = {"name": "leaky_relu", "slope": 0.01}
    comparison = compare([make_run("a"), make_run("b", {"model.activation": leaky})])
    assert comparison.keys == ("model.activation.name",)
    assert comparison.labels == ("activation sigmoid", "activation leaky_relu")


def test_true_and_one_are_different_values(make_run: MakeRun) -> None:
    comparison = compare([make_run("a", {"model.init": 1}), make_run("b", {"model.init": True})])
    assert comparison.keys == ("model.init",)


def test_seeds_are_averaged(make_run: MakeRun) -> None:
    finals = [0.9375, 0.875, 0.75]
    runs = [make_run(f"s{seed}", {"seed": seed}, accuracies=[0.5, final]) for seed, final in enumerate(finals)]
    comparison = compare([*runs, make_run("other", {"optimizer.lr": 1.0})])
    group = next(entry for entry in comparison.entries if len(entry.runs) == 3)
    spread = group.measures["train_accuracy"]
    assert (spread.mean, spread.n) == (pytest.approx(statistics.mean(finals)), 3)
    assert spread.std == pytest.approx(statistics.stdev(finals))
    assert group.settings["seed"] == [0, 1, 2]
    assert comparison.labels[comparison.entries.index(group)] == "lr 0.01 (3 seeds)"


def test_single_group_has_its_name_as_title(make_run: MakeRun) -> None:
    comparison = compare([make_run("a"), make_run("b", {"seed": 1})])
    assert comparison.keys == ()
    assert comparison.titles == comparison.labels == ("adam (2 seeds)",)


def test_names_may_differ_within_a_group(make_run: MakeRun) -> None:
    comparison = compare([make_run("a"), make_run("b", {"seed": 1, "name": "again"})])
    assert names(comparison) == ["adam, again"]


def test_repeated_seeds_and_unfinished_runs_are_not_averaged(make_run: MakeRun) -> None:
    runs = [
        make_run("a"),
        make_run("b", {"seed": 1}),
        make_run("again", {"seed": 1}),
        make_run("killed", {"seed": 2}, status="running"),
        make_run("diverged", {"seed": 3}, status="diverged"),
    ]
    comparison = compare(runs)
    assert sorted(len(entry.runs) for entry in comparison.entries) == [1, 1, 1, 2]
    assert comparison.keys == ("seed",)
    assert len(set(comparison.labels)) == 4


def test_best_is_not_final(make_run: MakeRun) -> None:
    measures = compare([make_run(accuracies=[0.5, 0.9375, 0.75])]).entries[0].measures
    assert (measures["test_accuracy"].mean, measures["best_test_accuracy"].mean) == (0.6875, 0.875)
    assert measures["best_step"].mean == 10


def test_best_is_chosen_by_validation_if_present(make_run: MakeRun) -> None:
    measures = compare([make_run(accuracies=[0.5, 0.9375, 0.75], validation=True)]).entries[0].measures
    assert (measures["validation_accuracy"].mean, measures["best_test_accuracy"].mean) == (0.71875, 0.875)
    assert measures["best_step"].mean == 10


def test_validation_can_be_sorted_by(make_run: MakeRun) -> None:
    runs = [
        make_run(name, {"name": name, "optimizer.lr": lr}, accuracies=[final], validation=True, test=False)
        for name, lr, final in [("low", 0.1, 0.5), ("high", 0.2, 0.75), ("mid", 0.3, 0.625)]
    ]
    for sort in ("validation_accuracy", "validation_loss", "test_accuracy", "accuracy"):
        assert names(compare(runs, sort=sort)) == ["high", "mid", "low"]
    row = next(csv.DictReader(compare(runs).to_csv().splitlines()))
    assert (row["validation_accuracy"], row["test_accuracy"]) == ("0.71875", "")


def test_validation_decides_the_order_where_all_runs_have_it(make_run: MakeRun) -> None:
    """Test accuracy is 1/32 below validation accuracy in each run, except for one with a better test accuracy."""
    runs = [
        make_run(name, {"name": name, "optimizer.lr": lr}, accuracies=[final], validation=True)
        for name, lr, final in [("low", 0.1, 0.5), ("high", 0.2, 0.75)]
    ]
    lucky = make_run("lucky", {"name": "lucky", "optimizer.lr": 0.3}, accuracies=[0.625], validation=True)
    for file in ("metrics.csv", "summary.json"):
        (lucky / file).write_text((lucky / file).read_text().replace("0.5625", "0.9375"))
    comparison = compare([*runs, lucky])
    assert (comparison.sort, names(comparison)) == ("validation_accuracy", ["high", "lucky", "low"])
    assert names(compare([*runs, lucky], sort="test_accuracy")) == ["lucky", "high", "low"]
    without = make_run("without", {"name": "without", "optimizer.lr": 0.4}, accuracies=[0.5])
    assert compare([*runs, lucky, without]).sort == "test_accuracy"
    hidden = make_run("hidden", {"name": "hidden", "optimizer.lr": 0.5}, accuracies=[0.5], test=False)
    assert compare([hidden]).sort == "train_accuracy"


def test_files_next_to_folds_are_ignored(make_run: MakeRun) -> None:
    folds = [make_run(f"parent/fold-{k}", {"data.fold": k, "data.folds": 2}, validation=True) for k in (1, 2)]
    parent = folds[0].parent
    for name in ("spec.yaml", "summary.json"):
        (parent / name).write_text("")
    comparison = compare(sorted(parent.iterdir()))
    assert comparison.damaged == ()
    assert comparison.labels == ("fold 1", "fold 2")


def test_skipped_folders_are_counted(make_run: MakeRun, tmp_path: Path) -> None:
    run, parent = make_run("a"), make_run("parent/fold-1").parent
    descents = [make_run(f"descent-{number}") for number in (1, 2)]
    for path in (parent, *descents):
        (path / "spec.yaml").write_text("")
        (path / "summary.json").write_text("")
    for path in descents:
        (path / "path.csv").write_text("")
    comparison = compare([*descents, parent, run])
    assert (comparison.damaged, len(comparison.entries)) == ((), 1)
    assert [(found.path, found.kind) for found in comparison.passed_over] == [
        *((path, "descent") for path in descents),
        (parent, "crossval"),
    ]
    assert comparison.passed_over_counts == "2 descents, 1 cross-validation"
    assert json.loads(comparison.to_json())["passed_over"][2] == {"path": str(parent), "kind": "crossval"}
    assert compare([run]).passed_over_counts == ""
    with pytest.raises(RunError, match=r"parent: a cross-validation; its folds are runs"):
        compare([parent])


def test_a_running_run_has_no_time_yet(make_run: MakeRun) -> None:
    measures = compare([make_run(status="running")]).entries[0].measures
    assert "train_seconds" not in measures
    assert measures["step"].mean == 40


def three_runs(make_run: MakeRun) -> list[Path]:
    return [
        make_run("low", {"name": "low", "optimizer.lr": 0.1}, accuracies=[0.5, 0.625], seconds=3.0),
        make_run("high", {"name": "high", "optimizer.lr": 10.0}, accuracies=[0.5, 0.875], seconds=1.0),
        make_run("mid", {"name": "mid", "optimizer.lr": 2.0}, accuracies=[0.5, 0.8125], test=False, seconds=2.0),
    ]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("test_accuracy", ["high", "low", "mid"]),  # a training accuracy is no test accuracy
        ("best_test_accuracy", ["high", "low", "mid"]),
        ("train_accuracy", ["high", "mid", "low"]),
        ("test_loss", ["high", "low", "mid"]),
        ("train_seconds", ["high", "mid", "low"]),
        ("accuracy", ["high", "low", "mid"]),
        ("objective", ["high", "mid", "low"]),
        ("optimizer.lr", ["low", "mid", "high"]),
        ("lr", ["low", "mid", "high"]),
        ("name", ["high", "low", "mid"]),
        ("optimizer", ["low", "high", "mid"]),
    ],
)
def test_sorting(make_run: MakeRun, sort: str, order: list[str]) -> None:
    assert names(compare(three_runs(make_run), sort=sort)) == order


def test_values_of_several_kinds_can_be_sorted(make_run: MakeRun) -> None:
    values = ["xavier", 0.5, 10**400, None, [1], True, 0.1]
    runs = [make_run(f"r{index}", {"model.init": value}) for index, value in enumerate(values)]
    comparison = compare(runs, sort="model.init")
    assert [entry.settings["model.init"] for entry in comparison.entries[:3]] == [0.1, 0.5, 10**400]


def test_an_unknown_sort_key_gets_a_suggestion(make_run: MakeRun) -> None:
    with pytest.raises(UsageError, match="no run has 'test_acuracy'; did you mean 'test_accuracy'"):
        compare([make_run()], sort="test_acuracy")
    with pytest.raises(UsageError, match=r"did you mean 'optimizer\.lr'"):
        compare([make_run("b")], sort="optimiser.lr")


def test_without_any_test_set_training_accuracy_decides(make_run: MakeRun) -> None:
    runs = [
        make_run("low", {"name": "low", "optimizer.lr": 0.1}, accuracies=[0.5, 0.625], test=False),
        make_run("high", {"name": "high", "optimizer.lr": 10.0}, accuracies=[0.5, 0.875], test=False),
    ]
    assert names(compare(runs)) == ["high", "low"]


def test_single_seed_is_not_in_labels_beside_averages(make_run: MakeRun) -> None:
    runs = [make_run(f"a{seed}", {"optimizer.lr": 0.1, "seed": seed}) for seed in (0, 1)]
    runs.append(make_run("b", {"optimizer.lr": 0.5}))
    assert set(compare(runs).labels) == {"lr 0.1 (2 seeds)", "lr 0.5"}


def test_top_keeps_the_first_and_what_differs_among_them(make_run: MakeRun) -> None:
    runs = three_runs(make_run)
    assert names(compare(runs, top=2)) == ["high", "low"]
    assert compare(runs, top=1).keys == ()
    with pytest.raises(UsageError, match="top: must be at least 1"):
        compare(runs, top=0)


def test_damaged_runs_are_listed_separately(make_run: MakeRun, tmp_path: Path) -> None:
    bad, worse = make_run("bad"), make_run("worse")
    (bad / "metrics.csv").write_text((bad / "metrics.csv").read_text() + "garbage\n")
    (worse / "steps.csv").write_text((worse / "steps.csv").read_text().replace("\n7,", "\nseven,"))
    comparison = compare([bad, make_run("good"), tmp_path / "gone", worse])
    assert len(comparison.entries) == 1
    assert [run.path for run in comparison.damaged] == [bad, tmp_path / "gone", worse]
    assert [run.message.removeprefix(str(tmp_path)) for run in comparison.damaged] == [
        "/runs/bad/metrics.csv:7: expected 10 cells, found 1: 'garbage'",
        "/gone: no such run folder",
        "/runs/worse/steps.csv:8: step: must be a number, got 'seven'",
    ]


def test_no_run_to_compare_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"a: no such run folder\n.*b: no such run folder"):
        compare([tmp_path / "a", tmp_path / "b"])
    with pytest.raises(RunError, match="no run was named"):
        compare([])


def test_duplicate_paths_count_once(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run("a")
    monkeypatch.chdir(run.parent)
    (run.parent / "link").symlink_to(run)
    comparison = compare([run, "a", "./a/", "../runs/a", "link"])
    assert len(comparison.entries) == 1
    assert len(comparison.entries[0].runs) == 1


def test_titles_leave_out_the_time_if_unambiguous(make_run: MakeRun) -> None:
    first, second = make_run("20250101-120000-adam-aaaaaa"), make_run("20250102-120000-adam-bbbbbb")
    assert compare([first, second]).titles == ("adam-aaaaaa", "adam-bbbbbb")
    replica = make_run("20250103-120000-adam-aaaaaa")
    assert compare([first, replica]).titles == ("20250101-120000-adam-aaaaaa", "20250103-120000-adam-aaaaaa")


def test_csv_has_no_formulas(make_run: MakeRun) -> None:
    """What begins like one in a name or a setting gets an apostrophe; numbers stay numbers."""
    first = make_run("-a", {"name": "=cmd|' /C calc'!A0", "optimizer.lr": -0.5, "loss": "@SUM(1)"})
    second = make_run("b", {"name": "+1", "optimizer.lr": 0.1, "loss": "-1"})
    rows = list(csv.DictReader(compare([first, second]).to_csv().splitlines()))
    assert [(row["run"], row["name"], row["loss"], row["optimizer.lr"]) for row in rows] == [
        ("'-a", "'=cmd|' /C calc'!A0", "'@SUM(1)", "-0.5"),
        ("b", "'+1", "'-1", "0.1"),
    ]


def test_csv_holds_all_digits(make_run: MakeRun) -> None:
    third = 1 / 3
    runs = [
        make_run("a", accuracies=[0.5, third]),
        make_run("b", {"seed": 1}, accuracies=[0.5, 0.5]),
        make_run("c", {"name": "sgd", "optimizer": SGD}, accuracies=[0.1], test=False),
    ]
    rows = list(csv.DictReader(compare(runs).to_csv().splitlines()))
    group = next(row for row in rows if row["n"] == "2")
    assert group["run"] == "a b"
    assert float(group["train_accuracy"]) == (third + 0.5) / 2
    assert float(group["train_accuracy_std"]) == pytest.approx(statistics.stdev([third, 0.5]), rel=1e-15)
    single = next(row for row in rows if row["n"] == "1")
    assert (single["name"], single["optimizer.name"], single["optimizer.lr"]) == ("sgd", "sgd", "0.1")
    assert "optimizer.beta1" not in single
    assert (single["train_accuracy"], single["train_accuracy_std"], single["test_accuracy"]) == ("0.1", "", "")
    assert "name" in rows[0]
    assert list(rows[0]).count("name") == 1


def test_json_holds_runs_groups_and_damage(make_run: MakeRun, tmp_path: Path) -> None:
    runs = [make_run("a"), make_run("b", {"seed": 1}), make_run("c", {"optimizer": SGD}), tmp_path / "gone"]
    document = json.loads(compare(runs).to_json())
    assert document["sort"] == "test_accuracy"
    assert document["differing"][:3] == ["seed", "optimizer.name", "optimizer.lr"]
    group, single = document["entries"]
    assert (group["n"], single["n"]) == (2, 1)
    assert [run["seed"] for run in group["runs"]] == [0, 1]
    assert group["measures"]["test_accuracy"] == {"mean": 0.875, "std": 0.0, "n": 2}
    assert single["measures"]["test_accuracy"] == {"mean": 0.875, "std": None, "n": 1}
    assert single["spec"] == {"seed": 0, "optimizer.name": "sgd", "optimizer.lr": 0.1}
    assert document["damaged"] == [{"path": str(tmp_path / "gone"), "message": f"{tmp_path}/gone: no such run folder"}]


def test_json_has_no_numbers_that_are_not_finite(make_run: MakeRun) -> None:
    runs = [make_run(str(lr), {"optimizer": {"name": "sgd", "lr": lr}}) for lr in (float("nan"), 0.1)]
    document = json.loads(compare(runs).to_json(), parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert ".nan" in [entry["spec"]["optimizer.lr"] for entry in document["entries"]]


def test_optional_component_is_true_where_another_run_has_it_off(make_run: MakeRun) -> None:
    runs = [
        make_run("off", {"model.batch_norm": False}),
        make_run("on", {"model.batch_norm": {"eps": 1e-5, "momentum": 0.9}}),
    ]
    settings = {entry.folders[0]: entry.settings for entry in compare(runs).entries}
    assert settings["off"]["model.batch_norm"] is False
    assert settings["on"]["model.batch_norm"] is True


TRIALS = [
    *[(0.1, 0, 0.5, "completed"), (0.1, 1, 0.75, "completed"), (0.01, 0, 0.25, "diverged")],
    *[(0.01, 1, 0.5, "interrupted"), (0.001, 0, 0.5, "running"), (0.001, 1, 0, "waiting")],
]


def test_sweep_stands_for_its_finished_trials(make_run: MakeRun) -> None:
    sweep = made_sweep(make_run, TRIALS)
    comparison = compare([sweep], sort="train_accuracy")
    assert [entry.folders for entry in comparison.entries] == [("trial-001", "trial-002"), ("trial-003",)]
    assert comparison.keys == ("seed", "optimizer.lr")
    assert comparison.unfinished == (sweep / "trial-004", sweep / "trial-005")
    assert comparison.passed_over_counts == "2 unfinished trials"
    document = json.loads(comparison.to_json())
    assert document["unfinished"] == [str(sweep / "trial-004"), str(sweep / "trial-005")]
    assert (document["passed_over"], document["damaged"]) == ([], [])


def test_sweeps_and_runs_are_compared_together_each_once(make_run: MakeRun) -> None:
    run = make_run("alone", {"optimizer.lr": 7.0})
    sweep = made_sweep(make_run, TRIALS[:3])
    other = made_sweep(make_run, TRIALS[:1], name="20250107-120000-adam-sweep-aa00bc")
    paths = [run, sweep, sweep / "trial-001", other]
    comparison = compare(paths)
    assert sorted(len(entry.runs) for entry in comparison.entries) == [1, 1, 1, 2]
    assert comparison.passed_over_counts == ""


def test_sweeps_are_sorted_by_their_goal(make_run: MakeRun) -> None:
    trials = [(lr, 0, 0.5, "completed") for lr in (0.1, 0.01)]
    sweep = made_sweep(make_run, trials, goal="validation_loss")
    other = made_sweep(make_run, trials, goal=None, name="20250107-120000-adam-sweep-aa00bc")
    assert compare([sweep]).sort == compare([sweep, sweep]).sort == "validation_loss"
    assert compare([sweep], sort="test_accuracy").sort == "test_accuracy"
    for paths in ([other], [sweep, other], [sweep, make_run("alone")], [sweep / "trial-001"]):
        assert compare(paths).sort in {"validation_accuracy", "test_accuracy"}
    (sweep / "summary.json").write_text("{")
    assert compare([sweep]).sort == "validation_accuracy"


def test_everything_in_the_folder_of_a_sweep_names_its_trials(make_run: MakeRun) -> None:
    sweep = made_sweep(make_run, TRIALS[:3])
    (sweep / "plots").mkdir()
    comparison = compare(sweep.iterdir())
    assert sum(len(entry.runs) for entry in comparison.entries) == 3
    assert (comparison.damaged, comparison.passed_over) == ((), ())


def test_sweep_without_finished_trials_is_an_error(make_run: MakeRun) -> None:
    with pytest.raises(RunError, match="trial-001: is not finished"):
        compare([made_sweep(make_run, TRIALS[3:5])])
    with pytest.raises(RunError, match="no trial of this sweep has begun"):
        compare([made_sweep(make_run, TRIALS[5:], name="20250107-120000-adam-sweep-aa00bc")])


def test_damaged_trial_of_a_sweep_is_reported(make_run: MakeRun) -> None:
    sweep = made_sweep(make_run, TRIALS[:3])
    (sweep / "trial-002" / "summary.json").write_text("{")
    comparison = compare([sweep])
    assert [found.path for found in comparison.damaged] == [sweep / "trial-002"]


def seeded_runs(make_run: MakeRun, lr: float, accuracies: dict[int, float], **options: object) -> list[Path]:
    return [
        make_run(f"lr-{lr}-{seed}", {"optimizer.lr": lr, "seed": seed}, accuracies=[0.5, accuracy], **options)
        for seed, accuracy in accuracies.items()
    ]


def test_entries_are_paired_on_equal_seeds(make_run: MakeRun) -> None:
    """Test accuracies are training accuracies − 1/16; the differences are 1/256 to 8/256."""
    low = {seed: 0.625 + seed / 64 for seed in range(8)}
    high = {seed: accuracy + (seed + 1) / 256 for seed, accuracy in low.items()} | {20: 0.75}
    comparison = compare([*seeded_runs(make_run, 0.1, low), *seeded_runs(make_run, 0.2, high)])
    statistics = comparison.statistics
    assert statistics is not None
    assert (statistics.column, statistics.maximize) == ("test_accuracy", True)
    (one,) = statistics.found.differences
    differences = [(seed + 1) / 256 for seed in range(8)]
    assert (one.n, one.won, one.mean) == (8, 8, pytest.approx(4.5 / 256))
    assert (one.low, one.high) == pytest.approx(bca_interval(differences))
    assert one.p == 2 / 2**8
    document = json.loads(comparison.to_json())["statistics"]
    assert (document["best"], document["against"][0]["label"]) == ("lr 0.2", "lr 0.1")
    assert document["against"][0]["verdict"].startswith("better by 1.76 points (0.98 to 2.54, 8 seeds, p = 0.008)")
    best, other = csv.DictReader(comparison.to_csv().splitlines())
    assert (best["seeds_paired"], best["difference"], best["p"]) == ("", "", "")
    assert (other["seeds_paired"], float(other["difference"])) == ("8", pytest.approx(4.5 / 256))
    assert (float(other["difference_low"]), float(other["difference_high"])) == (one.low, one.high)
    assert (other["won"], float(other["p"]), float(other["adjusted_p"])) == ("8", 2 / 2**8, 2 / 2**8)


def test_the_column_sorted_by_is_compared(make_run: MakeRun) -> None:
    low = {seed: 0.625 + seed / 64 for seed in range(6)}
    runs = seeded_runs(make_run, 0.1, low) + seeded_runs(make_run, 0.2, dict.fromkeys(low, 0.875))
    for sort, column, maximize in [
        ("train_loss", "train_loss", False),
        ("train_seconds", "train_seconds", False),
        ("lr", "test_accuracy", True),
        ("parameters", "test_accuracy", True),
    ]:
        statistics = compare(runs, sort=sort).statistics
        assert statistics is not None
        assert (statistics.column, statistics.maximize) == (column, maximize)
        if column == "train_loss":
            assert statistics.found.differences[0].mean < 0


def test_rows_that_top_cuts_off_are_corrected_for(make_run: MakeRun) -> None:
    runs = [run for lr in (0.1, 0.2, 0.3) for run in seeded_runs(make_run, lr, dict.fromkeys(range(2), 0.75 + lr / 4))]
    statistics = compare(runs, top=2).statistics
    assert statistics is not None
    assert (len(statistics.found.differences), statistics.found.comparisons) == (1, 3)


def test_single_runs_and_unfinished_ones_have_no_statistics(make_run: MakeRun) -> None:
    runs = [make_run("a"), make_run("b", {"optimizer.lr": 0.5})]
    assert compare(runs).statistics is None
    assert json.loads(compare(runs).to_json())["statistics"] is None
    runs += [make_run(f"d{seed}", {"optimizer.lr": 0.7, "seed": seed}, status="diverged") for seed in range(3)]
    assert compare(runs).statistics is None


def test_standard_error_of_the_test_set_is_known_from_the_number_of_its_samples(make_run: MakeRun) -> None:
    run = make_run(validation=True)
    assert json.loads(compare([run]).to_json())["entries"][0]["standard_errors"] == {}
    (run / "environment.json").write_text('{"samples": {"train": 300, "test": 400, "validation": 100}}')
    comparison = compare([run])
    errors = json.loads(comparison.to_json())["entries"][0]["standard_errors"]
    assert errors == pytest.approx(
        {"test_accuracy": sqrt(0.875 * 0.125 / 400), "validation_accuracy": sqrt(0.90625 * 0.09375 / 100)}
    )
    (row,) = csv.DictReader(comparison.to_csv().splitlines())
    assert float(row["test_accuracy_standard_error"]) == errors["test_accuracy"]
    older = make_run("older", {"data.test_size": 100})
    (row,) = csv.DictReader(compare([older]).to_csv().splitlines())
    assert float(row["test_accuracy_standard_error"]) == pytest.approx(sqrt(0.875 * 0.125 / 100))
    assert row["validation_accuracy_standard_error"] == ""


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"samples": 3}', '{"samples": {"test": "many"}}', '{"samples": {"test": 0}}']
)
def test_a_damaged_environment_leaves_out_the_standard_error(make_run: MakeRun, text: str) -> None:
    run = make_run()
    (run / "environment.json").write_text(text)
    assert json.loads(compare([run]).to_json())["entries"][0]["standard_errors"] == {}


def test_labels_are_in_the_current_language_and_json_is_not(make_run) -> None:
    comparison = compare([make_run(f"{seed}", {"seed": seed, "optimizer.lr": 0.1}) for seed in range(2)])
    english = comparison.to_json()
    with speaking("ja"):
        assert comparison.labels == (comparison.labels_without_seeds[0] + "（シード 2 個）",)
        assert comparison.to_json() == english
    assert comparison.labels == (comparison.labels_without_seeds[0] + " (2 seeds)",)
