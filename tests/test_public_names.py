import subprocess
import sys

import pytest

import nnlab


def test_public_names_exist() -> None:
    assert all(getattr(nnlab, name) is not None for name in nnlab.__all__)
    assert set(nnlab._HOMES) == set(nnlab.__all__) - {"__version__"}


def test_unknown_name_is_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        _ = nnlab.nope


@pytest.mark.slow
def test_import_nnlab_is_light() -> None:
    code = "import nnlab, sys; assert 'numpy' not in sys.modules; nnlab.run; assert 'numpy' in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
