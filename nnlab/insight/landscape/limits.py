"""Points, ranges and samples of a landscape, unless told otherwise."""

POINTS = {"random": 41, "pca": 31, "line": 51}
RANGES = {"random": 1.0, "pca": 0.25, "line": 0.25}
SAMPLES = 1000
