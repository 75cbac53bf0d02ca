"""What other values of hyper-parameters do."""

from collections.abc import Mapping

EFFECTS: Mapping[str, str] = {}
