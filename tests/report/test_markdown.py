"""Reports as Markdown: no name can begin markup, break a table or leave a block of code."""

import re
from dataclasses import replace

import pytest
from made_reports import made_report
from markdown_it import MarkdownIt

from nnlab.report.document import Code, Section
from nnlab.report.markdown import escaped, fence, markdown_of

HOSTILE = [
    "<script>alert(1)</script>",
    "a | b | c",
    "line\n\n# heading\n| x |",
    "[click](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    "https://evil.example www.evil.example someone@evil.example",
    "`code` ``` *bold* _it_ ~~gone~~ &lt; $x$ :smile: @someone #1",
    "\\",
    "{{7*7}}",
    "\u202eevil\x00\x1b[31m",
]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, 0.95 ± 0.01 (3 seeds)", "plain, 0.95 ± 0.01 (3 seeds)"),
        ("a|b", r"a\|b"),
        ("two\nlines\t", "two lines"),
        ("1. item", r"1\. item"),
        ("- item", r"\- item"),
        ("0.5", "0.5"),
        ("# head", r"\# head"),
        ("https://x.y", r"https\://x.y"),
        ("WWW.x.y", r"WWW\.x.y"),
        ("key: value", "key: value"),
        ("\\|", r"\\\|"),
        ("\u202e", r"\\u202e"),
    ],
)
def test_a_text_is_escaped(text: str, shown: str) -> None:
    assert escaped(text) == shown


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_adds_no_lines_cells_or_links(text: str) -> None:
    found, plain = (markdown_of(made_report(words), "report_files")[0] for words in (text, "plain"))
    outside = re.sub(r"(?ms)^(`{3,})\w+\n.*?^\1$", "", found)
    assert len(outside.splitlines()) == len(re.sub(r"(?ms)^(`{3,})\w+\n.*?^\1$", "", plain).splitlines())
    assert not re.search(r"(?<!\\)[<|]", re.sub(r"(?m)^\|.*", "", outside))
    rows = [line for line in outside.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows} == {3}
    targets = re.findall(r"(?<!\\)(?:\\\\)*\]\((.*?)\)", outside)
    assert targets == [f"report_files/figure-0{number}-accuracy.png" for number in (1, 2, 3)]
    assert "://" not in outside.replace(r"\://", "")
    assert "\x00" not in found
    assert "\u202e" not in found


def test_code_cannot_end_its_fence() -> None:
    report = made_report("plain")
    text = "a\n```\n````\n# b"
    report = replace(report, sections=[Section("a", "b", [Code(text, "spec", "yaml")])])
    assert f"`````yaml\n{text}\n`````\n" in markdown_of(report, "x")[0]
    assert fence("none") == "```"


def test_pictures_are_files_and_the_folder_is_quoted() -> None:
    text, files = markdown_of(made_report("plain"), "my report) _files")
    assert list(files) == [f"figure-0{number}-accuracy.png" for number in (1, 2, 3)]
    assert all(png.startswith(b"\x89PNG") for png in files.values())
    assert "](my%20report%29%20_files/figure-01-accuracy.png)" in text


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_parser_of_markdown_finds_no_html_no_links_and_the_same_blocks(text: str) -> None:
    def blocks(words: str) -> list[str]:
        parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
        tokens = parser.parse(markdown_of(made_report(words), "report_files")[0])
        inner = [child for token in tokens for child in token.children or ()]
        images = [child.attrs["src"] for child in inner if child.type == "image"]
        assert images == [f"report_files/figure-0{number}-accuracy.png" for number in (1, 2, 3)]
        kinds = {child.type for child in inner}
        assert kinds <= {"text", "text_special", "strong_open", "strong_close", "image", "softbreak"}
        return [token.type for token in tokens]

    assert blocks(text) == blocks("plain")
