"""Every layer, loss, regularizer, initialiser and update rule of nnlab in plain NumPy, named as the books name them.

Fresh arrays, formulas in the docstrings, and no import from the rest of nnlab. Each fast component gives the same
numbers as its class here, which the tests compare; ``docs/textbook.md`` walks through the code.
"""

from nnlab.textbook.activations import Elu, Identity, LeakyRelu, PRelu, Relu, Sigmoid, Tanh
from nnlab.textbook.activity import ActivityL1, ActivityL2
from nnlab.textbook.affine import Affine, Flatten, ImageRows, Permute, Reshape
from nnlab.textbook.averaging import WeightAverage
from nnlab.textbook.composite import Concatenate, Residual
from nnlab.textbook.convolution import Convolution, col2im, im2col
from nnlab.textbook.convolution_1d import AveragePooling1D, Convolution1D, GlobalAveragePooling1D, Pooling1D
from nnlab.textbook.dropout import Dropout
from nnlab.textbook.gated import GRU, LSTM, TimeGRU, TimeLSTM
from nnlab.textbook.grouped_convolution import GroupedConvolution
from nnlab.textbook.initialisers import given, glorot, he, lecun, normal, orthogonal, truncated, xavier
from nnlab.textbook.layer import Layer
from nnlab.textbook.losses import (
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    SoftmaxWithLoss,
    TimeLoss,
    balanced_class_weights,
)
from nnlab.textbook.network import Network, train, weight_names, with_inner
from nnlab.textbook.normalisation import (
    BatchNormalization,
    GroupNormalization,
    InstanceNormalization,
    LayerNormalization,
    LocalResponseNormalization,
)
from nnlab.textbook.optimizers import (
    SGD,
    AdaDelta,
    AdaGrad,
    Adam,
    AdaMax,
    AdamW,
    AMSGrad,
    Arrays,
    Lion,
    Momentum,
    Nadam,
    Nesterov,
    RMSProp,
)
from nnlab.textbook.pooling import AveragePooling, GlobalAveragePooling, Pooling, Upsample
from nnlab.textbook.recurrent import RNN, TimeRNN
from nnlab.textbook.regularizers import L1, L2
from nnlab.textbook.sequence import Embedding, LastStep, Reverse, TimeAffine, TimeDistributed
from nnlab.textbook.smooth_activations import Gelu, Softplus, Swish
from nnlab.textbook.softmax import LogSoftmax, Softmax

__all__ = [
    "GRU",
    "L1",
    "L2",
    "LSTM",
    "RNN",
    "SGD",
    "AMSGrad",
    "ActivityL1",
    "ActivityL2",
    "AdaDelta",
    "AdaGrad",
    "AdaMax",
    "Adam",
    "AdamW",
    "Affine",
    "Arrays",
    "AveragePooling",
    "AveragePooling1D",
    "BatchNormalization",
    "Concatenate",
    "Convolution",
    "Convolution1D",
    "Dropout",
    "Elu",
    "Embedding",
    "Flatten",
    "Gelu",
    "GlobalAveragePooling",
    "GlobalAveragePooling1D",
    "GroupNormalization",
    "GroupedConvolution",
    "Huber",
    "Identity",
    "ImageRows",
    "InstanceNormalization",
    "LastStep",
    "Layer",
    "LayerNormalization",
    "LeakyRelu",
    "Lion",
    "LocalResponseNormalization",
    "LogSoftmax",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Momentum",
    "Nadam",
    "Nesterov",
    "Network",
    "PRelu",
    "Permute",
    "Pooling",
    "Pooling1D",
    "RMSProp",
    "Relu",
    "Reshape",
    "Residual",
    "Reverse",
    "Sigmoid",
    "Softmax",
    "SoftmaxWithLoss",
    "Softplus",
    "Swish",
    "Tanh",
    "TimeAffine",
    "TimeDistributed",
    "TimeGRU",
    "TimeLSTM",
    "TimeLoss",
    "TimeRNN",
    "Upsample",
    "WeightAverage",
    "balanced_class_weights",
    "col2im",
    "given",
    "glorot",
    "he",
    "im2col",
    "lecun",
    "normal",
    "orthogonal",
    "train",
    "truncated",
    "weight_names",
    "with_inner",
    "xavier",
]
