"""``nnlab init``: write a spec to start from, or a component of one's own."""

from pathlib import Path
from typing import Annotated, Any

import typer

from nnlab.cli.completion import complete_config
from nnlab.cli.console import echo, naming_output
from nnlab.text import with_article


def _skeleton_option(kind: str) -> Any:
    return typer.Option(
        f"--{kind}",
        metavar="FILE.py",
        help=f"Write {with_article(kind)} of your own to start from, named as the file: my_{kind}.py.",
        show_default=False,
    )


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
    layer: Annotated[Path | None, _skeleton_option("layer")] = None,
    activation: Annotated[Path | None, _skeleton_option("activation")] = None,
    loss: Annotated[Path | None, _skeleton_option("loss")] = None,
    optimizer: Annotated[Path | None, _skeleton_option("optimizer")] = None,
    metric: Annotated[Path | None, _skeleton_option("metric")] = None,
    dataset: Annotated[Path | None, _skeleton_option("dataset")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Write a spec to start from, with a comment for every key, or a component of your own.

    --layer, --activation, --loss, --optimizer, --metric and --dataset write a plugin that works as it is.

    Example: nnlab init my.yaml
    """
    from shlex import quote

    from nnlab.config.bundled import bundled_config
    from nnlab.config.starter import starter_spec
    from nnlab.errors import UsageError
    from nnlab.plugins.skeletons import KINDS
    from nnlab.text import one_line

    chosen = {
        kind: own
        for kind, own in zip(KINDS, (layer, activation, loss, optimizer, metric, dataset), strict=True)
        if own is not None
    }
    if chosen:
        if len(chosen) > 1 or file is not None or source is not None:
            raise UsageError(f"--{next(iter(chosen))} FILE.py stands alone: one file at a time, and no spec")
        for kind, own in chosen.items():
            write_skeleton(kind, own, overwrite=overwrite)
        return
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
    if target.suffix not in {".yaml", ".yml"}:
        name = one_line(str(target), 1000)
        raise UsageError(f"{name}: the name of a spec ends in .yaml; --from NAME writes a bundled config")
    _write(target, text, overwrite=overwrite)
    echo(str(target))
    echo(f"next: nnlab {_command(target)} {quote(target.as_posix())}", err=True)


def write_skeleton(kind: str, file: Path, *, overwrite: bool) -> None:
    """Write a component to start from, which works as it is."""
    from shlex import quote

    from nnlab.plugins.skeletons import skeleton

    _write(file, skeleton(kind, file), overwrite=overwrite)
    name, plugin = file.stem, quote(file.as_posix())
    next_commands = {
        "optimizer": f"train SPEC --plugin {plugin} -s optimizer.name={name}",
        "metric": f"train SPEC --plugin {plugin} -s 'metrics=[accuracy, {name}]'",
        "dataset": f"data show {name} --plugin {plugin}",
    }
    echo(str(file))
    echo(f"next: nnlab {next_commands.get(kind, f'gradcheck {plugin}')}", err=True)


def _write(target: Path, text: str, *, overwrite: bool) -> None:
    from nnlab.errors import UsageError
    from nnlab.storage.disk import make_folder, write_output
    from nnlab.storage.overwriting import already_exists
    from nnlab.text import one_line

    if target.is_dir():
        raise UsageError(f"{one_line(str(target), 1000)}: is a folder")
    if (target.exists() or target.is_symlink()) and not overwrite:
        raise already_exists(target, "or give another FILE")
    with naming_output(target):
        make_folder(target.absolute().parent, exist_ok=True)
        write_output(target, text.encode())


def _text(path: Path) -> str:
    from nnlab.config.encoding import decoded

    return decoded(path.read_bytes())


def _command(path: Path) -> str:
    """The command that runs a spec."""
    from nnlab.config.spec_kinds import describes_descent, is_sweep_spec
    from nnlab.config.yaml_reader import read_yaml

    raw = read_yaml(path).value
    return "sweep" if is_sweep_spec(raw) else "descend" if describes_descent(raw) else "train"
