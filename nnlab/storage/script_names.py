"""Names of Python scripts that nnlab writes."""

import sys


def hides_module(stem: str, *packages: str) -> bool:
    """Whether a script ``stem.py`` would stand in the way of one of the packages that it imports, or of Python's own.

    Python looks for modules in the folder of the script first.
    """
    return stem in packages or stem in sys.stdlib_module_names
