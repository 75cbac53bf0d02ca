"""The notebook of the documentation in a real kernel, and what its cells show."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from documents import ROOT

NOTEBOOK = ROOT / "docs" / "first_steps.ipynb"
MORE = """\
r = nnlab.run({**spec, "name": "<script>1</script>"}, pictures=False)
r
###
nnlab.run({**spec, "optimizer": "adm"})
###
for seed in (1, 2):
    nnlab.run(spec, overrides={"seed": seed}, pictures=False)
###
import matplotlib.pyplot
spiral = nnlab.run(spec, pictures=False).plot()
spiral
###
import sys
!{sys.executable} -m nnlab train spiral.yaml --no-plots
###
[name for name in ("ipywidgets", "pandas") if name in sys.modules]
"""
SPEC = "{data: xor, model: softmax, optimizer: adam, train: {iterations: 5}}"

pytestmark = pytest.mark.slow


@contextmanager
def private_jupyter(folder: Path) -> Iterator[pytest.MonkeyPatch]:
    """Jupyter's and IPython's own files go into a folder of the test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            patch.setenv(name, str(folder / name.lower()))
        yield patch


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The code cells of the notebook, and those of MORE, after they were executed in one kernel."""
    import nbformat
    from nbclient import NotebookClient

    folder = tmp_path_factory.mktemp("notebook")
    (folder / "spiral.yaml").write_text(SPEC, encoding="utf-8")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in MORE.split("###\n")]
    with private_jupyter(folder):
        resources = {"metadata": {"path": str(folder / "work")}}
        (folder / "work").mkdir()
        (folder / "spiral.yaml").rename(folder / "work" / "spiral.yaml")
        NotebookClient(notebook, timeout=300, allow_errors=True, resources=resources).execute()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def cell_of(executed: list[Any], source: str) -> Any:
    (cell,) = [cell for cell in executed if source in cell.source]
    return cell


def kinds(cell: Any) -> list[str]:
    return [output.output_type for output in cell.outputs]


def test_every_cell_of_the_notebook_works(executed: list[Any]) -> None:
    own = executed[: len(executed) - len(MORE.split("###\n"))]
    assert [output for cell in own for output in cell.outputs if output.output_type == "error"] == []


def test_the_notebook_has_no_outputs_and_no_paths_of_a_machine() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    cells = json.loads(text)["cells"]
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in cells)
    assert not re.search(r"/(home|root|tmp|Users)/", text)


def test_a_training_is_one_output_that_ends_with_its_last_step(executed: list[Any]) -> None:
    shown, result = cell_of(executed, "adam = nnlab.run").outputs
    assert shown.output_type == "display_data"
    assert "step 200/200, objective " in shown.data["text/plain"]
    assert "<svg " in shown.data["text/html"]
    assert result.data["text/plain"].startswith("Run adam: test accuracy 0.")
    assert "<table " in result.data["text/html"]


@pytest.mark.parametrize(
    "source", ['adam.plot("accuracy")', 'adam.plot("confusion")', "comparison.plot()", "spiral = "]
)
def test_a_figure_is_shown_once(executed: list[Any], source: str) -> None:
    pictures = [output for output in cell_of(executed, source).outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 1


def test_each_run_of_a_loop_is_one_output(executed: list[Any]) -> None:
    assert kinds(cell_of(executed, "for seed in")) == ["display_data"] * 2


def test_hostile_names_are_text_in_html(executed: list[Any]) -> None:
    shown, result = cell_of(executed, "<script>").outputs
    for output in (shown, result):
        assert "<script>" not in output.data["text/html"]
        assert "&lt;script&gt;" in output.data["text/html"]


def test_an_error_is_the_line_of_the_cell_and_the_message(executed: list[Any]) -> None:
    *_, error = cell_of(executed, '"adm"').outputs
    assert error.ename == "SpecError"
    line, message = error.traceback
    assert line == 'line 1: nnlab.run({**spec, "optimizer": "adm"})'
    assert "did you mean 'adam'" in message


def test_a_command_writes_lines_without_moving_the_cursor(executed: list[Any]) -> None:
    text = "".join(output.text for output in cell_of(executed, "-m nnlab train").outputs)
    assert "step 5/5" in text
    assert "\x1b[" not in re.sub(r"\x1b\[[\d;]*m", "", text)  # colours only


def test_neither_widgets_nor_pandas_are_needed(executed: list[Any]) -> None:
    assert executed[-1].outputs[0].data["text/plain"] == "[]"
