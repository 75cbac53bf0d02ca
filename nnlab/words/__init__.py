"""The texts of pictures, results and explanations, in English and in Japanese; users' names are not translated."""

from collections.abc import Mapping

from nnlab.words.effects import EFFECTS
from nnlab.words.explanations import EXPLANATIONS, FORMULAS, PATTERNS, SOURCES
from nnlab.words.keys import KEYS
from nnlab.words.keys_of_data import KEYS_OF_DATA
from nnlab.words.landscapes import LANDSCAPES
from nnlab.words.learning_rates import LEARNING_RATES
from nnlab.words.notes import NOTES
from nnlab.words.pictures import PICTURES
from nnlab.words.results import RESULTS
from nnlab.words.sentences import SENTENCES
from nnlab.words.sentences_of_data import SENTENCES_OF_DATA
from nnlab.words.watching import WATCHING

__all__ = ["FORMULAS", "JAPANESE", "MEANINGS", "NOTES", "PATTERNS", "SOURCES"]

JAPANESE: Mapping[str, str] = {**PICTURES, **RESULTS, **LEARNING_RATES, **LANDSCAPES, **WATCHING}
MEANINGS: Mapping[str, str] = {
    **SENTENCES_OF_DATA,
    **SENTENCES,
    **KEYS_OF_DATA,
    **KEYS,
    **EFFECTS,
    **EXPLANATIONS,
}
"""What is said about components: their sentences and keys, and the parts of worked examples."""
