"""Text from a character model, one character at a time."""

from collections.abc import Callable, Iterator

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.input_format import InputFormat
from nnlab.errors import RunError, UsageError
from nnlab.text import quote

MOST_CHARACTERS = 1_000_000
STARTS = ("\n", " ")
"""What precedes a text without a prompt: the first of these that the vocabulary has."""


def generate(
    scores_of: Callable[[Array], Array],
    inputs: InputFormat,
    length: int,
    prompt: str = "",
    temperature: float = 1.0,
    seed: int = 0,
) -> str:
    """``length`` characters that continue the prompt, each drawn from softmax(scores / temperature).

    ``scores_of`` gives the scores (1, T, K) of a window of tokens (1, T). The network sees the last T characters of the
    prompt and of what it has written. Temperature 0 takes the most probable character. Raises UsageError for a network
    that predicts no next characters, or sees later ones, and for characters of the prompt that its vocabulary lacks;
    RunError where a score is not finite.
    """
    if not inputs.tokens or inputs.steps is None:
        raise UsageError("only a network that was trained on text (data: text) generates text")
    if not 0 <= length <= MOST_CHARACTERS:
        raise UsageError(f"expected 0 to {MOST_CHARACTERS:,} characters to generate, got {length:,}")
    if not (np.isfinite(temperature) and temperature >= 0):
        raise UsageError(f"expected a temperature of at least 0, got {temperature:g}")
    if seed < 0:
        raise UsageError(f"expected a seed of at least 0, got {seed}")
    tokens = _tokens(prompt, inputs.class_names)
    _check_causal(scores_of, inputs)
    rng = np.random.default_rng(seed)
    drawn = _continued(scores_of, inputs.steps, tokens, lambda scores: _draw(scores, temperature, rng))
    return "".join(inputs.class_names[next(drawn)] for _ in range(length))


def _continued(
    scores_of: Callable[[Array], Array], steps: int, tokens: list[int], draw: Callable[[Array], int]
) -> Iterator[int]:
    """The tokens that follow, without end; a window that is not full yet ends in zeros, which earlier steps ignore."""
    window = tokens[-steps:]
    while True:
        x = np.zeros((1, steps))
        x[0, : len(window)] = window
        token = draw(scores_of(x)[0, len(window) - 1])
        yield token
        window = [*window, token][-steps:]


def _draw(scores: Array, temperature: float, rng: np.random.Generator) -> int:
    if temperature == 0:
        return int(scores.argmax())
    with np.errstate(over="ignore"):  # a temperature near 0: the differences become infinite, and their share 0
        shares = np.exp((scores.astype(np.float64) - scores.max()) / temperature)
    edges = np.cumsum(shares)
    return int(min(np.searchsorted(edges, rng.random() * edges[-1], side="right"), len(edges) - 1))


def _tokens(prompt: str, vocabulary: tuple[str, ...]) -> list[int]:
    """The tokens of the prompt; of an empty one those of the first of ``STARTS``, else of the first character."""
    index = {character: token for token, character in enumerate(vocabulary)}
    unknown = "".join(dict.fromkeys(character for character in prompt if character not in index))
    if unknown:
        known = quote("".join(vocabulary), 200)
        raise UsageError(f"the prompt has characters that the training text had not: {quote(unknown)}; it had {known}")
    start = next((index[character] for character in STARTS if character in index), 0)
    return [index[character] for character in prompt] or [start]


def _check_causal(scores_of: Callable[[Array], Array], inputs: InputFormat) -> None:
    """Raise UsageError where the scores of a step depend on later characters, as those of a bidirectional network."""
    steps = inputs.shape[0]
    windows = np.zeros((2, steps))
    windows[1, steps // 2 :] = len(inputs.class_names) - 1
    one, other = (scores_of(window[np.newaxis])[0, : steps // 2].copy() for window in windows)
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise RunError("the scores are not finite: the network cannot be used")
    if not np.allclose(one, other, rtol=1e-3, atol=1e-5):
        raise UsageError("the network sees later characters too (a reverse layer?), so it cannot generate text")
