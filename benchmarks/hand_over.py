"""Two threads against one, quiet, beside a neighbour and on one core: ``python -m benchmarks.hand_over``.

Prints the milliseconds of the same matrix products done in turn, in two pieces and in four, which a free thread takes.
"""

from statistics import median
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.neighbour import MODES, machine
from nnlab.core.arrays import Array
from nnlab.core.threads import Workers, usable_threads

SIZE = 256
PRODUCTS = (0, 2, 8, 32)
REPEATS = 30


def main() -> None:
    """Measure every mode and print a line for each amount of work."""
    rng = np.random.default_rng(0)
    A = rng.random((max(PRODUCTS), SIZE, SIZE), np.float32)
    out = np.empty_like(A)
    print("mode       products  in turn  2 pieces  4 pieces")
    for mode in MODES:
        with machine(mode), threadpool_limits(1):
            workers = Workers(usable_threads(2))
            for products in PRODUCTS:
                milliseconds = [_milliseconds(workers, A[:products], out, pieces) for pieces in (1, 2, 4)]
                print(f"{mode:<10} {products:8}" + "".join(f" {value:9.3f}" for value in milliseconds), flush=True)


def _milliseconds(workers: Workers, A: Array, out: Array, pieces: int) -> float:
    def piece(index: int) -> None:
        for i in range(len(A) * index // pieces, len(A) * (index + 1) // pieces):
            np.matmul(A[i], A[i], out=out[i])

    seconds = []
    for _ in range(REPEATS):
        started = perf_counter()
        workers.run(piece, pieces)
        seconds.append(perf_counter() - started)
    return 1e3 * median(seconds)


if __name__ == "__main__":
    main()
