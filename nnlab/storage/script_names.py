"""Names of Python scripts that nnlab writes."""

import re
import sys

from nnlab.storage.folder_names import without_time


def hides_module(stem: str, *packages: str) -> bool:
    """Whether a script ``stem.py`` would stand in the way of one of the packages that it imports, or of Python's own.

    Python looks for modules in the folder of the script first.
    """
    return stem in packages or stem in sys.stdlib_module_names


def importable_name(folder: str) -> str:
    """A run folder's name without its time, as the name of a module: ``adam_b23e04``."""
    name = re.sub(r"\W", "_", without_time(folder))
    return name if name.isidentifier() else f"run_{name}"
