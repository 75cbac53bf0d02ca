"""Imputation of missing values, in place where the arrays may be written to."""

import numpy as np
import pytest

from nnlab.data.dataset import Dataset, Split
from nnlab.data.input_format import Column
from nnlab.data.tables import missing
from nnlab.data.tables.missing import impute


@pytest.mark.parametrize("writeable", [True, False])
def test_missing_values_are_replaced(monkeypatch: pytest.MonkeyPatch, writeable: bool) -> None:
    monkeypatch.setattr(missing, "ROWS_AT_ONCE", 2)
    inputs = np.array([[1, np.nan], [np.nan, 4], [3, 6], [5, np.nan], [3, 5]])
    inputs.flags.writeable = writeable
    dataset = Dataset(Split(inputs, np.zeros(5, int)), None, ("a",), columns=(Column("u"), Column("v")))
    filled = impute(dataset, "mean", "t")
    np.testing.assert_array_equal(filled.train.inputs, [[1, 5], [3, 4], [3, 6], [5, 5], [3, 5]])
    assert (filled.train.inputs is inputs) == writeable
    assert [column.missing for column in filled.columns] == [3, 5]
