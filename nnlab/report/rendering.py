"""What HTML and Markdown have in common: how templates are read, and the line at the end."""

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from nnlab import __version__
from nnlab.language import in_language


def template_environment(
    filters: Mapping[str, Callable[[Any], str]],
    *,
    autoescape: bool,
    finalize: Callable[[object], object] | None = None,
) -> Environment:
    """The templates of reports, with further filters."""
    environment = Environment(
        loader=PackageLoader("nnlab.report"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= filters
    return environment


def made_by() -> str:
    """The line at the end of a report."""
    return in_language(f"Made by nnlab {__version__}", f"nnlab {__version__} で作成")
