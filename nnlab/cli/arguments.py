"""Arguments of several commands: shared options, glob patterns, and hints for mistyped options."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from nnlab.cli.completion import complete_condition, complete_override, complete_run, complete_tag, complete_values
from nnlab.cli.console import echo
from nnlab.language import Language, speaking


def _speak(ctx: typer.Context, language: Language) -> Language:
    """Speak the language until the command has ended."""
    ctx.with_resource(speaking(language))
    return language


SPEC_HELP = "A spec file (YAML), or the name of a bundled config."

Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        metavar="KEY=VALUE",
        help="Change a key of the spec, such as optimizer.lr=0.1; repeatable.",
        autocompletion=complete_override,
    ),
]

SweptOverrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        metavar="KEY=VALUES",
        help="Sweep a key of the spec with several values, such as optimizer.lr=0.1,0.01, or change it; repeatable.",
        autocompletion=complete_values,
    ),
]

RunName = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run folder, its short name, or last: the newest.",
        show_default=False,
        autocompletion=complete_run,
    ),
]

RunsFolder = Annotated[
    Path,
    typer.Option("--runs", metavar="DIR", help="Folder in which short names of runs are looked up."),
]

Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="CONDITION",
        help="Only runs that meet it: KEY=VALUE for a spec key or a metric, or with !=, <, <=, > or >= (in quotes), "
        "such as optimizer.name=adam or 'test_accuracy>0.9'; repeatable.",
        show_default=False,
        autocompletion=complete_condition,
    ),
]

Tag = Annotated[
    str | None,
    typer.Option(
        "--tag",
        metavar="TAG",
        help="Only runs with this tag of nnlab runs tag.",
        show_default=False,
        autocompletion=complete_tag,
    ),
]

NoPlots = Annotated[bool, typer.Option("--no-plots", help="Draw no pictures; short for -s train.pictures=false.")]
NO_PLOTS = "train.pictures=false"

FitOption = Annotated[
    Literal["auto", "digit", "contain", "cover", "stretch", "none"],
    typer.Option(
        "--fit",
        help="Size of pictures. digit: cut out the ink, scale it to 20x20 of 28x28 and centre its mass, as MNIST's "
        "digits were made; contain: whole picture; cover: its middle; stretch; none: refuse other sizes; auto: as "
        "in training, else digit or contain for grey networks, cover for colour.",
    ),
]

InvertOption = Annotated[
    Literal["auto", "yes", "no"],
    typer.Option("--invert", help="Invert pictures; auto: where their ground is light and that in training dark."),
]

Lang = Annotated[
    Language,
    typer.Option(
        "--lang",
        envvar="NNLAB_LANG",
        show_envvar=True,
        help="Language of pictures and results.",
        callback=_speak,
    ),
]

MANY_TRIALS = 1000
"""More trials than this are trained after a question."""

Parallel = Annotated[
    int | None,
    typer.Option("--parallel", metavar="N", min=1, help="Trials at a time (default: cores).", show_default=False),
]

AllowDrift = Annotated[bool, typer.Option("--allow-drift", help="Continue even if data or versions differ.")]

TrainMany = Annotated[bool, typer.Option("--yes", "-y", help=f"Train more than {MANY_TRIALS:,} trials unasked.")]

MovedData = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="PATH",
        help="New location of the run's data: its file, or the folder of its files.",
        show_default=False,
    ),
]

_OPTIONS = ("-s", "--set")
_CLOSED_BY = {"[": "]", "{": "}"}


def check_split(arguments: Sequence[str]) -> None:
    """Raise UsageError for ``-s model.hidden=[40, 20]`` without quotes, which the shell splits at its spaces."""
    from nnlab.errors import UsageError
    from nnlab.text import one_line

    for index, argument in enumerate(arguments):
        if argument == "--":
            return
        before = arguments[index - 1] if index else ""
        override = argument if before in _OPTIONS else argument.removeprefix("--set=").removeprefix("-s")
        if before not in _OPTIONS and override == argument:
            continue
        last = _last_part(override, arguments[index + 1 :])
        if last:
            whole = one_line(" ".join([override, *arguments[index + 1 : index + 1 + last]]), 200)
            raise UsageError(f"-s {whole}: was split at its spaces by the shell; put it in quotes: -s '{whole}'")


def _last_part(override: str, following: Sequence[str]) -> int:
    """How many of the following arguments belong to the value of an override: up to the closing bracket."""
    value = override.partition("=")[2].lstrip()
    closing = _CLOSED_BY.get(value[:1])
    if closing is None or _depth(value) <= 0:
        return 0
    depth = _depth(value)
    for count, part in enumerate(following, start=1):
        depth += _depth(part)
        if depth <= 0:
            return count if part.endswith(closing) else 0
    return 0


def _depth(text: str) -> int:
    """The number of unclosed brackets."""
    return sum(text.count(sign) for sign in "[{") - sum(text.count(sign) for sign in "]}")


def option_hint(option: str) -> str:
    """A hint for an unknown option that is a key of the spec, such as ``--lr``; else empty."""
    from nnlab.aliases import aliases
    from nnlab.config.completions import spec_keys
    from nnlab.text import LONGEST_WORD

    word = option.lstrip("-").replace("-", "_")
    if len(word) > LONGEST_WORD:
        return ""
    known = {key.partition("=")[0] for key in spec_keys()}
    known |= {key.removesuffix(".name") for key in known}
    for name in (word, *aliases(word)):
        # The least nested key is most likely: train.epochs, not train.schedule.epochs.
        found = sorted((key for key in known if key.rpartition(".")[2] == name), key=lambda key: (key.count("."), key))
        if found:
            return f"set this key of the spec with -s {found[0]}=VALUE"
    return ""


def note_passed_over(spec: Path) -> None:
    """Report on stderr that a name stands for the bundled config though a file of this name with .yaml is here."""
    from nnlab.config.bundled import passed_over

    if file := passed_over(spec):
        echo(f"nnlab: {spec} is the bundled config; to use your file here, write {file}", err=True)
