"""``nnlab init``: write a spec to start from."""

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.completion import complete_config
from nnlab.cli.console import echo, naming_output

DEFAULT_FILE = Path("experiment.yaml")
STANDARD_OUTPUT = Path("-")


def init_command(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help=f"The file to write (default: {DEFAULT_FILE}, with --from NAME NAME.yaml); - is standard output.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="NAME",
            help="Write this bundled config (nnlab list config), with its comments.",
            show_default=False,
            autocompletion=complete_config,
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Write a spec to start from, with a comment for every key.

    Example: nnlab init my.yaml
    """
    from shlex import quote

    from nnlab.config.bundled import bundled_config
    from nnlab.config.starter import starter_spec
    from nnlab.errors import UsageError
    from nnlab.storage.disk import make_folder, write_output
    from nnlab.storage.overwriting import already_exists
    from nnlab.text import one_line

    path = None if source is None else bundled_config(source)
    target = file or (DEFAULT_FILE if path is None else Path(path.name))
    text = (
        starter_spec((DEFAULT_FILE if target == STANDARD_OUTPUT else target).as_posix())
        if path is None
        else _text(path)
    )
    if target == STANDARD_OUTPUT:
        echo(text, nl=False)
        return
    name = one_line(str(target), 1000)
    if target.suffix not in {".yaml", ".yml"}:
        raise UsageError(f"{name}: the name of a spec ends in .yaml; --from NAME writes a bundled config")
    if target.is_dir():
        raise UsageError(f"{name}: is a folder")
    if (target.exists() or target.is_symlink()) and not overwrite:
        raise already_exists(target, "or give another FILE")
    with naming_output(target):
        make_folder(target.absolute().parent, exist_ok=True)
        write_output(target, text.encode())
    echo(str(target))
    echo(f"next: nnlab {_command(target)} {quote(target.as_posix())}", err=True)


def _text(path: Path) -> str:
    from nnlab.config.encoding import decoded

    return decoded(path.read_bytes())


def _command(path: Path) -> str:
    """The command that runs a spec."""
    from nnlab.config.spec_kinds import describes_descent, is_sweep_spec
    from nnlab.config.yaml_reader import read_yaml

    raw = read_yaml(path).value
    return "sweep" if is_sweep_spec(raw) else "descend" if describes_descent(raw) else "train"
