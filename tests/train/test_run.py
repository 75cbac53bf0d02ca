import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from threadpoolctl import threadpool_info, threadpool_limits

from nnlab.config.experiment import Experiment
from nnlab.config.loading import load_experiment
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import BugError, Diverged, Interrupted, RunError, UsageError
from nnlab.inference.trained_network import trained_network
from nnlab.records.reader import read_run
from nnlab.records.run_folder import RunFolder
from nnlab.storage.file_system import NO_FSYNC, NO_LOCKS
from nnlab.storage.layout import METRICS_FILE, MODEL_FILE, SPEC_FILE, STEPS_FILE, SUMMARY_FILE
from nnlab.train import pictures as pictures_module
from nnlab.train import run as run_module
from nnlab.train.run import environment_of, run

SPEC = """\
seed: 3
data:      {name: moons, points: 40, test_points: 20}
model:     {name: mlp, hidden: [8, 6], activation: tanh, batch_norm: true, dropout: 0.2}
optimizer: {name: adam, lr: 0.01}
penalty:   {l1: 1e-4, l2: 1e-3}
train:     {epochs: 5, batch_size: 16, eval_every: 3}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "moons.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def summary_of(folder: Path) -> dict[str, object]:
    summary = json.loads((folder / SUMMARY_FILE).read_text(encoding="utf-8"))
    assert isinstance(summary, dict)
    return summary


@pytest.mark.usefixtures("no_pixels")
def test_a_run_folder_holds_everything_the_contract_names(spec: Path, tmp_path: Path) -> None:
    result = run(load_experiment(spec), tmp_path / "runs")
    files = {path.relative_to(result.path).as_posix() for path in result.path.rglob("*") if path.is_file()}
    assert files == {
        "spec.yaml",
        "steps.csv",
        "metrics.csv",
        "summary.json",
        "environment.json",
        "model.safetensors",
        "inputs.json",
        "checkpoints/step-0000025.safetensors",
        "log.txt",
        "plots/accuracy.png",
        "plots/loss.png",
        "plots/boundary.png",
    }
    summary = summary_of(result.path)
    assert summary == result.summary
    assert summary["status"] == "completed"
    assert summary["steps"] == 25  # 5 epochs of 80 samples in batches of 16
    steps = [line.split(",")[0] for line in (result.path / METRICS_FILE).read_text(encoding="utf-8").splitlines()]
    assert steps == ["step", "0", "3", "6", "9", "12", "15", "18", "21", "24", "25"]


def test_environment_records_versions_data_and_threads(tmp_path: Path, no_pictures: None) -> None:
    spec = tmp_path / "mnist.yaml"
    spec.write_text(
        "{data: {name: mnist, test_size: 50}, model: softmax, optimizer: sgd,"
        " train: {iterations: 1, eval_train: batch}, compute: {threads: 1}}",
        encoding="utf-8",
    )
    result = run(load_experiment(spec, ["optimizer.lr=0.1"]), tmp_path / "runs")
    environment = json.loads((result.path / "environment.json").read_text(encoding="utf-8"))
    assert environment["packages"]["numpy"] == np.__version__
    assert [library["num_threads"] for library in environment["blas"]] == [1] * len(environment["blas"])
    assert len(environment["data_sha256"]) == 4
    assert environment["cpu"]


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize("sampling", ["shuffle", "replacement"])
@pytest.mark.parametrize("rng", ["streams", "legacy"])
def test_the_same_spec_gives_the_same_files_byte_for_byte(spec: Path, tmp_path: Path, rng: str, sampling: str) -> None:
    overrides = [f"rng={rng}", f"train.sampling={sampling}"]
    first = run(load_experiment(spec, overrides), tmp_path / "runs").path
    again = run(load_experiment(spec, overrides), tmp_path / "runs").path
    repeated = run(load_experiment(first / SPEC_FILE), tmp_path / "runs").path
    for other in (again, repeated):
        for name in (SPEC_FILE, STEPS_FILE, METRICS_FILE, MODEL_FILE):
            assert (other / name).read_bytes() == (first / name).read_bytes(), name
    seed = run(load_experiment(spec, [*overrides, "seed=4"]), tmp_path / "runs").path
    assert (seed / STEPS_FILE).read_bytes() != (first / STEPS_FILE).read_bytes()


STEERED = [
    *(
        "data.points=60",
        "data.validation=0.2",
        "optimizer={name: momentum, lr: 0.5}",
        "loss={name: cross_entropy, smoothing: 0.1}",
    ),
    *("train.epochs=100", "train.clip_norm=2.0", "train.early_stopping={patience: 4}"),
    "train.schedule={name: warmup, steps: 5, after: {name: plateau, patience: 2}}",
]


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize("rng", ["streams", "legacy"])
def test_early_stopping_and_plateau_repeat_byte_for_byte_and_save_the_best_weights(
    spec: Path, tmp_path: Path, rng: str
) -> None:
    experiment = load_experiment(spec, [*STEERED, f"rng={rng}"])
    result = run(experiment, tmp_path / "runs")
    repeated = run(load_experiment(result.path / SPEC_FILE), tmp_path / "runs").path
    for name in (SPEC_FILE, STEPS_FILE, METRICS_FILE, MODEL_FILE):
        assert (repeated / name).read_bytes() == (result.path / name).read_bytes(), name

    record, summary = read_run(result.path), result.summary
    metrics = record.metrics
    best = int(metrics["validation_loss"].argmin())
    assert summary["status"] == "completed"
    assert summary["steps"] == metrics["step"][-1] == metrics["step"][best + 4] < 100 * 6
    assert summary["final"] == {name: column[best] for name, column in metrics.items()}
    assert summary["message"].startswith(f"stopped early after step {summary['steps']}: validation_loss ")
    assert summary["message"] in (result.path / "log.txt").read_text(encoding="utf-8")

    validation = RunSetup(experiment).dataset.validation
    assert validation is not None
    scores = trained_network(result.path).forward(validation.inputs.astype(np.float32), training=False)
    found = float((scores.argmax(axis=1) == validation.targets).mean())
    assert found == summary["final"]["validation_accuracy"] == metrics["validation_accuracy"][best]


AUGMENTED = """\
data:      {name: mnist, train_size: 30, test_size: 10, augment: [shift, {name: rotate, degrees: 20}, cutout]}
model:     {name: mlp, hidden: [5]}
optimizer: {name: sgd, lr: 0.1}
train:     {iterations: 3, batch_size: 10, eval_every: 1}
"""


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize("rng", ["streams", "legacy"])
def test_augmented_training_repeats_byte_for_byte(spec: Path, tmp_path: Path, rng: str) -> None:
    spec.write_text(AUGMENTED, encoding="utf-8")
    first, again = (run(load_experiment(spec, [f"rng={rng}"]), tmp_path / "runs").path for _ in range(2))
    repeated = run(load_experiment(first / SPEC_FILE), tmp_path / "runs").path
    plain = run(load_experiment(spec, [f"rng={rng}", "data.augment=[]"]), tmp_path / "runs").path
    for name in (STEPS_FILE, METRICS_FILE, MODEL_FILE):
        assert (again / name).read_bytes() == (repeated / name).read_bytes() == (first / name).read_bytes(), name
        assert (plain / name).read_bytes() != (first / name).read_bytes(), name


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize("eval_train", ["all", "batch", "20"])
def test_evaluation_uses_no_augmentation(spec: Path, tmp_path: Path, eval_train: str) -> None:
    spec.write_text(AUGMENTED, encoding="utf-8")
    # Without steps that change the weights, every evaluation is that of the starting network.
    overrides = [f"train.eval_train={eval_train}", "optimizer.lr=1e-300", "dtype=float64"]
    augmented = run(load_experiment(spec, overrides), tmp_path / "runs").path
    plain = run(load_experiment(spec, [*overrides, "data.augment=[]"]), tmp_path / "runs").path
    assert (augmented / METRICS_FILE).read_bytes() == (plain / METRICS_FILE).read_bytes()
    assert (augmented / STEPS_FILE).read_bytes() != (plain / STEPS_FILE).read_bytes()


@pytest.mark.usefixtures("no_pictures")
def test_the_saved_model_scores_what_the_run_recorded(spec: Path, tmp_path: Path) -> None:
    experiment = load_experiment(spec)
    result = run(experiment, tmp_path / "runs")
    test = RunSetup(experiment).dataset.test
    assert test is not None
    scores = trained_network(result.path).forward(test.inputs.astype(np.float32), training=False)
    final = result.summary["final"]
    assert float((scores.argmax(axis=1) == test.targets).mean()) == final["test_accuracy"]


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize("damage", ["missing", "cut off", "another network's"])
def test_a_model_that_cannot_be_loaded_is_a_run_error(spec: Path, tmp_path: Path, damage: str) -> None:
    folder = run(load_experiment(spec), tmp_path / "runs").path
    model = folder / MODEL_FILE
    if damage == "missing":
        model.unlink()
    elif damage == "cut off":
        model.write_bytes(model.read_bytes()[:-100])
    else:
        (folder / SPEC_FILE).write_text(load_experiment(spec, ["model.hidden=[8]"]).to_yaml(), encoding="utf-8")
    with pytest.raises(RunError, match=r"model\.safetensors"):
        trained_network(folder)


@pytest.mark.parametrize("augment", ["flip", "{name: shift, pixels: 5}"])
def test_augmentation_without_images_is_refused_before_a_folder_is_created(
    spec: Path, tmp_path: Path, augment: str
) -> None:
    with pytest.raises(UsageError, match=r"data\.augment\.0: \w+ needs images, but a sample is 2 float64 numbers"):
        run(load_experiment(spec, [f"data.augment=[{augment}]"]), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("no_pictures")
def test_weights_are_saved_in_by_out(spec: Path, tmp_path: Path) -> None:
    saved = load_file(run(load_experiment(spec), tmp_path / "runs").path / MODEL_FILE)
    assert saved["linear1.W"].shape == (2, 8)
    assert saved["linear3.W"].shape == (6, 2)
    assert {"batch_norm1.running_mean", "batch_norm1.running_variance", "batch_norm1.gamma"} <= saved.keys()


@pytest.mark.usefixtures("no_pictures")
def test_blas_has_one_thread_while_training_and_its_own_number_after(spec: Path, tmp_path: Path) -> None:
    with threadpool_limits(2, user_api="blas"):
        before = [library["num_threads"] for library in threadpool_info()]
        assert 2 in before
        result = run(load_experiment(spec, ["compute.threads=2"]), tmp_path / "runs")
        assert [library["num_threads"] for library in threadpool_info()] == before
    environment = json.loads((result.path / "environment.json").read_text(encoding="utf-8"))
    assert {library["num_threads"] for library in environment["blas"]} == {1}
    assert environment["shards"] == 1


@pytest.mark.parametrize(
    ("overrides", "samples"),
    [
        ((), {"train": 80, "test": 40}),
        (("data.validation=0.25", "data.test_size=30"), {"train": 60, "validation": 20, "test": 30}),
        (("data.test_points=0",), {"train": 80}),
    ],
)
def test_the_environment_holds_the_number_of_samples(
    spec: Path, overrides: tuple[str, ...], samples: dict[str, int]
) -> None:
    assert environment_of(RunSetup(load_experiment(spec, overrides)))["samples"] == samples


IMAGES = """\
seed: 3
data:      {name: idx, path: ., augment: [flip]}
model:
  name: sequential
  layers:
    - {name: conv2d, filters: 3, kernel: 2, l2: 0.1}
    - relu
    - {name: residual, layers: [{name: conv2d, filters: 3, padding: same}, {name: dropout, rate: 0.3}]}
    - {name: activity_l2, strength: 0.1}
    - flatten
    - {name: dropout, rate: 0.5}
    - {name: linear, units: 3}
optimizer: {name: adam, lr: 0.01}
penalty:   {l1: 1e-4}
train:     {epochs: 6, batch_size: 4, eval_every: 2}
compute:   {shards: 3}
"""


@pytest.mark.usefixtures("no_pictures")
def test_the_number_of_threads_changes_no_byte_and_that_of_shards_only_the_last_bits(
    images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnlab.core.threads.available_cores", lambda: 5)
    path = images / "images.yaml"
    path.write_text(IMAGES, encoding="utf-8")

    def outputs(*overrides: str) -> tuple[bytes, bytes, dict[str, np.ndarray]]:
        folder = run(load_experiment(path, overrides), images / "runs").path
        return (
            (folder / STEPS_FILE).read_bytes(),
            (folder / METRICS_FILE).read_bytes(),
            load_file(folder / MODEL_FILE),
        )

    one, two, five = (outputs(f"compute.threads={threads}") for threads in (1, 2, 5))
    assert one[:2] == two[:2] == five[:2]
    for name, array in one[2].items():
        np.testing.assert_array_equal(array, two[2][name])
        np.testing.assert_array_equal(array, five[2][name])
    still = (
        "model.layers.2=relu",
        "model.layers.5=relu",
        "dtype=float64",
    )  # dropout masks depend on the shards
    whole, parts = outputs("compute.shards=1", *still), outputs("compute.shards=3", *still)
    assert whole[0] != parts[0]
    for name, array in whole[2].items():
        np.testing.assert_allclose(array, parts[2][name], rtol=1e-9, atol=1e-12)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux lets a process choose its cores")
def test_one_core_gives_the_same_bytes_as_all_cores(images: Path) -> None:
    path = images / "images.yaml"
    path.write_text(IMAGES, encoding="utf-8")
    code = "import nnlab; from nnlab.train import pictures; "
    code += "pictures.plot_run = lambda *_: None; pictures.draw_all = lambda *_: []; "
    code += f"print(nnlab.run(nnlab.load_experiment({str(path)!r}), {str(images / 'runs')!r}).path)"
    one = f"import os; os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}}); {code}"
    folders = [
        Path(subprocess.run([sys.executable, "-c", part], check=True, capture_output=True, text=True).stdout.strip())
        for part in (code, one)
    ]
    for name in (STEPS_FILE, METRICS_FILE, MODEL_FILE):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["compute.shards=2", "rng=legacy"],
            "compute.shards: rng: legacy draws in sequence; use 1",
        ),
        (["compute.shards=2"], "compute.shards: layer 2 batch_norm needs whole batches; use 1 or auto"),
        (["compute.shards=17", "model.batch_norm=false"], "compute.shards: 17 is more than the 16 samples of a batch"),
    ],
)
def test_impossible_shards_are_refused(spec: Path, overrides: list[str], message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        RunSetup(load_experiment(spec, overrides))
    assert str(refusal.value).startswith(message)


@pytest.mark.parametrize(
    ("model", "rng", "shards"),
    [
        ("{name: mlp, hidden: [50]}", "streams", 1),
        ("{name: mlp, hidden: [1000, 1000]}", "streams", 2),
        ("{name: mlp, hidden: [1000, 1000]}", "legacy", 1),
        ("{name: mlp, hidden: [1000, 1000], batch_norm: true}", "streams", 1),
        (f"{{name: mlp, hidden: {[100] * 32}}}", "streams", 1),  # much work, but little for each layer
        ("convnet", "streams", 2),
    ],
)
def test_automatic_shards_depend_on_the_network(tmp_path: Path, model: str, rng: str, shards: int) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        f"{{data: mnist, model: {model}, optimizer: adam, train: {{iterations: 1}}, rng: {rng}}}", encoding="utf-8"
    )
    assert RunSetup(load_experiment(path)).shard_count == shards


def diverging(spec: Path) -> Experiment:
    return load_experiment(spec, ["optimizer={name: sgd, lr: 1e6}", "penalty.l2=1e6", "train.epochs=200"])


@pytest.mark.slow
def test_a_diverged_run_keeps_its_steps_and_metrics(spec: Path, tmp_path: Path) -> None:
    with pytest.raises(Diverged, match="learning rate") as caught:
        run(diverging(spec), tmp_path / "runs")
    (folder,) = (tmp_path / "runs").iterdir()
    assert str(folder) in str(caught.value)
    summary = summary_of(folder)
    assert summary["status"] == "diverged"
    assert "learning rate" in str(summary["message"])
    rows = (folder / STEPS_FILE).read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + int(str(summary["steps"]))
    assert (folder / "plots" / "loss.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("override", "message"),
    [("train.batch_size=81", "batch_size"), ("data.validation=0.001", "data.validation: 0.001 of 80 training samples")],
)
def test_invalid_run_leaves_nothing_behind(spec: Path, tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run(load_experiment(spec, [override]), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_bug_has_its_traceback_in_the_log(spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise KeyError("planted")

    monkeypatch.setattr(run_module, "train", broken)
    with pytest.raises(BugError, match="planted") as caught:
        run(load_experiment(spec), tmp_path / "runs")
    (folder,) = (tmp_path / "runs").iterdir()
    assert str(folder / "log.txt") in str(caught.value)
    assert "Traceback" in (folder / "log.txt").read_text(encoding="utf-8")
    assert summary_of(folder)["status"] == "failed"


def test_a_full_disk_is_a_run_error(spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RunFolder, "write_model", full)
    with pytest.raises(RunError, match="No space left on device"):
        run(load_experiment(spec), tmp_path / "runs")
    (folder,) = (tmp_path / "runs").iterdir()
    assert summary_of(folder)["status"] == "failed"


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("steps.csv", "was removed while the run was being written"),
        ("spec.yaml", "was removed while the run was being written"),
        ("metrics.csv", "was changed while the run was being written: "),
    ],
)
def test_a_file_that_another_program_removed_or_changed_is_reported_at_the_end(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, message: str
) -> None:
    train = run_module.train

    def disturbed(*arguments: Any) -> Any:
        (folder,) = (tmp_path / "runs").iterdir()
        outcome = train(*arguments)
        if "removed" in message:
            (folder / file).unlink()
        else:
            (folder / file).write_text("another program's", encoding="utf-8")
        return outcome

    monkeypatch.setattr(run_module, "train", disturbed)
    with pytest.raises(RunError, match=f"{file}: {message}"):
        run(load_experiment(spec), tmp_path / "runs")
    (folder,) = (tmp_path / "runs").iterdir()
    summary = summary_of(folder)
    assert summary["status"] == "failed"
    assert f"{file}: {message}" in summary["message"]
    assert "Traceback" not in (folder / "log.txt").read_text(encoding="utf-8")


@pytest.mark.usefixtures("no_pictures")
def test_a_folder_renamed_during_training_is_reported(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = run_module.train

    def renamed(*arguments: Any) -> Any:
        (folder,) = (tmp_path / "runs").iterdir()
        folder.rename(folder.with_name("renamed"))
        return train(*arguments)

    monkeypatch.setattr(run_module, "train", renamed)
    with pytest.raises(
        RunError, match="was renamed or removed while the run was being written; if it was renamed, nnlab"
    ):
        run(load_experiment(spec), tmp_path / "runs")


@pytest.mark.usefixtures("no_pictures")
def test_second_signal_stops_the_loop_immediately(spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise Interrupted(signal.SIGINT)

    monkeypatch.setattr(run_module, "train", interrupted)
    with pytest.raises(
        Interrupted, match=r"stopped at once; nnlab train --resume .* restarts it from step 0 \(no checkpoint\)"
    ):
        run(load_experiment(spec), tmp_path / "runs")
    (folder,) = (tmp_path / "runs").iterdir()
    assert summary_of(folder)["status"] == "interrupted"


@pytest.mark.parametrize("signals", [1, 2])
def test_a_signal_while_pictures_are_drawn_leaves_the_run_completed(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signals: int
) -> None:
    def signalled(record: object, folder: Path) -> None:
        for _ in range(signals):
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(pictures_module, "plot_run", signalled)
    with pytest.raises(Interrupted, match="the run was completed already and is in") as stopped:
        run(load_experiment(spec), tmp_path / "runs")
    assert stopped.value.exit_code == 143
    (folder,) = (tmp_path / "runs").iterdir()
    assert summary_of(folder)["status"] == "completed"
    assert read_run(folder).status == "completed"
    assert not (folder / "lock").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_finishes_the_step_and_saves_everything(
    number: signal.Signals, code: int, spec: Path, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    command = [sys.executable, "-m", "nnlab", "train", str(spec), "--runs", str(runs)]
    command += ["-s", "train.epochs=100000000", "-s", "train.eval_every=1000"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"}) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "step " in line:  # the loop runs
                break
        time.sleep(0.2)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors
    assert "Traceback" not in errors
    (folder,) = runs.iterdir()
    assert f"everything is saved in {folder}" in errors
    summary = summary_of(folder)
    assert summary["status"] == "interrupted"
    steps = (folder / STEPS_FILE).read_text(encoding="utf-8").splitlines()
    assert steps[-1].startswith(f"{summary['steps']},")
    last_row = (folder / METRICS_FILE).read_text(encoding="utf-8").splitlines()[-1]
    assert last_row.startswith(f"{summary['steps']},")
    assert (folder / MODEL_FILE).exists()
    assert (folder / "plots" / "accuracy.png").exists()


@pytest.mark.parametrize(("error", "message"), [(MemoryError(), "out of memory"), (SystemExit(3), "SystemExit(3)")])
def test_every_failure_is_recorded_in_the_folder(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, message: str
) -> None:
    def fail(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(run_module, "train", fail)
    with pytest.raises(type(error)):
        run(load_experiment(spec), tmp_path / "runs")
    (folder,) = (tmp_path / "runs").iterdir()
    assert summary_of(folder)["status"] == "failed"
    assert summary_of(folder)["message"] == message


def test_pictures_that_cannot_be_written_do_not_fail_the_run(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pictures_module, "plot_run", full)
    result = run(load_experiment(spec), tmp_path / "runs")
    assert summary_of(result.path)["status"] == "completed"
    assert "pictures cannot be written" in (result.path / "log.txt").read_text(encoding="utf-8")


@pytest.mark.usefixtures("no_pixels")
@pytest.mark.slow
def test_a_finished_run_is_drawn_from_memory(spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for reader in ("csv_tables.csv_rows", "tensors.read_tensors"):
        monkeypatch.setattr(f"nnlab.storage.{reader}", lambda *_, **__: pytest.fail("read from the disk"))
    monkeypatch.setattr("nnlab.records.diagnostics_reader.csv_rows", lambda *_, **__: pytest.fail("read from the disk"))
    path = run(load_experiment(spec, ["train.diagnostics=true"]), tmp_path / "runs").path
    pictures = ["accuracy", "activation_histograms", "boundary", "confusion", "gradients", "loss"]
    assert sorted(picture.stem for picture in (path / "plots").iterdir()) == pictures
    assert "cannot be" not in (path / "log.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("drawing", "rest"),
    [("nnlab.plots.regions._draw", ["accuracy", "loss"]), ("nnlab.plots.curves.scale_axes", ["boundary"])],
)
def test_a_picture_that_cannot_be_drawn_fails_neither_the_run_nor_the_others(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drawing: str, rest: list[str]
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise ValueError("Axis limits cannot be NaN")

    monkeypatch.setattr(drawing, fail)
    result = run(load_experiment(spec), tmp_path / "runs")
    assert summary_of(result.path)["status"] == "completed"
    log = (result.path / "log.txt").read_text(encoding="utf-8")
    name = "boundary" if "boundary" not in rest else "accuracy and loss"
    line = f"{result.path}: the picture {name} cannot be drawn: ValueError: Axis limits cannot be NaN"
    assert log.splitlines()[-1] == line
    assert sorted(path.stem for path in (result.path / "plots").iterdir()) == rest


@pytest.mark.usefixtures("no_pictures")
def test_at_most_25_evaluations_are_reported_and_always_the_last(spec: Path, tmp_path: Path) -> None:
    overrides = ["train={iterations: 107, eval_every: 1, batch_size: 20}"]
    log = (run(load_experiment(spec, overrides), tmp_path / "runs").path / "log.txt").read_text(encoding="utf-8")
    said = [line for line in log.splitlines() if line.startswith("step ")]
    assert len(said) <= 25
    assert said[0].split()[1] == "0/107"
    assert said[-1].split()[1] == "107/107"


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize(("lr", "worse"), [("0.01", False), ("1e-300", False), ("1000", True)])
def test_a_training_that_ends_worse_than_chance_is_reported(spec: Path, tmp_path: Path, lr: str, worse: bool) -> None:
    result = run(load_experiment(spec, [f"optimizer.lr={lr}", "model.init=0.01"]), tmp_path / "runs")
    log = (result.path / "log.txt").read_text(encoding="utf-8")
    message = (
        rf"the training ended worse than chance: train loss {result.summary['final']['train_loss']:.4g}, "
        r"but the same scores for all 2 classes give 0.6931; .* \(here 1000\): try a tenth of it"
    )
    assert bool(re.search(message, log)) == bool(re.fullmatch(message, result.summary["message"])) == worse


@pytest.mark.usefixtures("no_pictures")
def test_a_loss_above_chance_that_fell_points_to_the_initial_weights(spec: Path, tmp_path: Path) -> None:
    changes = ["optimizer={name: sgd, lr: 1e-4}", "model.init=50"]
    result = run(load_experiment(spec, changes), tmp_path / "runs")
    assert "the usual cause is initial weights that are too large (train loss" in result.summary["message"]


@pytest.mark.usefixtures("no_pictures")
def test_a_file_system_without_locks_and_fsync_is_reported_once_in_each_run(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*arguments: object) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr("os.fsync", unsupported)
    monkeypatch.setattr("fcntl.flock", unsupported)
    for _ in range(2):
        result = run(load_experiment(spec), tmp_path / "runs")
        assert result.summary["status"] == "completed"
        lines = (result.path / "log.txt").read_text(encoding="utf-8").splitlines()
        assert [lines.count(line) for line in (NO_FSYNC, NO_LOCKS)] == [1, 1]
