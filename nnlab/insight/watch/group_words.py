"""What a sweep or a cross-validation says of itself in a line of words."""

from nnlab.insight.watch.followed_group import FollowedGroup, FollowedSweep
from nnlab.language import in_language, tr
from nnlab.sweeps.progress import Progress, described, duration, in_words


def progress_of_group(group: FollowedGroup, total: int) -> str:
    """How many trials or folds are done, what is best so far, and how long the rest takes."""
    seconds = group.seconds_of_ended() if group.status == "running" else []
    if isinstance(group, FollowedSweep) and group.record:
        record = group.record
        best = record.summary["best"]
        progress = Progress(
            total,
            max(len(group.running), 1),
            lambda: record.trials,
            len(group.running),
            (best["trial"], best["value"]) if best else None,
            record.columns.goal,
        )
        for span in seconds:
            progress.took(span)
        return in_words(progress)
    words = [tr("{done} of {total} folds done", done=len(group.ended), total=total)]
    if seconds and (left := total - len(group.ended)):
        words.append(tr("about {time} left", time=duration(sum(seconds) / len(seconds) * left)))
    return in_language("; ", "；").join(words)


def settings_shown(group: FollowedGroup) -> str:
    """The swept settings of the trial that is shown."""
    if not isinstance(group, FollowedSweep) or group.record is None:
        return ""
    row = next((row for row in group.record.trials if row.number == group.shown_number), None)
    return described(row.settings, row.seed) if row else ""
