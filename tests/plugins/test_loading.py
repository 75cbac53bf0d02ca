"""Loading of plugins: registries, versions of a file, mistakes with file and line."""

import copy
import inspect
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nnlab.errors import PluginError, UsageError
from nnlab.plugins import load_plugin, load_plugins
from nnlab.plugins.skeletons import skeleton
from nnlab.registry import layers

Write = Callable[..., Path]


def test_a_plugin_registers_its_components(tmp_path: Path, write: Write, swish: str) -> None:
    plugin = load_plugin(write())
    assert list(plugin.names) == [("layer", "my_swish")]
    assert layers["my_swish"] is plugin.components["layer"]["my_swish"]
    assert layers["my_swish"](beta=2).beta == 2
    assert plugin.text == swish
    assert len(plugin.sha256) == 64
    assert [path.name for path in tmp_path.iterdir()] == ["my_swish.py"], "no .pyc is written"


def test_equal_contents_are_executed_once(tmp_path: Path, write: Write) -> None:
    first = load_plugin(write())
    assert load_plugin(tmp_path / "my_swish.py") is first
    assert load_plugin(write(name="copy.py")) is first


def test_other_contents_replace_what_the_file_registered(write: Write, swish: str) -> None:
    second = swish.replace("my_swish", "second").replace("MySwish", "Second").partition("\n\n\n")[2]
    first = load_plugin(write(swish + "\n\n" + second))
    changed = load_plugin(write(swish.replace("= 1.0", "= 3.0")))
    assert layers["my_swish"]().beta == 3
    assert "second" not in layers
    assert load_plugin(write(first.text)) is first
    assert layers["my_swish"]().beta == 1
    assert "second" in layers
    assert changed.components["layer"]["my_swish"] is not layers["my_swish"]


def test_the_code_shown_is_of_the_version_that_is_loaded(write: Write, swish: str) -> None:
    def backward() -> str:
        return inspect.getsource(inspect.unwrap(layers["my_swish"].backward))

    first = load_plugin(write())
    load_plugin(write(swish.replace("return dy *", "return 2 * dy *")))
    assert "return 2 * dy *" in backward()
    load_plugin(write(first.text))
    assert "return dy *" in backward()


def test_another_file_takes_over_equal_names_only(write: Write, swish: str) -> None:
    load_plugin(write(swish + "\n\n" + swish.replace("my_swish", "kept").replace("MySwish", "Kept")))
    load_plugin(write(swish.replace("= 1.0", "= 3.0"), "other.py"))
    assert layers["my_swish"]().beta == 3
    assert layers["kept"]().beta == 1


def test_two_files_with_one_name_are_refused(write: Write, swish: str) -> None:
    files = [write(), write(swish + "\n", "other.py")]
    with pytest.raises(UsageError, match=r"layer 'my_swish' is in .*my_swish.py and .*other.py; rename one"):
        load_plugins(files)


MISTAKES = {
    "syntax": ("return in_shape", "return in_shape)", 13, "SyntaxError: unmatched ')'"),
    "import": ("import numpy as np", "import numpy as np, nothing_here", 1, "No module named 'nothing_here'"),
    "name": ("import numpy as np\n", "import numpy as np\nlayer\n", 2, "NameError: name 'layer' is not defined"),
    "built-in name": ('"my_swish"', '"relu"', 5, "activation 'relu' is built in; choose another name"),
    "odd name": ('"my_swish"', '"My Swish"', 7, "small letters, digits and _ only"),
    "no name": ('.register("my_swish")', ".register", 5, 'registered under a name, as with @register("my_layer")'),
    "no dataclass": ("@dataclass(kw_only=True)\n", "", 6, "write @dataclass(kw_only=True) above class MySwish"),
    "no base": ("MySwish(Layer)", "MySwish", 7, "a layer derives from Layer: class MySwish(Layer)"),
    "wrong base": (" layers\n", " layers, Loss\n", 7, "derives from Layer"),
    "no build": ("def build", "def built", 7, "lacks build: def build(self, in_shape)"),
    "no backward": ("def backward", "def backwards", 7, "lacks backward: def backward(self, dy)"),
    "no training": (", *, training: bool", "", 15, "def forward(self, x) should be def forward(self, x, *, training)"),
    "no dy": ("self, dy: Array", "self", 19, "should be def backward(self, dy)"),
    "no type": ("beta: Annotated[float, Ge(0), Le(10), Doc(\"factor β\")] =", "beta =", 10, "beta = 1.0 has no type"),
    "no doc": (', Doc("factor β")', "", 10, "beta has no description"),
    "type in quotes": ("beta: Annotated[float", "beta: 'Nothing[float", 10, "SyntaxError"),
    "unknown type": ("Annotated[float, Ge(0), Le(10), Doc(\"factor β\")]", "'Nothing'", 7, "name 'Nothing' is not"),
    "no running mean": ("    def build", "    batch_dependent = True\n\n    def build", 7, "needs def take_statistics"),
    "exit": ("import numpy as np", "import numpy as np, sys; sys.exit(0)", 1, "must not end the program (exit code 0)"),
    "frozen": ("kw_only=True", "kw_only=True, frozen=True", 7, "class MySwish is frozen"),
    "default above a bound": ("= 1.0", "= 11.0", 10, "default of beta should be less than or equal to 10, got 11.0"),
    "default of another type": ("= 1.0", "= 'a'", 10, "default of beta should be a valid number, got 'a'"),
    "base exception": ("import numpy as np", "import numpy as np; raise BaseException('no')", 1, "BaseException: no"),
    "nothing registered": ('@layers.register("my_swish")\n', "", None, "registers nothing"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_message_with_file_and_line(
    write: Write, swish: str, old: str, new: str, line: int | None, message: str
) -> None:
    assert old in swish
    text = swish.replace(old, new)
    if "Loss" in new:
        text = text.replace("MySwish(Layer)", "MySwish(Loss)")
    file = write(text)
    with pytest.raises(PluginError) as caught:
        load_plugin(file)
    assert str(caught.value).startswith(f"{file}:{line}: " if line else f"{file}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "my_swish" not in layers


def test_a_tally_of_a_metric_starts_as_a_number(write: Write) -> None:
    text = skeleton("metric", Path("my_own.py")).replace("field(default=0.0, init", "field(default_factory=list, init")
    with pytest.raises(PluginError, match=r"my_own.py:\d+: the tally total starts as a number: default=0.0"):
        load_plugin(write(text, "my_own.py"))


def test_annotations_may_be_postponed(write: Write, swish: str) -> None:
    load_plugin(write("from __future__ import annotations\n" + swish))
    assert layers["my_swish"]().beta == 1


def test_a_name_registered_twice_in_one_file(write: Write, swish: str) -> None:
    with pytest.raises(PluginError, match=r"my_swish.py:27: ValueError: layer 'my_swish' is registered twice"):
        load_plugin(write(swish + "\n\n" + swish))


def test_a_neighbouring_module_is_not_imported(write: Write, swish: str) -> None:
    write("K = 1\n", "helpers.py")
    with pytest.raises(PluginError, match=r"my_swish.py:1: .*No module named 'helpers'; a plugin is one file"):
        load_plugin(write("import helpers\n" + swish))


@pytest.mark.parametrize(
    ("name", "contents", "message"),
    [
        ("none.py", None, "no such plugin; nnlab init --layer none.py"),
        ("spec.yaml", b"a: 1", "the name of a plugin ends in .py"),
        ("a\x1b[31m.py", b"", "rename the file"),
        ("latin.py", b"# \n# caf\xe9\n", "latin.py:2: is not text in UTF-8"),
        ("zero.py", b"a = 1\0", "null bytes"),
        ("empty.py", b"", "registers nothing"),
        ("huge.py", b"#" * (1 << 21), "is more than"),
        ("deep.py", b"(" * 5000, "deep.py"),
    ],
)
def test_a_file_that_is_no_plugin(tmp_path: Path, name: str, contents: bytes | None, message: str) -> None:
    file = tmp_path / name
    if contents is not None:
        file.write_bytes(contents)
    with pytest.raises(UsageError) as caught:
        load_plugin(file)
    assert message in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_a_folder_is_no_plugin(tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(UsageError, match="must be a file"):
        load_plugin(tmp_path / "folder.py")


@pytest.mark.slow
def test_a_component_takes_its_plugin_to_another_process(write: Write) -> None:
    file = write()
    component = load_plugin(file).components["layer"]["my_swish"](beta=2)
    component.text = "kept"
    assert copy.deepcopy(component).beta == 2
    pickled = pickle.dumps(component)
    file.unlink()
    code = (
        "import pickle, sys\n"
        "from nnlab.registry import layers\n"
        "assert 'my_swish' not in layers\n"
        "found = pickle.loads(sys.stdin.buffer.read())\n"
        "assert type(found) is layers['my_swish'] and found.beta == 2\n"
        "assert found.text == 'kept'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], input=pickled, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
