from pathlib import Path

import numpy as np
import pytest
from trainings import make_network

from nnlab.errors import RunError
from nnlab.export.finite_weights import check_finite
from nnlab.layers.linear import Linear


@pytest.mark.parametrize(("value", "dtype"), [(np.nan, np.float64), (-np.inf, np.float64), (1e39, np.float32)])
def test_a_value_that_the_type_cannot_hold_is_refused_with_its_array(value: float, dtype: type) -> None:
    network = make_network([Linear(units=2)], (3,), 2)
    check_finite(Path("run"), network, dtype)
    network.state()["linear1.W"][1, 1] = value
    message = rf"model\.safetensors: linear1\.W has values that {np.dtype(dtype)} cannot hold \(NaN, infinity or beyond"
    with pytest.raises(RunError, match=message):
        check_finite(Path("run"), network, dtype)


def test_the_largest_numbers_of_float64_pass() -> None:
    network = make_network([Linear(units=2)], (3,), 2)
    network.state()["linear1.W"][0, 0] = -1.7e308
    check_finite(Path("run"), network, np.float64)
