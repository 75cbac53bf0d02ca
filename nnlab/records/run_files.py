"""The files of a run that are written whole: copies of plugins, the model, snapshots of its weights."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from nnlab.core.arrays import Array
from nnlab.data.input_format import GROUND, InputFormat
from nnlab.metric_columns import METRICS_COLUMNS
from nnlab.records.run_tables import FileDigest, RunTables
from nnlab.storage.checked_files import check_file
from nnlab.storage.disk import make_folder
from nnlab.storage.file_group import FileGroup
from nnlab.storage.folders import as_json_lines
from nnlab.storage.layout import INPUTS_FILE, MODEL_FILE, PLUGINS_FOLDER, SNAPSHOTS_FOLDER, step_file
from nnlab.storage.tensors import INPUTS_ENTRY, MAX_HEADER_BYTES, packed_parts

MOST_PLUGIN_BYTES = 1 << 20


class RunFiles(RunTables):
    """Writes the tables, plugins and weights of one run; ``together`` as for :class:`RunFolder`."""

    def __init__(
        self,
        path: Path,
        digests: Mapping[str, FileDigest],
        columns: Sequence[str] = METRICS_COLUMNS,
        *,
        together: bool = False,
    ) -> None:
        super().__init__(path, digests, columns)
        self._files = FileGroup(together=together)

    def write_plugins(self, files: Mapping[str, bytes]) -> None:
        """Copy the files of plugins; one of another version that is there already stays, under a name of its own."""
        for name, contents in files.items():
            path = self.path / PLUGINS_FOLDER / name
            make_folder(path.parent, exist_ok=True)
            if path.exists():
                check_file(path, MOST_PLUGIN_BYTES)
                if (before := path.read_bytes()) == contents:
                    continue
                self._files.write(path.with_stem(f"{path.stem}-{sha256(before).hexdigest()[:8]}"), before)
            self._files.write(path, contents)

    def write_model(self, arrays: Mapping[str, Array], spec_sha256: str, inputs: InputFormat) -> None:
        """Save the weights with their input format, which is also written to inputs.json."""
        plain = inputs.as_plain()
        self._files.write(self.path / INPUTS_FILE, as_json_lines(plain))
        # The ground is in inputs.json only, so that the model's bytes are those of earlier versions.
        entry = json.dumps({key: value for key, value in plain.items() if key != GROUND})
        fits = len(entry) <= MAX_HEADER_BYTES // 2
        metadata = {"spec_sha256": spec_sha256} | ({INPUTS_ENTRY: entry} if fits else {})
        self._files.write(self.path / MODEL_FILE, packed_parts(arrays, metadata))

    def write_snapshot(self, step: int, arrays: Mapping[str, Array], spec_sha256: str) -> None:
        """Save the weights after ``step`` updates as a snapshot."""
        folder = self.path / SNAPSHOTS_FOLDER
        make_folder(folder, exist_ok=True)
        self._files.write(folder / step_file(step), packed_parts(arrays, {"spec_sha256": spec_sha256}))
