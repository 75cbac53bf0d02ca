"""What the targets of a dataset are: classes, or numbers."""

from typing import Literal

Task = Literal["classes", "numbers"]
"""``classes``: each target is one of K classes; ``numbers``: each is K numbers (regression)."""

CLASSES: Task = "classes"
NUMBERS: Task = "numbers"
