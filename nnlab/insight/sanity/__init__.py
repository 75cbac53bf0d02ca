"""Checks of a spec before training: each compares a number with what it should be."""

from nnlab.insight.sanity.api import sanity
from nnlab.insight.sanity.checked_spec import CheckedSpec
from nnlab.insight.sanity.checks import CHECKS, chosen_checks, run_checks
from nnlab.insight.sanity.result import CheckResult, SanityReport

__all__ = ["CHECKS", "CheckResult", "CheckedSpec", "SanityReport", "chosen_checks", "run_checks", "sanity"]
