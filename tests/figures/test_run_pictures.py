"""Which pictures a run can have, and that they are those of its saved weights."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_metrics import measure, registered
from small_images import write_idx_images
from threadpoolctl import threadpool_info, threadpool_limits
from trainings import make_experiment

from nnlab.errors import RunError, UsageError
from nnlab.figures import picture_kinds as pictures
from nnlab.figures.picture_kinds import KINDS, Picture, picture_kinds
from nnlab.figures.run_animation import animate
from nnlab.figures.run_pictures import draw, draw_all
from nnlab.figures.run_view import RunView, run_view
from nnlab.plots.palette import drawn_as
from nnlab.plots.plot_style import PlotStyle
from nnlab.records.reader import RunRecord, read_run
from nnlab.train.run import run

pytestmark = pytest.mark.slow

POINTS = """\
data:      {name: moons, points: 20, test_points: 10}
model:     {name: mlp, hidden: [4], activation: tanh}
optimizer: {name: sgd, lr: 0.1}
train:     {iterations: 4, batch_size: 10, eval_every: 2}
"""
IMAGES = """\
rng:       legacy
data:      {name: idx, path: .}
model:     {name: mlp, hidden: [4], activation: relu}
optimizer: {name: sgd, lr: 0.1}
train:     {iterations: 3, batch_size: 6, eval_every: 1, diagnostics: true}
"""
NOT_OF_IMAGES = ("boundary", "predictions", "fit", "gradients_through_time")


def train(folder: Path, text: str, *overrides: str) -> RunRecord:
    return read_run(run(make_experiment(folder, text, *overrides), folder / "runs").path)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def pictured(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunRecord, RunRecord]:
    """Runs on points and on images, with their pictures."""
    folder = tmp_path_factory.mktemp("pictured")
    write_idx_images(folder)
    return train(folder, POINTS), train(folder, IMAGES)


def test_training_draws_decision_regions_and_with_diagnostics_every_kind(
    pictured: tuple[RunRecord, RunRecord],
) -> None:
    points, record = pictured
    assert names(points.path / "plots") == ["accuracy.png", "boundary.png", "loss.png"]
    expected = sorted(f"{kind}.png" for kind in KINDS if kind not in NOT_OF_IMAGES)
    assert names(record.path / "plots") == expected


@pytest.mark.usefixtures("no_pixels")
@pytest.mark.parametrize("function", ["sine", "peaks"])
def test_training_on_numbers_draws_fit_and_predictions(images: Path, function: str) -> None:
    record = train(images, POINTS.replace("moons", function), "train.snapshots=2")
    assert {"fit.png", "loss.png", "predictions.png"} <= set(names(record.path / "plots"))
    assert "accuracy.png" not in names(record.path / "plots")
    view = run_view(record)
    targets, predicted = view.numbers
    assert targets.shape == predicted.shape == (10, 1)
    for kind in ("boundary", "confusion", "mistakes"):
        with pytest.raises(UsageError, match=f"cannot have the picture {kind}: its targets are numbers, not classes"):
            draw(view, [kind], images / "none")
    assert animate(view, images / "moving").name == "fit.gif"


def test_pictures_drawn_again_are_the_same_byte_for_byte(pictured: tuple[RunRecord, RunRecord], tmp_path: Path) -> None:
    for record in pictured:
        written = draw_all(run_view(record), tmp_path / "again", pytest.fail)
        for path in (record.path / "plots").iterdir():
            assert tmp_path / "again" / path.name in written
            assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.usefixtures("no_pictures")
def test_weights_before_training_are_those_of_step_0(images: Path) -> None:
    record = train(images, IMAGES, "train.snapshots=2", "train.diagnostics=false")
    from safetensors.numpy import load_file

    start = load_file(record.path / "snapshots" / "step-0000000.safetensors")["linear1.W"]
    first = run_view(record).trained.initial_filters
    assert first is not None
    np.testing.assert_array_equal(first.reshape(4, 9).T, start)


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("boundary", IMAGES, "its samples do not have two features"),
        ("mistakes", POINTS, "its samples are not images"),
        ("weights", POINTS, "its samples are not images"),
        ("gradients", POINTS, r"it has no diagnostics; train it with train\.diagnostics: true"),
        ("activation_histograms", POINTS, "it has no diagnostics"),
    ],
)
def test_unavailable_kind_is_refused(images: Path, tmp_path: Path, kind: str, text: str, reason: str) -> None:
    record = train(images, text)
    with pytest.raises(UsageError, match=f"cannot have the picture {kind}: {reason}"):
        draw(run_view(record), ["loss", kind], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_unknown_kind_suggests_the_nearest(tmp_path: Path) -> None:
    assert picture_kinds(list(KINDS)) == list(KINDS)
    with pytest.raises(UsageError, match="no kind of picture is called 'los'; did you mean 'loss'"):
        picture_kinds(["accuracy", "los"])


def test_activations_is_the_earlier_name_of_activation_histograms() -> None:
    assert picture_kinds(["loss", "activations"]) == ["loss", "activation_histograms"]


def test_the_curves_of_a_new_metric_are_a_kind_of_picture(make_run: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no kind of picture is called 'top_2'"):
        picture_kinds(["top_2"])
    with registered():
        run, other = make_run("measured"), make_run("other")
        measure(run, {"train_top_2": [0.5, 0.625, 0.75, 0.75, 0.75]})
        assert picture_kinds(["top_2"]) == ["top_2"]
        assert draw(run_view(read_run(run)), ["top_2"], tmp_path) == [tmp_path / "top_2.png"]
        with pytest.raises(UsageError, match="cannot have the picture top_2: it did not measure top_2"):
            draw(run_view(read_run(other)), ["top_2"], tmp_path)


@pytest.mark.usefixtures("no_pixels")
@pytest.mark.usefixtures("no_pictures")
def test_a_killed_run_has_the_pictures_of_its_recorded_numbers(images: Path, tmp_path: Path) -> None:
    record = train(images, POINTS)
    (record.path / "model.safetensors").unlink()
    said: list[str] = []
    assert [path.stem for path in draw_all(run_view(record), tmp_path / "out", said.append)] == [
        "accuracy",
        "loss",
    ]
    assert len(said) == 1
    assert "needs spec.yaml and model.safetensors" in said[0]
    with pytest.raises(RunError, match=r"needs spec\.yaml and model\.safetensors"):
        draw(run_view(record), ["boundary"], tmp_path / "out")


@pytest.mark.usefixtures("no_pixels")
@pytest.mark.usefixtures("no_pictures")
def test_missing_data_is_reported(images: Path, tmp_path: Path) -> None:
    record = train(images, IMAGES)
    for path in images.glob("*ubyte"):
        path.unlink()
    said: list[str] = []
    written = draw_all(run_view(record), tmp_path / "out", said.append)
    assert [path.stem for path in written] == ["accuracy", "loss", "gradients", "activation_histograms"]
    assert said[0].startswith(f"{record.path}: only pictures of the recorded numbers are drawn: ")
    assert len(said) == 1


@pytest.mark.usefixtures("no_pictures")
def test_recorded_numbers_are_plotted_without_reading_data(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = train(images, POINTS)
    monkeypatch.setattr("nnlab.figures.run_view.setup_of_run", lambda *_: pytest.fail("read the data"))
    assert draw(run_view(record), ["loss", "loss"], tmp_path) == [tmp_path / "loss.png"]


@pytest.mark.usefixtures("no_pictures")
def test_paths_have_the_suffix_of_their_format(images: Path, tmp_path: Path) -> None:
    record = train(images, POINTS)
    with drawn_as(PlotStyle(format="svg")):
        (path,) = draw(run_view(record), ["boundary"], tmp_path / "out")
    assert path == tmp_path / "out" / "boundary.svg"
    assert path.read_bytes().startswith(b"<?xml")


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize(
    ("held", "part", "samples"),
    [("test_points: 10", "test", 20), ("validation: 0.5", "validation", 20), ("noise: 0.2", "train", 40)],
)
def test_confusion_matrix_is_of_the_split_it_names(
    images: Path, tmp_path: Path, held: str, part: str, samples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = train(images, POINTS.replace("test_points: 10", held))
    drawn: list[tuple[str, int]] = []

    def note(name: str, part: str, labels: np.ndarray, *rest: object) -> None:
        drawn.append((part, len(labels)))

    monkeypatch.setattr(pictures, "plot_confusion", note)
    draw(run_view(record), ["confusion"], tmp_path / "out")
    assert drawn == [(part, samples)]


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize(("loss", "probability"), [("cross_entropy", True), ("mean_squared_error", False)])
def test_most_confident_errors_have_probabilities_only_with_cross_entropy(
    images: Path, tmp_path: Path, loss: str, probability: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = train(images, IMAGES, f"loss={loss}", "train.diagnostics=false")
    shown: list[object] = []
    monkeypatch.setattr(pictures, "plot_mistakes", lambda *arguments, **options: shown.append(options["probability"]))
    draw(run_view(record), ["mistakes"], tmp_path / "out")
    assert shown == [probability]


@pytest.mark.usefixtures("no_pictures")
def test_pictures_are_drawn_with_one_thread_for_each_product(images: Path, tmp_path: Path) -> None:
    threads: list[int] = []

    def note(run: RunView, folder: Path) -> None:
        threads.extend(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")

    run = run_view(train(images, POINTS))
    with threadpool_limits(limits=2, user_api="blas"):
        before = [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]
        assert Picture("any.png", note).drawn(run, tmp_path) == tmp_path / "any.png"
    if before == [1]:
        pytest.skip("this BLAS has one thread")
    assert set(threads) == {1}
