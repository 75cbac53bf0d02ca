"""Text generation: windows, prompts, temperature, seeds, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from nnlab.core.arrays import Array
from nnlab.data.input_format import InputFormat
from nnlab.errors import RunError, UsageError
from nnlab.inference.generation import generate

T = 4
INPUTS = InputFormat((T,), ("\n", "a", "b", "c"), False, np.zeros(T), np.full(T, 3.0), steps=T, tokens=True)


def successor(x: Array) -> Array:
    """The most probable next token is the token plus one, with probability e⁴ / (e⁴ + 3)."""
    return 4.0 * np.eye(4)[(x.astype(int) + 1) % 4]


def memory(x: Array) -> Array:
    """The scores of a step count the tokens of the window up to it."""
    return np.cumsum(np.eye(4)[x.astype(int)], axis=1)


def test_greedy_text_follows_the_prompt() -> None:
    assert generate(successor, INPUTS, 6, "a", temperature=0) == "bc\nabc"
    assert generate(successor, INPUTS, 3, "abcabcabc", temperature=0) == "\nab"
    assert generate(successor, INPUTS, 2, temperature=0) == "ab", "a line end stands before a text without prompt"
    assert generate(successor, INPUTS, 0, "a") == ""


def test_network_sees_the_last_steps_only() -> None:
    seen: list[list[int]] = []

    def watched(x: Array) -> Array:
        seen.append(x[0].astype(int).tolist())
        return successor(x)

    generate(watched, INPUTS, 4, "ab", temperature=0)
    assert seen[2:] == [[1, 2, 0, 0], [1, 2, 3, 0], [1, 2, 3, 0], [2, 3, 0, 1]]
    assert generate(memory, INPUTS, 3, "abbb", temperature=0) == "bbb"


def test_characters_have_the_probabilities_of_the_softmax() -> None:
    for temperature in (1.0, 2.0):
        text = generate(lambda x: np.broadcast_to([0.0, 1.0, 2.0, 0.5], (1, T, 4)), INPUTS, 4000, "a", temperature)
        shares = np.array([text.count(character) for character in INPUTS.class_names]) / len(text)
        expected = np.exp(np.array([0, 1, 2, 0.5]) / temperature)
        np.testing.assert_allclose(shares, expected / expected.sum(), atol=0.025)


def test_seed_decides_the_text() -> None:
    texts = {seed: generate(memory, INPUTS, 50, "abc", seed=seed) for seed in (0, 1)}
    assert texts[0] != texts[1]
    assert generate(memory, INPUTS, 50, "abc", seed=1) == texts[1]
    assert generate(successor, INPUTS, 9, "a", temperature=1e-300) == generate(successor, INPUTS, 9, "a", temperature=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"prompt": "abz!"}, r"the prompt has characters that the training text had not: 'z!'; it had '\\nabc'"),
        ({"temperature": -1}, "expected a temperature of at least 0, got -1"),
        ({"temperature": float("nan")}, "expected a temperature"),
        ({"length": -1}, "expected 0 to 1,000,000 characters"),
        ({"seed": -1}, "expected a seed of at least 0"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        generate(successor, INPUTS, **({"length": 3} | arguments))  # type: ignore[arg-type]


def test_networks_that_cannot_generate_are_refused() -> None:
    with pytest.raises(UsageError, match="the network sees later characters too"):
        generate(lambda x: memory(x[:, ::-1])[:, ::-1], INPUTS, 3)
    with pytest.raises(RunError, match="not finite"):
        generate(lambda x: np.nan * successor(x), INPUTS, 3)
    with pytest.raises(UsageError, match="only a network that was trained on text"):
        generate(successor, replace(INPUTS, tokens=False), 3)
