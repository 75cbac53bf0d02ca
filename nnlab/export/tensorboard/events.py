"""Event files of TensorBoard: records that hold protocol buffers.

The classes of the buffers are tensorboardX's. Its writer is not used: it puts the time of writing, the name of the
computer and a process number into its files, so that no two of them would be equal.
"""

import struct
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.plugin_hparams_pb2 import HParamsPluginData
from tensorboardX.proto.summary_pb2 import HistogramProto, Summary, SummaryMetadata
from tensorboardX.proto.tensor_pb2 import TensorProto
from tensorboardX.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboardX.record_writer import masked_crc32c

FILE_VERSION = "brain.Event:2"
SUCCESS, FAILURE = 1, 2
_FLOAT = 1
_PNG, _PNG_HEADER = b"\x89PNG\r\n\x1a\n", 24
_RGB = 3


def event(wall_time: float, step: int = 0, value: Any = None) -> bytes:
    """The record of one value; without one that of the version, with which a file begins."""
    if value is None:
        return _record(Event(wall_time=wall_time, file_version=FILE_VERSION).SerializeToString())
    summary = Summary(value=[value])
    return _record(Event(wall_time=wall_time, step=step, summary=summary).SerializeToString(deterministic=True))


def _record(contents: bytes) -> bytes:
    """Length, checksum of the length, contents, checksum of the contents."""
    return _length(len(contents)) + contents + _checksum(contents)


@lru_cache(1024)
def _length(size: int) -> bytes:
    length = struct.pack("<Q", size)
    return length + _checksum(length)


def _checksum(contents: bytes) -> bytes:
    return struct.pack("<I", masked_crc32c(contents))


def scalar(tag: str, number: float) -> Any:
    """One point of a curve."""
    return Summary.Value(tag=tag, simple_value=number)


def histogram(tag: str, edges: Sequence[float], counts: Sequence[int]) -> Any:
    """Counts in bins; sum and sum of squares are those of the middles of the bins.

    TensorBoard knows right edges only, so an empty bin brings in the left edge of the first.
    """
    middles = [(left + right) / 2 for left, right in pairwise(edges)]
    return Summary.Value(
        tag=tag,
        histo=HistogramProto(
            min=edges[0],
            max=edges[-1],
            num=sum(counts),
            sum=sum(count * middle for count, middle in zip(counts, middles, strict=True)),
            sum_squares=sum(count * middle * middle for count, middle in zip(counts, middles, strict=True)),
            bucket_limit=edges,
            bucket=[0, *counts],
        ),
    )


def picture(tag: str, png: bytes) -> Any:
    """A picture; None where the contents are not those of a PNG file."""
    if not png.startswith(_PNG) or len(png) < _PNG_HEADER:
        return None
    width, height = struct.unpack(">II", png[16:_PNG_HEADER])
    image = Summary.Image(height=height, width=width, colorspace=_RGB, encoded_image_string=png)
    return Summary.Value(tag=tag, image=image)


def settings(hparams: Mapping[str, str | bool | float], started: float) -> Any:
    """The hyper-parameters of a run, which begins a session of the HParams view."""
    data = HParamsPluginData()
    data.session_start_info.start_time_secs = started
    for key, value in hparams.items():
        target = data.session_start_info.hparams[key]
        if isinstance(value, str):
            target.string_value = value
        elif isinstance(value, bool):
            target.bool_value = value
        else:
            target.number_value = value
    return _hparams("session_start_info", data)


def ending(ended: float, *, succeeded: bool) -> Any:
    """How the session of a run ended."""
    data = HParamsPluginData()
    data.session_end_info.status = SUCCESS if succeeded else FAILURE
    data.session_end_info.end_time_secs = ended
    return _hparams("session_end_info", data)


def _hparams(name: str, data: Any) -> Any:
    content = data.SerializeToString(deterministic=True)
    plugin = SummaryMetadata.PluginData(plugin_name="hparams", content=content)
    empty = TensorProto(dtype=_FLOAT, tensor_shape=TensorShapeProto(dim=[TensorShapeProto.Dim(size=0)]))
    return Summary.Value(tag=f"_hparams_/{name}", metadata=SummaryMetadata(plugin_data=plugin), tensor=empty)
