"""A report as Markdown (GitHub's flavour) with its pictures as files: every text escaped."""

import re
from functools import cache
from urllib.parse import quote

from jinja2 import Environment

from nnlab.language import in_language, speaking
from nnlab.report.document import Picture, Report
from nnlab.report.rendering import made_by, template_environment
from nnlab.text import escape_control

# What begins markup anywhere: emphasis, code, links, HTML, tables, entities, mentions, issues, formulas.
_MARKUP = re.compile(r"[\\`*_\[\]<>|&~@#$]")
# A colon that would make an address or an emoji of what surrounds it, and an address without a colon.
_ADDRESS = re.compile(r":(?=\S)|(?<=www)\.", re.IGNORECASE)
# What makes a list, a heading or a rule of a line.
_START = re.compile(r"^(\d+)([.)])(?=\s|$)|^([-+=])")


def markdown_of(report: Report, folder: str) -> tuple[str, dict[str, bytes]]:
    """The Markdown of a report, and its pictures as files of ``folder``, which stands beside it."""
    files = {file: picture for number, picture in enumerate(report.pictures, 1) if (file := file_name(number, picture))}
    paths = {id(picture): f"{quote(folder)}/{file}" for file, picture in files.items()}
    with speaking(report.language):
        words = {
            "made_by": made_by(),
            "write": in_language("(write here)", "（ここに記入）"),
        }
        text = _environment().get_template("report.md").render(report=report, words=words, paths=paths, id=id)
    text = re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"
    return text, {file: picture.light for file, picture in files.items()}


def file_name(number: int, picture: Picture) -> str:
    """The name of the file of a picture."""
    return f"figure-{number:02d}-{picture.name}.png"


def escaped(text: str) -> str:
    """A text on one line in which nothing is markup: no HTML, link, table, emphasis, formula, mention or list."""
    line = escape_control(" ".join(text.split()))
    line = _ADDRESS.sub(r"\\\g<0>", _MARKUP.sub(r"\\\g<0>", line))
    return _START.sub(lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}", line)


def fence(text: str) -> str:
    """A fence longer than any row of backticks in a text."""
    longest = max((len(row) for row in re.findall("`+", text)), default=0)
    return "`" * max(3, longest + 1)


@cache
def _environment() -> Environment:
    return template_environment({"md": escaped, "fence": fence, "printable": escape_control}, autoescape=False)
