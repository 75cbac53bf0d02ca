"""The converter of each layer by its registered name."""

from nnlab.export.onnx.composite import concat, residual
from nnlab.export.onnx.elementwise import function, gelu, passed_on, prelu, swish
from nnlab.export.onnx.graph import Converter
from nnlab.export.onnx.images import conv, global_avg_pool, pool, upsample
from nnlab.export.onnx.linear import flatten, linear
from nnlab.export.onnx.normalisation import batch_norm, group_norm, instance_norm, layer_norm, lrn
from nnlab.export.onnx.recurrent import embedding, gru, lstm, rnn
from nnlab.export.onnx.sequences import image_rows, last_step, permute, reshape, reverse, time_distributed

CONVERTERS: dict[str, Converter] = {
    "identity": passed_on,
    "dropout": passed_on,
    "activity_l1": passed_on,
    "activity_l2": passed_on,
    "sigmoid": function("Sigmoid"),
    "tanh": function("Tanh"),
    "relu": function("Relu"),
    "leaky_relu": function("LeakyRelu", alpha="slope"),
    "elu": function("Elu", alpha="alpha"),
    "gelu": gelu,
    "swish": swish,
    "softplus": function("Softplus"),
    "prelu": prelu,
    "linear": linear,
    "flatten": flatten,
    "reshape": reshape,
    "image_rows": image_rows,
    "last_step": last_step,
    "reverse": reverse,
    "time_distributed": time_distributed,
    "permute": permute,
    "conv1d": conv,
    "conv2d": conv,
    "embedding": embedding,
    "rnn": rnn,
    "lstm": lstm,
    "gru": gru,
    "max_pool": pool("MaxPool"),
    "avg_pool": pool("AveragePool"),
    "global_avg_pool": global_avg_pool,
    "max_pool1d": pool("MaxPool"),
    "avg_pool1d": pool("AveragePool"),
    "global_avg_pool1d": global_avg_pool,
    "softmax": function("Softmax"),
    "log_softmax": function("LogSoftmax"),
    "upsample": upsample,
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "lrn": lrn,
    "residual": residual,
    "concat": concat,
}
