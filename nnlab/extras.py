"""Packages that only some commands need, and how to install them."""

from importlib import import_module
from typing import Any

from nnlab.errors import UsageError
from nnlab.text import one_line


def needed(module: str, extra: str | None, purpose: str) -> Any:
    """Import a module of an extra, such as ``onnx``; raises UsageError that says how to install it.

    Without ``extra`` it is a package that nnlab itself never needs, such as ``pandas``. ``purpose`` begins the message:
    what needs the module, such as ``--to onnx``.
    """
    try:
        return import_module(module)
    except Exception as error:  # such as the TypeError of generated code that is too old for protobuf
        package = module.partition(".")[0]
        install = f"pip install {package}" if extra is None else f"pip install 'nnlab-runner[{extra}]'"
        raise UsageError(f"{purpose}: needs the package {package} ({one_line(str(error), 200)}); {install}") from error
