"""Process liveness."""

import os


def is_alive(pid: int) -> bool:
    """Whether a local process is running; True if unknown, as on Windows."""
    if pid <= 0:  # process groups, for os.kill
        return False
    if os.name != "posix":  # os.kill would terminate it
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # a process of another user
        return True
    return True
