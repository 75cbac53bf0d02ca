"""What the keys of components and sections mean."""

from collections.abc import Mapping

KEYS: Mapping[str, str] = {}
