"""Reports as HTML: valid, self-contained, and harmless whatever the names in them are."""

from dataclasses import replace

import pytest
from html_pages import Page
from made_reports import made_report

from nnlab.report.html import html_of

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style></textarea><svg/onload=alert(1)>",
    "--></pre></code><iframe src=//evil.example>",
    "{{7*7}}{% include '/etc/passwd' %}{{ config }}",
    "javascript:alert(1)",
    "&lt;b&gt;&#x202e;",
    "<!-- " + "x" * 10_000,
]


def page_of(text: str) -> Page:
    return Page(html_of(made_report(text)))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text_in_every_place(text: str) -> None:
    html = html_of(made_report(text))
    page = Page(html)
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in page_of("plain").elements]
    assert page.texts["title"] == [text]
    assert page.texts["p"].count(text) == 4  # paragraphs, the caption of code, the prompt of a box
    assert {picture["alt"] for picture in page.attributes("img")} == {text}
    assert "<script" not in html


def test_control_characters_and_those_that_reorder_text_become_escapes() -> None:
    html = html_of(made_report("a\x00b\x1b[31m\u202eevil\u2066\ud800\x85c"))
    page = Page(html)
    assert page.texts["title"] == [r"a\x00b\x1b[31m\u202eevil\u2066\ud800\x85c"]
    assert not {letter for letter in html if not letter.isprintable()} - {"\n"}
    html.encode()


def test_lines_of_code_are_kept() -> None:
    assert Page(html_of(made_report("a: 1\nb: 2"))).texts["code"] == ["a: 1\nb: 2"] * 2


def test_the_policy_lets_nothing_in_but_its_own_pictures_and_style() -> None:
    policy = page_of("plain").attributes("meta")[1]
    assert policy == {
        "http-equiv": "Content-Security-Policy",
        "content": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    }
    html = html_of(made_report("plain"))
    assert html.index("Content-Security-Policy") < html.index("<title")
    assert "http:" not in html
    assert "https:" not in html
    assert "url(" not in html
    assert "@import" not in html


def test_a_page_has_language_title_headings_captions_and_labels() -> None:
    report = made_report("plain")
    page = Page(html_of(replace(report, language="ja")))
    assert page.attributes("html") == [{"lang": "ja"}]
    assert [tag for tag, _ in page.elements if tag in {"h1", "h2", "h3"}] == ["h1", "h2", "h3", "h2"]
    assert page.texts["b"] == ["Table 1", "Figure 1", "Figure 2", "Figure 3"]
    assert all(cell["scope"] in {"row", "col"} for cell in page.attributes("th"))
    assert [box["role"] for box in page.attributes("div") if "contenteditable" in box] == ["textbox"]


def test_a_picture_for_dark_screens_is_only_for_screens() -> None:
    sources = page_of("plain").attributes("source")
    assert {source["media"] for source in sources} == {"screen and (prefers-color-scheme: dark)"}
    assert len(sources) == 3
