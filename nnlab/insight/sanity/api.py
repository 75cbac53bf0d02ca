"""``nnlab.sanity``: the checks of a spec from Python."""

import shlex
from collections.abc import Sequence

from nnlab.config.loading import Spec, as_experiment
from nnlab.config.overrides import Overrides
from nnlab.insight.sanity.checked_spec import CheckedSpec
from nnlab.insight.sanity.checks import chosen_checks, run_checks
from nnlab.insight.sanity.result import SanityReport
from nnlab.insight.spec_commands import override_texts, spec_words
from nnlab.train.run import one_blas_thread


def sanity(
    spec: Spec, overrides: Overrides = (), *, only: Sequence[str] = (), skip: Sequence[str] = (), seed: int = 0
) -> SanityReport:
    """Check a spec before training, in seconds: ``sanity("adam").passed``; nothing is written.

    ``only`` and ``skip`` name checks, ``seed`` chooses the samples, directions and permutations that they use. Raises
    UsageError and DataError where a training could not start.
    """
    names = chosen_checks(only, skip)
    experiment = as_experiment(spec, overrides)
    call = shlex.join(spec_words(spec, experiment)) or "SPEC"
    with one_blas_thread():
        case = CheckedSpec(experiment, call, override_texts(overrides), seed)
        return SanityReport(experiment.name, tuple(run_checks(case, names, lambda name: None)))
