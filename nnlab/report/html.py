"""A report as one HTML file: no scripts, nothing loaded, every text escaped."""

from functools import cache

from jinja2 import Environment

from nnlab.html import POLICY, data_uri, printable
from nnlab.language import in_language, speaking
from nnlab.report.document import Report
from nnlab.report.rendering import made_by, template_environment


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
    return template_environment({"data_uri": data_uri}, autoescape=True, finalize=printable)
