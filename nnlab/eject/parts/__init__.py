"""What a script needs beside the textbook: data files, random streams, batches, augmentation, clipping, patience.

Plain functions whose source text is written into scripts, so like the textbook they import NumPy and the standard
library only. Each gives the same numbers as its fast counterpart, which the tests of :mod:`nnlab.eject` compare.
"""
