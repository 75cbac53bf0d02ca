"""A check of the weights that are exported."""

from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from nnlab.errors import RunError
from nnlab.models.network import Network
from nnlab.storage.layout import MODEL_FILE


def check_finite(run: Path, network: Network, dtype: DTypeLike) -> None:
    """Raise RunError for the first array with a value that ``dtype`` cannot hold, such as NaN after a divergence."""
    largest = float(np.finfo(dtype).max)
    for name, array in network.state().items():
        if not (np.abs(array) <= largest).all():
            raise RunError(
                f"{run / MODEL_FILE}: {name} has values that {np.dtype(dtype)} cannot hold "
                f"(NaN, infinity or beyond {largest:.0e})"
            )
