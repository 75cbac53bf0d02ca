"""Folders for what a command makes, named by time and chance."""

from pathlib import Path


def new_folder(root: Path) -> Path:
    """Make ``root/<UTC yyyymmdd-hhmmss>-<6 hex>``; raises OSError."""
    import secrets
    from datetime import UTC, datetime

    folder = root / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    folder.mkdir(parents=True)
    return folder
