"""The file of a plugin: read safely, known by its SHA-256, executed as a module of its own."""

import ast
import linecache
import os
import re
import sys
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

from nnlab.core.memory import readable_bytes
from nnlab.errors import Interrupted, PluginError, RunError, UsageError
from nnlab.plugins.mistakes import mistake_in
from nnlab.storage.checked_files import check_file
from nnlab.text import one_line

LARGEST = 1 << 20
MODULES = "nnlab_plugin_"
"""The name of a plugin's module begins with this; the name of its file and its SHA-256 follow."""

_PLAIN_NAME = re.compile(r"\w[\w.+-]{0,99}\.py")


@dataclass(frozen=True)
class PluginSource:
    """The text of a plugin and the path that its tracebacks show."""

    path: Path
    raw: bytes

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the file."""
        return sha256(self.raw).hexdigest()

    @cached_property
    def text(self) -> str:
        """Raises PluginError where the file is no text in UTF-8."""
        try:
            text = self.raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.raw.count(b"\n", 0, error.start) + 1
            raise PluginError.at(self.path, line, "is not text in UTF-8; save it as UTF-8") from None
        return text.replace("\r\n", "\n")

    @cached_property
    def module_name(self) -> str:
        """The name of the module that the text becomes; other contents become another module."""
        return f"{MODULES}{re.sub(r'[^0-9A-Za-z_]', '_', self.path.stem)}_{self.sha256[:12]}"

    def tree(self) -> ast.Module:
        """The syntax tree; raises PluginError."""
        try:
            return ast.parse(self.text, str(self.path))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise mistake_in(self.path, error) from None

    def execute(self) -> None:
        """Execute the text as a module, without a .pyc file; raises PluginError.

        Tracebacks show the lines that were executed, also after the file was changed.
        """
        module = ModuleType(self.module_name)
        module.__file__ = str(self.path)
        vars(module)["print"] = _print
        self.show_lines()
        sys.modules[self.module_name] = module  # where dataclasses and type hints look names up
        try:
            exec(compile(self.tree(), str(self.path), "exec"), vars(module))
        except BaseException as error:
            del sys.modules[self.module_name]
            if isinstance(error, Interrupted | KeyboardInterrupt):
                raise
            raise mistake_in(self.path, error) from error

    def show_lines(self) -> None:
        """Let tracebacks and ``inspect.getsource`` find these contents under the path, not those of another version."""
        linecache.cache[str(self.path)] = (len(self.text), None, self.text.splitlines(keepends=True), str(self.path))


def _print(*values: object, file: Any = None, **how: Any) -> None:
    """What ``print`` is in a plugin: its texts are messages, for stderr; stdout has the results of the command."""
    print(*values, file=file or sys.stderr, **how)


def read_plugin(path: Path) -> PluginSource:
    """The contents of a plugin file; raises UsageError where it cannot be one."""
    shown = one_line(str(path), 1000)
    if path.suffix != ".py":
        raise UsageError(f"{shown}: the name of a plugin ends in .py; nnlab init --layer my_layer.py writes one")
    if not path.is_file() and not os.path.lexists(path):
        raise UsageError(f"{shown}: no such plugin; nnlab init --layer {one_line(path.name)} writes one to start from")
    if not _PLAIN_NAME.fullmatch(path.name):
        raise UsageError(f"{shown}: the name of a plugin has letters, digits, . _ + and - only; rename the file")
    try:
        check_file(path, LARGEST)
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except RunError as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read: {error.strerror}") from None
    if len(raw) > LARGEST:
        raise UsageError(f"{shown}: a plugin has at most {readable_bytes(LARGEST)}")
    return PluginSource(path.absolute(), raw)
