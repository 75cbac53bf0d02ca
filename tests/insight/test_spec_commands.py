"""Specs and overrides in commands that a finding suggests."""

from pathlib import Path

from nnlab.config.loading import as_experiment
from nnlab.insight.spec_commands import override_texts, spec_words


def test_values_of_python_are_written_as_yaml() -> None:
    given = {"data.train_size": None, "model.batch_norm": True, "model.hidden": [3, 4], "optimizer": "adam"}
    assert override_texts(given) == [
        "data.train_size=null",
        "model.batch_norm=true",
        "model.hidden=[3, 4]",
        "optimizer=adam",
    ]
    assert override_texts(("optimizer.lr=1",)) == ["optimizer.lr=1"]


def test_a_path_or_a_name_is_a_word_and_a_text_is_none() -> None:
    iris = as_experiment("iris")
    assert spec_words("iris", iris) == ["iris"]
    assert spec_words(Path("a b.yaml"), iris) == ["a b.yaml"]
    assert spec_words(iris.to_yaml(), iris) == []
    assert spec_words(iris, iris) == []
