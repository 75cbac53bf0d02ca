"""System properties of macOS."""

import platform
import subprocess
from functools import cache

PROGRAM = "/usr/sbin/sysctl"


@cache
def sysctl(name: str) -> str | None:
    """A value of ``sysctl``; None on other systems and for unknown names."""
    if platform.system() != "Darwin":
        return None
    try:
        answer = subprocess.run([PROGRAM, "-n", name], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return answer.stdout.strip() or None if answer.returncode == 0 else None
