"""The predictions of a run for its own samples as CSV."""

from pathlib import Path

from nnlab.export.request import ExportRequest
from nnlab.inference.evaluation_data import own_samples
from nnlab.inference.number_predictions import NumberPredictions
from nnlab.inference.prediction_table import predictions
from nnlab.records.reader import read_run
from nnlab.saved_run import check_finished


def export(request: ExportRequest) -> list[Path]:
    """Write the probability of every class, or the predicted numbers, for each test sample of the run.

    Without a test set they are those of another part.

    The columns are those of ``nnlab predict --csv``. Raises DataError when the data of the run is not available.
    """
    check_finished(read_run(request.run).path)
    path = request.file(".csv")
    network, samples = own_samples(request.run, data=request.data)
    for note in samples.notes:
        request.say(note)
    names = [f"{samples.part}#{number}" for number in range(1, len(samples.inputs) + 1)]
    table = predictions(network, samples.inputs, names)
    if isinstance(table, NumberPredictions):
        request.say(f"{len(table):,} {samples.part} samples")
        return [request.write(path, table.to_csv().encode(errors="backslashreplace"))]
    right, of = int((table.predicted == samples.labels).sum()), table.predicted.size
    counted = (
        f"{right:,} predicted correctly" if table.steps is None else f"{right:,} of {of:,} steps predicted correctly"
    )
    request.say(f"{len(table):,} {samples.part} samples, {counted}")
    return [request.write(path, table.to_csv().encode(errors="backslashreplace"))]
