from pathlib import Path

import numpy as np
import pytest

from nnlab.data.dataset import Dataset
from nnlab.data.input_format import InputFormat
from nnlab.data.pipeline.batches import BatchLoader
from nnlab.data.pipeline.raw_samples import network_inputs
from nnlab.data.sources.text import Text, tokens_of
from nnlab.errors import DataError, UsageError

BOOK = "The cat sat.\nThe dog sat on the cat, 春 und Größe 😀.\n"


def load(folder: Path, text: str = BOOK, **keys: object) -> Dataset:
    (folder / "book.txt").write_text(text, encoding="utf-8")
    source = Text(path=str(folder / "book.txt"), **{"length": 5, **keys})  # type: ignore[arg-type]
    return source.load(np.random.RandomState(0))


def spelt(tokens: np.ndarray, dataset: Dataset) -> list[str]:
    return ["".join(dataset.class_names[token] for token in row) for row in tokens.tolist()]


def test_targets_are_the_next_characters(tmp_path: Path) -> None:
    dataset = load(tmp_path, stride=3, test_split=0.25)
    cut = len(BOOK) - round(0.25 * len(BOOK))
    assert "".join(dataset.class_names) == "".join(sorted(set(BOOK)))
    assert (dataset.sample_shape, dataset.out_shape) == ((5,), (5, dataset.classes))
    assert dataset.test is not None
    for split, part, stride in ((dataset.train, BOOK[:cut], 3), (dataset.test, BOOK[cut:], 5)):
        starts = range(0, len(part) - 5, stride)
        assert spelt(split.inputs, dataset) == [part[s : s + 5] for s in starts]
        assert spelt(split.targets, dataset) == [part[s + 1 : s + 6] for s in starts]
    assert list(dataset.checksums) == ["book.txt"]
    assert dataset.class_counts.sum() == dataset.train.targets.size


def test_windows_of_a_text_share_its_memory(tmp_path: Path) -> None:
    dataset = load(tmp_path, BOOK * 20, stride=1, test_split=0)
    train = dataset.train
    assert np.shares_memory(train.inputs[0], train.inputs[1])
    assert np.shares_memory(train.inputs, train.targets)
    x, targets = BatchLoader(train, np.float32).take(np.array([3, 0]))
    assert spelt(x.astype(int), dataset) == [BOOK[3:8], BOOK[:5]]
    assert spelt(targets, dataset) == [BOOK[4:9], BOOK[1:6]]


def test_bundled_sonnets_are_the_default() -> None:
    dataset = Text().load(np.random.RandomState(0))
    assert spelt(dataset.train.inputs[:1], dataset)[0].startswith("From fairest creatures we desire increase,\n")
    assert dataset.checksums == {"sonnets.txt": "bd8f92a548d194abf494628cccc0a2ba199f1aa57f1c4bcdfb70003264807300"}


def test_input_format_knows_the_vocabulary(tmp_path: Path) -> None:
    inputs = InputFormat.from_plain(load(tmp_path, test_split=0).inputs.as_plain())
    assert inputs.tokens
    assert inputs.class_names == tuple(sorted(set(BOOK)))
    assert network_inputs([[0, 1, 2, 3, 4]], inputs).tolist() == [[0, 1, 2, 3, 4]]
    size = len(inputs.class_names)
    for wrong in (-1, size, 1.5):
        with pytest.raises(UsageError, match=rf"expected indices of the vocabulary, .* from 0 to {size - 1}, found"):
            network_inputs([[0, 1, 2, 3, wrong]], inputs)
    with pytest.raises(ValueError, match="tokens must be true or false"):
        InputFormat.from_plain(inputs.as_plain() | {"tokens": 1})


@pytest.mark.parametrize(
    ("text", "keys", "message"),
    [
        ("", {}, r"book\.txt: expected text, found an empty file"),
        ("aaaaaaaaaaaaa", {}, r"book\.txt: expected text, found only the character 'a'"),
        ("abc", {"test_split": 0}, r"too short: the training part has 3 characters, but a sample needs 6"),
        ("abcdefgh", {"test_split": 0.3}, r"too short: the test set, 0\.3 of it, has 2 characters"),
    ],
)
def test_texts_that_are_too_short_are_rejected(tmp_path: Path, text: str, keys: dict[str, float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(tmp_path, text, **keys)


def test_tokens_of_an_empty_text() -> None:
    tokens, vocabulary = tokens_of("")
    assert (tokens.tolist(), vocabulary) == ([], ())
