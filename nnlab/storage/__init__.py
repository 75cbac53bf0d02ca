"""Files on a disk that may fail: atomic writes, locks, bounded reads."""
