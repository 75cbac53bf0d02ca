"""A training as one stand-alone script, made of the source text of the textbook."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from textwrap import wrap

import nnlab
from nnlab.config.experiment import Experiment
from nnlab.core.task import CLASSES
from nnlab.data.dataset import Dataset
from nnlab.eject.data import WrittenData, write_data
from nnlab.eject.expressions import LINE_LENGTH
from nnlab.eject.left_out import left_out
from nnlab.eject.program import write_program
from nnlab.eject.short_spec import short_spec
from nnlab.eject.source_text import Import, Library, import_lines
from nnlab.engine.run_setup import RunSetup
from nnlab.text import escape_control, one_line

# The modules whose definitions come under each heading, in this order: what a definition needs while it is made, such
# as its base class, comes before it.
SECTIONS = {
    "Settings": (),
    "Random numbers, initial weights": ("eject.parts.random_streams", "textbook.initialisers"),
    "Layers": (
        "textbook.regularizers",
        "textbook.layer",
        "textbook.affine",
        "textbook.activations",
        "textbook.smooth_activations",
        "textbook.softmax",
        "textbook.convolution",
        "textbook.grouped_convolution",
        "textbook.convolution_1d",
        "textbook.pooling",
        "textbook.normalisation",
        "textbook.dropout",
        "textbook.activity",
        "textbook.sequence",
        "textbook.recurrent",
        "textbook.gated",
        "textbook.composite",
    ),
    "Loss": ("textbook.losses",),
    "Update rule": ("textbook.optimizers", "textbook.averaging", "eject.parts.clipping"),
    "Data": ("eject.parts.data_files", "eject.parts.points", "eject.parts.splitting"),
    "Network": ("textbook.network",),
    "Evaluation": (),
    "Training": ("eject.parts.batches", "eject.parts.augmentation", "eject.parts.patience"),
}
# What programs import themselves.
IMPORTS = (
    Import("copy", "deepcopy", "deepcopy"),
    *(Import("math", name, name) for name in ("ceil", "cos", "pi")),
    Import("numpy", "", "np"),
    Import("pathlib", "Path", "Path"),
    Import("zlib", "crc32", "crc32"),
)


@dataclass(frozen=True)
class Script:
    """A script, with what it needs and what it leaves out.

    ``arrays`` are the contents of files that have to be beside it, ``files`` those that it reads.
    """

    text: str
    dataset: Dataset
    arrays: dict[str, bytes] = field(default_factory=dict)
    files: Sequence[Path] = ()
    left_out: Sequence[str] = ()


def eject(experiment: Experiment, name: str, *, made_from: str, beside: bool = False) -> Script:
    """The training of an experiment as a script called ``name``, without ``.py``.

    ``made_from`` says in its head what it was made from. ``beside``: it looks for its data files beside itself only,
    where the caller copies them. Raises UsageError, with the key, for what no script can express, and DataError.
    """
    setup = RunSetup(experiment)
    data = write_data(experiment.data, setup.dataset, f"{name}-data.npz", setup.network.streams.state())
    setup.network.allocate("float64")
    there = dict.fromkeys(path.absolute().parent for path in data.files)
    folders = [None, *({} if beside else there)] if data.files or data.arrays is not None else []
    program = write_program(setup, data, folders)
    needed = _library().needed("\n".join(program.values()))
    omitted = list(left_out(experiment, setup.shard_count))
    blocks = [_head(experiment, name, made_from, data, omitted), "\n".join(import_lines(needed.imports))]
    for heading, modules in SECTIONS.items():
        texts = [text for module in modules for text in needed.texts(import_module(f"nnlab.{module}"))]
        if program[heading]:
            texts.append(program[heading])
        if texts:
            blocks += [f"# === {heading} ===", *texts]
    arrays = {} if data.arrays is None else {f"{name}-data.npz": data.arrays}
    return Script(_joined(blocks), setup.dataset, arrays, data.files, omitted)


@cache
def _library() -> Library:
    modules = [import_module(f"nnlab.{module}") for section in SECTIONS.values() for module in section]
    library = Library.of(modules)
    for found in IMPORTS:
        if library.imports.setdefault(found.name, found) != found:
            raise ValueError(f"{found.name} is imported from two modules")
    return library


def _head(experiment: Experiment, name: str, made_from: str, data: WrittenData, omitted: Sequence[str]) -> str:
    """The docstring of the script, and the spec as a comment."""
    measured = "accuracy" if experiment.data.task == CLASSES else "mean absolute error"
    paragraphs = [
        f"{_harmless(experiment.name)}: a training of nnlab as one script, in plain NumPy.",
        f"    python {_harmless(name)}.py",
        f"prints loss and {measured} at each evaluation and writes the loss of each step (data loss and penalties) to "
        f"{_harmless(name)}-steps.csv. It needs NumPy and {_harmless(data.what)}.",
        f"Written by nnlab {nnlab.__version__} from {_harmless(made_from)}. The classes are those of nnlab.textbook, "
        "the names those of the books. Data, initial weights, batches and all other random numbers are those of the "
        "run, so the losses are equal too, but for rounding.",
        f"Left out: {', '.join(omitted)}.",
    ]
    text = "\n\n".join(
        "\n".join(wrap(each, LINE_LENGTH - 1, break_on_hyphens=False)) if each[0] != " " else each
        for each in paragraphs
    )
    spec = [f"# {experiment.question}", "#"] if experiment.question else []
    lines = [*spec, *(f"# {line}".rstrip() for line in short_spec(experiment).splitlines())]
    comment = [part for line in lines for part in _wrapped(escape_control(line))]
    return "\n".join([f'"""{text}\n"""', "", *comment])


def _harmless(text: str) -> str:
    """A text of the spec in one line, that ends no docstring and escapes nothing in it."""
    return one_line(text, 300).replace("\\", "/").replace('"', "'")


def _wrapped(line: str) -> list[str]:
    """A comment in lines of at most 120 characters; a continued line is indented."""
    indent = line[: len(line[1:]) - len(line[1:].lstrip()) + 1]
    return wrap(line, LINE_LENGTH, subsequent_indent=f"{indent}  ", break_long_words=False, drop_whitespace=True) or [
        ""
    ]


def _joined(blocks: Sequence[str]) -> str:
    """The blocks, with two blank lines where a class or function begins or ends, else with one."""
    text = blocks[0]
    for before, after in pairwise(blocks):
        defines = any(_defines(block) for block in (before, after))
        text += ("\n\n\n" if defines else "\n\n") + after
    return text + "\n"


def _defines(block: str) -> bool:
    return block.startswith(("class ", "def ", "@"))
