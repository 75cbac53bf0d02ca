"""The texts of pictures and results, in English and in Japanese; users' names are not translated."""

from collections.abc import Mapping

from nnlab.words.effects import EFFECTS
from nnlab.words.explanations import EXPLANATIONS
from nnlab.words.keys import KEYS
from nnlab.words.learning_rates import LEARNING_RATES
from nnlab.words.pictures import PICTURES
from nnlab.words.results import RESULTS
from nnlab.words.sentences import SENTENCES
from nnlab.words.watching import WATCHING

JAPANESE: Mapping[str, str] = {**PICTURES, **RESULTS, **LEARNING_RATES, **WATCHING}
MEANINGS: Mapping[str, str] = {**SENTENCES, **KEYS, **EFFECTS, **EXPLANATIONS}
"""What is said about components: their sentences and keys, and the parts of worked examples."""
