"""Text that a network generates, on the terminal."""

from pathlib import Path

from nnlab.cli.console import echo, stdin_contents
from nnlab.cli.single_run import check_single
from nnlab.errors import DataError
from nnlab.storage.folders import as_json

MOST_OF_A_PROMPT = 1 << 20


def print_generated(
    run: Path, characters: int, prompt: str | None, temperature: float | None, seed: int | None, *, json: bool
) -> None:
    """Print ``characters`` characters that continue the prompt (``-``: that on stdin), and nothing else.

    Control characters are escaped, except tabs and line ends. Raises UsageError for a network that generates no text.
    """
    from nnlab.inference.trained_network import trained_network

    check_single(run, "predict", "predict with")
    network = trained_network(run)
    start = _stdin() if prompt == "-" else prompt or ""
    temperature, seed = 1.0 if temperature is None else temperature, seed or 0
    text = network.generate(characters, start, temperature, seed)
    if json:
        place = {"run": str(run), "prompt": start, "temperature": temperature, "seed": seed, "text": text}
        echo(as_json(place).decode(), nl=False)
        return
    echo(text, tabs=True)


def _stdin() -> str:
    """The text on stdin without the newline at its end, which ``echo`` and editors add."""
    contents = stdin_contents(MOST_OF_A_PROMPT, "a prompt of ")
    try:
        return contents.decode("utf-8-sig").replace("\r\n", "\n").removesuffix("\n")
    except UnicodeDecodeError:
        raise DataError("stdin: expected a prompt in UTF-8, found other bytes") from None
