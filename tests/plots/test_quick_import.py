import subprocess
import sys

CODE = """
import sys
from nnlab.plots.quick_import import leave_out_property_tables

before = list(sys.meta_path)
leave_out_property_tables()
leave_out_property_tables()
assert len(sys.meta_path) == len(before) + 1
import nnlab.plots.canvas
from matplotlib.lines import Line2D

assert sys.meta_path == before
line = Line2D([], [])
line.set(linewidth=3, color="red")
assert line.get_linewidth() == 3
assert "markevery" not in Line2D.set.__doc__
leave_out_property_tables()
assert sys.meta_path == before
"""


def test_artists_are_imported_without_their_tables_and_work() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
