"""The published experiments: what each claim needs, and the quick ones for real."""

from pathlib import Path

import pytest
from documents import ROOT
from inline_workers import InlineWorkers

from nnlab.config.bundled import is_bundled
from nnlab.errors import UsageError
from nnlab.insight.reproduce.catalogue import EXPERIMENTS, chosen
from nnlab.insight.reproduce.claims import Experiment, SpreadOfSeeds, Text
from nnlab.insight.reproduce.trainings import Trainer
from nnlab.insight.reproduce.verdicts import Row, reproduce

EACH = pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=list(EXPERIMENTS))
UNTRAINED = [one for one in EXPERIMENTS.values() if not one.trainings]


@EACH
def test_each_claim_has_numbers_or_a_statement_and_a_measured_band(experiment: Experiment) -> None:
    for claim in experiment.claims:
        assert bool(claim.numbers) != (claim.statement is not None), claim.quantity.en
        assert len(claim.numbers) < 2 or len(claim.parts) == len(claim.numbers), claim.quantity.en
        assert claim.band.reason()
        if isinstance(claim.band, SpreadOfSeeds):
            assert claim.band.seeds.count >= 3
            assert claim.band.seeds.std > 0
        for number in claim.numbers:
            low, high = claim.band.limits(float(number))
            assert low < float(number) < high


@EACH
def test_each_text_is_in_both_languages(experiment: Experiment) -> None:
    texts = [experiment.title, experiment.source, *(picture.caption for picture in experiment.pictures)]
    texts += [text for claim in experiment.claims for text in (claim.quantity, claim.statement, claim.remark) if text]
    for text in [*texts, *([experiment.remark] if experiment.remark else [])]:
        assert isinstance(text, Text)
        assert text.en != text.ja
        assert not text.ja.isascii(), text.en
        assert text.en


@EACH
def test_each_training_is_a_bundled_config(experiment: Experiment) -> None:
    assert experiment.seconds > 0
    assert all(is_bundled(training.config) for training in experiment.trainings)


def test_names_choose_in_the_order_of_the_books() -> None:
    assert [one.name for one in chosen(["spiral_net", "simple_net", "spiral_net"])] == ["simple_net", "spiral_net"]
    assert chosen(["all"]) == list(EXPERIMENTS.values())
    assert all(one.is_quick for one in chosen([], quick=True))
    with pytest.raises(UsageError, match=r"no published experiment is called 'spiral'; .*nnlab reproduce lists them"):
        chosen(["spiral"])


@pytest.mark.parametrize("experiment", UNTRAINED, ids=[one.name for one in UNTRAINED])
def test_what_needs_no_training_is_reproduced(experiment: Experiment, tmp_path: Path) -> None:
    (result,) = reproduce([experiment], Trainer(runs=tmp_path, workers=InlineWorkers))
    assert {row.verdict for row in result.rows} <= {"reproduced", "within band"}
    assert any(row.verdict == "reproduced" for row in result.rows)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.usefixtures("no_pictures")
def test_the_softmax_classifier_on_spirals_has_the_published_digits(tmp_path: Path) -> None:
    trainer = Trainer(runs=tmp_path, workers=InlineWorkers)
    (result,) = reproduce([EXPERIMENTS["spiral_softmax"]], trainer)
    assert [row.verdict for row in result.rows] == ["within band"] * 4 + ["reproduced"] * 7
    (result,) = reproduce([EXPERIMENTS["spiral_softmax"]], trainer)
    assert len(list(tmp_path.iterdir())) == 1


def test_the_page_has_each_published_value_its_band_and_the_verdict_that_follows() -> None:
    page = (ROOT / "docs" / "reproduce.md").read_text(encoding="utf-8")
    listed = [line.strip("| ").split(" | ") for line in page.splitlines() if line.split(" ")[1:2] and line[0] == "|"]
    rows = iter(line for line in listed if line[0] in EXPERIMENTS)
    for experiment in EXPERIMENTS.values():
        for claim in experiment.claims:
            for index in range(max(1, len(claim.numbers))):
                name, quantity, published, band, measured, verdict = next(rows)
                row = Row(experiment, claim, float(measured), index)
                assert (name, quantity, published) == (experiment.name, row.quantity, row.published)
                assert (band, verdict) == (row.band_text, row.verdict), quantity
    assert next(rows, None) is None
