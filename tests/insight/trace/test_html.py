"""The page of a trace: valid, loads nothing, harmless whatever the names in it are."""

from dataclasses import replace
from pathlib import Path

import pytest
from html_pages import Page
from traced_specs import spec_of
from trainings import make_experiment

from nnlab.insight.trace.html import html_of
from nnlab.insight.trace.sections import Trace
from nnlab.insight.trace.tracing import Request, trace_experiment
from nnlab.language import speaking


def traced(folder: Path, name: str) -> Trace:
    return trace_experiment(make_experiment(folder, spec_of(name)), Request(), source=name)


@pytest.mark.parametrize("name", ["residual", "lstm", "batch_norm"])
def test_page_has_every_section_formula_and_line_of_code(tmp_path: Path, name: str) -> None:
    found = traced(tmp_path, name)
    page = Page(html_of(found, 50, 6))
    assert len(page.attributes("details")) == len(found.sections)
    assert [attributes["class"] for attributes in page.attributes("section")] == [
        "batch", "forward", "loss", "backward", *(["regularisation"] if name == "residual" else []),
        *(["clipping"] if name == "lstm" else []), "update",
    ]  # fmt: skip
    for section in found.sections:
        assert {code.text for code in section.code} <= set(page.texts["code"])
        assert set(section.formulas) <= set(page.texts["p"])


def test_numbers_of_small_tensors_are_all_there_with_the_class_of_their_sign(tmp_path: Path) -> None:
    found = traced(tmp_path, "mlp")
    html = html_of(found, 50, 17)
    for value in found.tensor("linear2.dW").ravel():
        sign = "p" if value > 0 else "n"
        assert any(f'<td class="{sign}{level}">{value:.17g}</td>' in html for level in range(1, 7))


def test_a_large_tensor_has_a_corner_that_says_so_and_a_picture(tmp_path: Path) -> None:
    page = Page(html_of(traced(tmp_path, "convnet"), 50, 6))
    assert "corner 5x5 of 5x432" in page.texts["caption"]
    assert "n=0, c=0, middle 5x5 of 5x3x24x24" in page.texts["caption"]
    assert len(page.attributes("img")) > 10


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}"])
def test_hostile_names_stay_text(tmp_path: Path, text: str) -> None:
    found = traced(tmp_path, "mlp")
    page = Page(html_of(replace(found, name=text, source=text, notes=[text], failure=text), 50, 6))
    assert [tag for tag, _ in page.elements if tag != "p"] == [
        tag for tag, _ in Page(html_of(found, 50, 6)).elements if tag != "p"
    ]
    assert f"{text}: step 1" in page.texts["h1"]


def test_a_page_in_japanese(tmp_path: Path) -> None:
    with speaking("ja"):
        html = html_of(traced(tmp_path, "mlp"), 50, 6)
    assert '<html lang="ja">' in html
    assert Page(html).texts["h2"][:4] == ["バッチ", "順伝播", "損失", "逆伝播"]
