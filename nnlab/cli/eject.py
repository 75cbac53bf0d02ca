"""``nnlab eject``: a training as one NumPy script."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.arguments import MovedData, Overrides, RunsFolder
from nnlab.cli.completion import complete_spec_or_run
from nnlab.cli.console import echo, naming_output

if TYPE_CHECKING:
    from nnlab.config.experiment import Experiment

STANDARD_OUTPUT = Path("-")


def eject_command(
    name: Annotated[
        str,
        typer.Argument(
            metavar="SPEC|RUN",
            help="A spec file (- is standard input) or bundled config; or a run folder, its short name, or last: the "
            "newest.",
            show_default=False,
            autocompletion=complete_spec_or_run,
        ),
    ],
    overrides: Overrides = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Script to write (default: NAME.py in the working folder); - is standard output.",
            show_default=False,
        ),
    ] = None,
    copy_data: Annotated[
        bool, typer.Option("--copy-data", help="Copy the data files into the folder of the script, to hand in both.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    data: MovedData = None,
    runs: RunsFolder = Path("runs"),
) -> None:
    """Write a training as one readable NumPy script that needs nothing else but the data files.

    The script is made of the classes of nnlab's textbook. It repeats the training in float64, with the same initial
    weights, batches and other random numbers, and names what it leaves out.

    Example: nnlab eject adam --out adam.py
    """
    from nnlab.cli.downloading import fetch
    from nnlab.eject.script import eject
    from nnlab.errors import UsageError
    from nnlab.saved_run import changed_data_warning, changed_files, moved_data_hint

    experiment, made_from, run = load(name, overrides or [], data, runs)
    printed = out == STANDARD_OUTPUT
    if printed and copy_data:
        raise UsageError("--copy-data copies the data beside the script; it needs --out FILE")
    path = default_file(experiment.name) if out is None or printed else out
    check_script_name(path)
    fetch(experiment.data)
    with moved_data_hint(experiment):
        script = eject(experiment, path.stem, made_from=made_from, beside=copy_data)
    if run is not None and (changed := changed_files(run, script.dataset)):
        echo(f"nnlab: {changed_data_warning(run, changed)}", err=True)
    if printed:
        if script.arrays:
            raise UsageError(f"the script needs {', '.join(script.arrays)} beside it: use --out FILE")
        echo(script.text, nl=False)
    else:
        contents = {path.with_name(file): array for file, array in script.arrays.items()}
        if copy_data:
            contents |= {path.with_name(file.name): file.read_bytes() for file in script.files}
        write_all(contents | {path: script.text.encode()}, overwrite=overwrite)
    echo(f"nnlab: left out: {', '.join(script.left_out)}", err=True)


def load(name: str, overrides: list[str], data: Path | None, runs: Path) -> "tuple[Experiment, str, Path | None]":
    """The experiment of a spec or run, what it is called in the head of the script, and the folder of the run."""
    from nnlab.config.loading import load_experiment
    from nnlab.errors import UsageError
    from nnlab.records.reader import read_run
    from nnlab.records.run_names import find_run_or_spec
    from nnlab.saved_run import experiment_of_run

    target = find_run_or_spec(name, runs, "run")
    changed = f" with {', '.join(overrides)}" if overrides else ""
    if target.is_dir():
        record = read_run(target)
        experiment = experiment_of_run(record.path, overrides, data)
        return experiment, f"the run {record.path.resolve().name}{changed}", record.path
    if data is not None:
        raise UsageError("--data belongs to a RUN; a spec has data.path: -s data.path=PATH")
    written = "the spec on standard input" if name == "-" else f"the spec {target.name}"
    return load_experiment(target, overrides), f"{written}{changed}", None


def default_file(name: str) -> Path:
    """A script in the working folder with the name of an experiment; Python's own modules keep theirs."""
    from nnlab.storage.folder_names import plain_name
    from nnlab.storage.script_names import hides_module

    stem = plain_name(name)
    return Path(f"{stem}_script.py" if hides_module(stem, "numpy") else f"{stem}.py")


def check_script_name(path: Path) -> None:
    """Raise UsageError for a path that cannot be that of a script."""
    from nnlab.errors import UsageError
    from nnlab.storage.script_names import hides_module
    from nnlab.text import one_line

    name = one_line(str(path), 1000)
    if path.is_dir():
        raise UsageError(f"{name}: is a folder; give the file, such as {name}/script.py")
    if path.suffix != ".py":
        raise UsageError(f"{name}: the name of a script ends in .py")
    if hides_module(path.stem, "numpy"):
        raise UsageError(f"{name}: a script of this name would hide Python's module {path.stem}; use another name")


def write_all(contents: Mapping[Path, bytes], *, overwrite: bool) -> None:
    """Write files and print their paths; files that are there with the same contents are left as they are.

    Raises UsageError, before anything is written, where another file is there already, unless ``overwrite``.
    """
    from nnlab.storage.disk import make_folder, write_output
    from nnlab.storage.overwriting import already_exists

    new = {path: content for path, content in contents.items() if not holds(path, content)}
    for path in new:
        if (path.exists() or path.is_symlink()) and not overwrite:
            raise already_exists(path, "or another --out FILE")
    for path, content in contents.items():
        with naming_output(path):
            make_folder(path.absolute().parent, exist_ok=True)
            if path in new:
                write_output(path, content)
        echo(str(path))


def holds(path: Path, content: bytes) -> bool:
    """Whether a file has exactly this content."""
    return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content
