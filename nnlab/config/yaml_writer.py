"""Plain values as YAML text that reads back equal."""

import re
from math import isfinite

import yaml

from nnlab.config.scalars import FLOAT, scalar
from nnlab.text import escape_control, quote


class _Dumper(yaml.SafeDumper):
    """Writes YAML that :func:`parse_yaml` reads back equal: text that looks like a number is quoted."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if isinstance(scalar(text), str) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style if text.isprintable() else '"')


def _represent_float(dumper: yaml.SafeDumper, number: float) -> yaml.ScalarNode:
    text = repr(number) if isfinite(number) else quote(number)
    return dumper.represent_scalar("tag:yaml.org,2002:float", text)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(float, _represent_float)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(rf"(?:{FLOAT.pattern})$"), list("-+.0123456789"))


def dump_yaml(value: object) -> str:
    """YAML text for plain values; innermost mappings and lists take one line each, unless text needs quotes.

    Unprintable text is double-quoted with Python's escapes, which YAML shares.
    """
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None
    )
    return escape_control(text)
