"""Fashion-MNIST (https://github.com/zalandoresearch/fashion-mnist)."""

from dataclasses import dataclass, replace
from typing import ClassVar

from nnlab.core.arrays import Shape
from nnlab.core.random import RandomGenerator
from nnlab.data.dataset import Dataset
from nnlab.data.dataset_source import DatasetSource
from nnlab.data.files.download import Download, RemoteFile
from nnlab.data.sources.idx import read_folder
from nnlab.registry import datasets

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
MIRRORS = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
)


def _file(name: str, size: int, sha256: str) -> RemoteFile:
    return RemoteFile(name, size, sha256, tuple(mirror + name for mirror in MIRRORS))


# Sizes and SHA-256 as in TensorFlow Datasets' url_checksums/fashion_mnist.txt.
FILES = (
    _file("train-images-idx3-ubyte.gz", 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
    _file("train-labels-idx1-ubyte.gz", 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
    _file("t10k-images-idx3-ubyte.gz", 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
    _file("t10k-labels-idx1-ubyte.gz", 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
)


@datasets.register("fashion_mnist")
@dataclass(kw_only=True)
class FashionMnist(DatasetSource):
    """Fashion-MNIST: 60,000 + 10,000 articles of clothing, 28x28 greyscale pixels.

    A harder drop-in replacement for MNIST.
    Source: Xiao, Rasul & Vollgraf 2017, arXiv 1708.07747.
    """

    download: ClassVar[Download | None] = Download("fashion_mnist", FILES)
    published_shape: ClassVar[tuple[Shape, int] | None] = ((1, 28, 28), 10)

    def read(self, rng: RandomGenerator) -> Dataset:
        """All 70,000 samples, in the order of the published files.

        Raises DataError when the files cannot be downloaded.
        """
        self.fetch()
        return replace(read_folder(self.files()[0].parent, endings=(".gz",)), class_names=CLASS_NAMES)
