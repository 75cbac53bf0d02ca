"""The texts of pictures and results, in English and in Japanese; users' names are not translated."""

from collections.abc import Mapping

from nnlab.words.learning_rates import LEARNING_RATES
from nnlab.words.pictures import PICTURES
from nnlab.words.results import RESULTS
from nnlab.words.watching import WATCHING

JAPANESE: Mapping[str, str] = {**PICTURES, **RESULTS, **LEARNING_RATES, **WATCHING}
