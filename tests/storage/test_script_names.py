import pytest

from nnlab.storage.script_names import hides_module, importable_name


def test_a_script_named_like_a_module_that_it_imports_hides_it() -> None:
    assert hides_module("torch", "numpy", "torch")
    assert hides_module("json")
    assert not hides_module("digits", "numpy", "torch")


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("20261128-160443-adam-b23e04", "adam_b23e04"),
        ("20261128-160443-std_0.01_batch_norm-b23e04", "std_0_01_batch_norm_b23e04"),
        ("20261128-160443-3-layers-b23e04", "run_3_layers_b23e04"),
        ("20261128-160443-数字-b23e04", "数字_b23e04"),
        ("my run", "my_run"),
    ],
)
def test_a_run_folder_gives_the_name_of_a_module(folder: str, name: str) -> None:
    assert importable_name(folder) == name
