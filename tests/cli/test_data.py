"""``nnlab data`` as a user calls it, with a server on this machine for the downloads."""

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from nnlab.cli import downloading
from nnlab.cli.downloading import download_observer
from nnlab.data.files.download import Download
from nnlab.data.sources.fashion_mnist import FashionMnist
from nnlab.registry import datasets

CIFAR10 = Path(__file__).parents[1] / "data" / "files" / "cifar10"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def served(fashion_mnist: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Fashion-MNIST in its small form, not downloaded yet; the first of its two mirrors does not have it."""
    origin = fashion_mnist.rename(fashion_mnist.with_name("served"))
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(origin))) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        assert FashionMnist.download is not None
        files = [
            replace(file, mirrors=(f"{address}/nowhere/{file.name}", f"{address}/{file.name}"))
            for file in FashionMnist.download.files
        ]
        monkeypatch.setattr(FashionMnist, "download", Download("fashion_mnist", tuple(files)))
        yield fashion_mnist
        server.shutdown()


def row(table: str, name: str) -> str:
    """A line of a table by its first cell."""
    (found,) = [line for line in table.splitlines() if line.split("│")[1:2] and line.split("│")[1].strip() == name]
    return found


@pytest.mark.parametrize("command", ["list", "fetch", "show"])
def test_help_has_an_example(nnlab, command: str) -> None:
    answer = nnlab("data", command, "--help")
    assert answer.code == 0
    assert f"Example: nnlab data {command}" in answer.stdout


def test_list_shows_the_folder_of_each_dataset(nnlab, fashion_mnist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    answer = nnlab("data", "list")
    assert answer.code == 0
    assert str(fashion_mnist.parent) in answer.stdout.splitlines()[0]
    table = answer.stdout
    assert all(row(table, name) for name in datasets.names())
    assert "generated" in row(table, "moons")
    assert "your file: path" in row(table, "table")
    assert "60,000 + 10,000 handwritten digits" in row(table, "mnist")
    assert "10.7 MiB" in row(table, "mnist")
    assert "not downloaded" in row(table, "cifar10")
    assert "162.2 MiB" in row(table, "cifar10")
    assert str(fashion_mnist) in row(table, "fashion_mnist")
    next(fashion_mnist.iterdir()).unlink()
    assert "not downloaded" in row(nnlab("data", "list").stdout, "fashion_mnist")


def test_fetch_downloads_once_and_prints_the_paths(nnlab, served: Path) -> None:
    answer = nnlab("data", "fetch", "fashion_mnist")
    assert answer.code == 0
    assert answer.stdout.splitlines() == [
        str(served / f"{part}-ubyte.gz")
        for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    ]
    assert all(Path(path).is_file() for path in answer.stdout.splitlines())
    first, failed, again, *_ = answer.stderr.splitlines()
    assert first == again
    assert first.startswith("downloading train-images-idx3-ubyte.gz (")
    assert failed == "127.0.0.1: HTTP status 404"
    assert "\x1b" not in answer.stderr
    assert nnlab("data", "fetch", "fashion_mnist") == replace(answer, stderr="")


def test_fetch_without_a_reachable_mirror_explains_manual_download(nnlab, served: Path) -> None:
    for file in (served.parent / "served").iterdir():
        file.unlink()
    answer = nnlab("data", "fetch", "fashion_mnist")
    assert answer.code == 4
    assert answer.stdout == ""
    assert "and the download failed:" in answer.stderr
    for path in FashionMnist().files():
        assert str(path) in answer.stderr


def test_fetch_of_a_bundled_dataset_downloads_nothing(nnlab) -> None:
    assert nnlab("data", "fetch", "mnist").stdout.startswith("mnist needs no download: it is /")
    assert nnlab("data", "fetch", "xor").stdout == "xor needs no download: it is generated\n"
    assert nnlab("data", "fetch", "table").stdout == "table needs no download: it is your file: path\n"


def test_fetch_of_an_unknown_dataset_suggests_the_nearest(nnlab) -> None:
    answer = nnlab("data", "fetch", "cifar_10")
    assert answer.code == 2
    assert (
        "no dataset is called 'cifar_10'; did you mean 'cifar10'? there are auto_mpg, binary_addition, "
        in answer.stderr
    )


@pytest.mark.usefixtures("served", "no_pictures")
def test_training_reports_its_download_unless_quiet(nnlab, tmp_path: Path) -> None:
    spec = tmp_path / "fashion.yaml"
    spec.write_text(
        "{data: fashion_mnist, model: softmax, optimizer: adam, train: {iterations: 1, batch_size: 5}}",
        encoding="utf-8",
    )
    answer = nnlab("train", spec)
    assert answer.code == 0
    assert answer.stderr.startswith("downloading train-images")
    assert "damaged" not in nnlab("data", "list").stdout
    FashionMnist().files()[2].write_bytes(b"cut off")
    assert "damaged" in nnlab("data", "list").stdout
    answer = nnlab("train", spec)
    assert answer.code == 0
    assert answer.stderr.startswith("downloading t10k-images")
    for path in FashionMnist().files():
        path.unlink()
    answer = nnlab("train", spec, "--quiet")
    assert (answer.code, answer.stderr) == (0, "")
    assert "downloading" not in nnlab("show", spec).stderr


@pytest.mark.usefixtures("served")
def test_download_has_a_progress_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=100, markup=False, emoji=False)
    monkeypatch.setattr(downloading, "messages", lambda: console)
    with download_observer() as observer:
        FashionMnist().fetch(observer)
    size = FashionMnist().files()[-1].stat().st_size
    assert "━" in stream.getvalue()
    assert f"{size}/{size} bytes" in stream.getvalue()


def test_show_counts_the_classes_and_draws_them(nnlab, tmp_path: Path) -> None:
    answer = nnlab("data", "show", "cifar10", "-s", f"data.path={CIFAR10}")
    assert answer.code == 0
    *table, picture = answer.stdout.splitlines()
    assert table[0] == "cifar10: 80 train samples, 20 test samples of 3x32x32 uint8, 10 classes"
    labels = [byte for path in sorted(CIFAR10.glob("data*")) for byte in path.read_bytes()[::3073]]
    for label, name in ((0, "airplane"), (9, "truck")):
        cells = [cell.strip() for cell in row("\n".join(table), str(label)).split("│")[1:-1]]
        assert cells == [str(label), name, str(labels.count(label)), "2"]
    assert picture == str(Path("samples", "cifar10", "samples.png"))
    assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")


def test_show_of_a_spec_draws_its_augmentation(nnlab, tmp_path: Path) -> None:
    spec = tmp_path / "a.yaml"
    spec.write_text(
        f"{{data: {{name: cifar10, path: {CIFAR10}, augment: [flip]}}, model: softmax, optimizer: adam,"
        " train: {epochs: 1}}",
        encoding="utf-8",
    )
    answer = nnlab("data", "show", spec, "--out", "deep/pictures")
    assert answer.code == 0
    assert answer.stdout.splitlines()[-2:] == [f"deep/pictures/{name}.png" for name in ("samples", "augmented")]
    assert len(list((tmp_path / "deep" / "pictures").iterdir())) == 2


def test_show_of_a_table_counts_without_drawing(nnlab, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "five.npz", x=rng.random((130, 5)), y=np.arange(130) % 65)
    answer = nnlab("data", "show", "table", "-s", "data.path=five.npz")
    assert answer.code == 0
    assert "table: 104 train samples, 26 test samples of 5 float64, 65 classes" in answer.stdout
    assert answer.stdout.endswith(
        "... and 15 classes more\nfive.npz: label 'y' (65 classes), 5 features, 130 samples\n"
    )
    assert "no picture" in answer.stderr
    assert not (tmp_path / "samples").exists()


def test_show_of_an_unknown_dataset_suggests_the_nearest(nnlab) -> None:
    answer = nnlab("data", "show", "moon")
    assert answer.code == 2
    assert "neither a dataset nor a spec file is called 'moon'; did you mean 'moons'?" in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["idx"], 2, "data: needs the key path"),
        (["moons", "-s", "data.point=5"], 2, "did you mean 'points'?"),
        (["moons", "-s", "data.augment=[flip]"], 2, "flip needs images"),
        (["moons", "--out", "file/below"], 5, "cannot be written"),
        (["cifar10", "-s", "data.path=absent"], 4, "no such file"),
    ],
)
def test_show_refuses_invalid_input_in_one_line(
    nnlab, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    (tmp_path / "file").touch()
    answer = nnlab("data", "show", *arguments)
    assert answer.code == code
    (line,) = answer.stderr.splitlines()
    assert message in line
