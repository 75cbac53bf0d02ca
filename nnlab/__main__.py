"""``python -m nnlab`` is the same as ``nnlab``."""

from nnlab.cli import main

if __name__ == "__main__":
    main()
