"""Target columns: standardised for the network, undone for the user, kept as JSON."""

import json

import numpy as np
import pytest

from nnlab.data.target_columns import TargetColumns

Y = np.array([[1.0, 10.0, 7.0], [3.0, 30.0, 7.0], [5.0, 80.0, 7.0]])


def test_standardised_targets_have_mean_0_and_deviation_1_and_come_back() -> None:
    columns = TargetColumns.standardising(("a", "b", "constant"), Y)
    scaled = columns.apply(Y)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-15)
    np.testing.assert_allclose(scaled.std(axis=0), [1, 1, 0], rtol=1e-15)
    np.testing.assert_allclose(columns.undo(scaled), Y, rtol=1e-15)
    assert columns.undo(scaled.astype(np.float32)).dtype == np.float64
    again = TargetColumns.from_plain(json.loads(json.dumps(columns.as_plain())))
    assert again.names == columns.names
    np.testing.assert_array_equal(again.undo(scaled), columns.undo(scaled))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"names": []}, "need names"),
        ({"names": ["a", 1, "b"]}, "need names"),
        ({"centre": [1, 2]}, "one finite number"),
        ({"spread": [1, 2, float("inf")]}, "one finite number"),
        ({"spread": [1, 0, 1]}, "spread contains 0"),
    ],
)
def test_damaged_record_is_rejected(change: dict[str, object], message: str) -> None:
    plain = TargetColumns.standardising(("a", "b", "c"), Y).as_plain()
    with pytest.raises(ValueError, match=message):
        TargetColumns.from_plain(plain | change)
