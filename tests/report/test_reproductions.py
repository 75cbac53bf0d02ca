"""The page of ``nnlab reproduce``: its sections, tables, pictures and languages."""

import pytest
from html_pages import Page
from inline_workers import InlineWorkers

from nnlab.insight.reproduce.catalogue import EXPERIMENTS
from nnlab.insight.reproduce.trainings import Trainer
from nnlab.insight.reproduce.verdicts import Result, reproduce
from nnlab.report.html import html_of
from nnlab.report.reproductions import reproduction_report


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[Result]:
    trainer = Trainer(runs=tmp_path_factory.mktemp("runs"), workers=InlineWorkers)
    return list(reproduce([EXPERIMENTS["gradient_descent"], EXPERIMENTS["simple_net"]], trainer))


def test_each_experiment_is_a_section_with_its_values_and_pictures(results: list[Result]) -> None:
    report = reproduction_report(results, styles=("light",))
    page = Page(html_of(report))
    assert [section.anchor for section in report.sections] == ["verdicts", "gradient_descent", "simple_net", "repeat"]
    assert report.subtitle == "15 reproduced, 1 within band"
    assert [picture.name for picture in report.pictures] == ["values"]
    assert "-2.58983747e+13" in page.texts["td"]
    assert "nnlab reproduce gradient_descent simple_net" in page.text


def test_the_page_in_japanese(results: list[Result]) -> None:
    page = html_of(reproduction_report(results[1:], language="ja", styles=("light",)))
    assert "許容範囲" in page
    assert "斎藤康毅" in page
    assert "reproduced" not in page
