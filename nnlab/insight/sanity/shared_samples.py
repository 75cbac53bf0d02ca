"""Held-out samples that are also among the training samples."""

from nnlab.insight.finding import Finding
from nnlab.insight.row_digests import row_digests
from nnlab.insight.sanity.checked_spec import CheckedSpec
from nnlab.insight.sanity.result import found

MOST_TRAINING = 100_000
MOST_HELD_OUT = 2000
FEWEST = 20


def shared_samples(case: CheckedSpec) -> list[Finding]:
    """A problem where most samples of a held-out split are training samples, advice where 5 % are."""
    findings = []
    training = set(row_digests(case.dataset.train.first(MOST_TRAINING)))
    for name, split in case.dataset.splits.items():
        chosen = case.rng(8).permutation(len(split))[:MOST_HELD_OUT]
        if name == "train" or len(chosen) < FEWEST:
            continue
        held_out = set(row_digests(split.take(chosen)))
        share = len(held_out & training) / len(held_out)
        few_values = len(training) < 0.9 * min(MOST_TRAINING, len(case.dataset.train))  # repeats are natural
        if share < 0.05 or len(held_out) < FEWEST:
            continue
        findings.append(
            found(
                "held_out_in_training",
                f"{share:.0%} of the {name} samples are also training samples.",
                f"{len(held_out & training)} of {len(held_out)} different {name} samples",
                "The network has seen their labels, so its accuracy on them says little about new samples.",
                numbers={"split": name, "share": share},
                section="shared-samples",
                command="split the data before augmenting or repeating samples",
                severity="problem" if share > 0.5 and not few_values else "advice",
            )
        )
    return findings
