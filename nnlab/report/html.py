"""A report as one HTML file: no scripts, nothing loaded, every text escaped."""

from base64 import b64encode
from functools import cache

from jinja2 import Environment

from nnlab.language import in_language, speaking
from nnlab.report.document import Report
from nnlab.report.rendering import made_by, template_environment
from nnlab.text import escape_control

# Nothing but pictures inside the file and its own style: what a name smuggled in could neither run nor load anything.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def html_of(report: Report) -> str:
    """The HTML of a report."""
    with speaking(report.language):
        words = {
            "contents": in_language("Contents", "目次"),
            "made_by": made_by(),
            "own_words": in_language("your own words", "自由記述欄"),
        }
        return _environment().get_template("report.html").render(report=report, policy=POLICY, words=words)


@cache
def _environment() -> Environment:
    return template_environment({"data_uri": _data_uri}, autoescape=True, finalize=_printable)


def _printable(value: object) -> object:
    """Control characters and those that reorder text, which no HTML escape makes harmless, as escapes."""
    return escape_control(value) if type(value) is str else value


def _data_uri(png: bytes) -> str:
    return f"data:image/png;base64,{b64encode(png).decode('ascii')}"
