"""Whether a process of a given number lives."""

import os


def is_alive(process: int) -> bool:
    """Whether a process of this machine lives; True where the system cannot be asked, as on Windows."""
    if process <= 0:  # which os.kill takes for groups of processes
        return False
    if os.name != "posix":  # os.kill would end it there
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # another user's
        return True
    return True
