"""Aliases: names of Keras, PyTorch, scikit-learn and textbooks with nnlab's equivalents.

They are used in error messages only: a spec with an alias is rejected, and the message has nnlab's name.
"""

from collections.abc import Sequence
from functools import cache

# nnlab's name (likelier ones first): aliases in lower case without _ and -.
_WORDS = {
    # layers
    "linear": "dense affine affinelayer fullyconnected fc innerproduct",
    "conv2d": "conv convolution convolution2d convolutional depthwiseconv2d",
    "conv1d": "convolution1d temporalconvolution",
    "max_pool1d": "maxpooling1d",
    "avg_pool1d": "averagepooling1d avgpooling1d",
    "global_avg_pool1d": "globalaveragepooling1d adaptiveavgpool1d",
    "permute": "transpose swapaxes",
    "concat": "concatenate inception",
    "max_pool": "maxpooling maxpooling2d maxpool2d pooling pool",
    "avg_pool": "averagepooling averagepooling2d avgpooling avgpool2d averagepool meanpool",
    "global_avg_pool": "globalaveragepooling globalaveragepooling2d adaptiveavgpool2d gap",
    "batch_norm": "batchnormalization batchnorm1d batchnorm2d usebatchnorm bn",
    "layer_norm": "layernormalization ln",
    "group_norm": "groupnormalization gn",
    "instance_norm": "instancenorm2d instancenormalization",
    "lrn": "localresponsenorm localresponsenormalization",
    "upsample": "upsampling upsampling2d",
    "flatten": "reshape",
    "activity_l1": "activityregularizer",
    "rnn": "simplernn elman timernn vanillarnn",
    "lstm": "timelstm longshorttermmemory lstmcell",
    "gru": "timegru grucell gatedrecurrentunit",
    "embedding": "timeembedding embed lookup wordvecsize embeddingdim embeddingsize",
    "time_distributed": "timedistributed",
    "image_rows": "rows rowsequence",
    "last_step": "returnsequences lasthidden laststate",
    "reverse": "gobackwards flip bidirectional",
    "recurrent": "rnnlm bilstm bidirectionallstm charrnn",
    "tokens": "vocabsize vocabularysize numembeddings",
    "layers": "numlayers",
    "recurrent_init": "recurrentinitializer",
    "forget_bias": "unitforgetbias",
    # activations
    "identity": "none noactivation",
    "leaky_relu": "lrelu",
    "tanh": "hyperbolictangent",
    "sigmoid": "logistic expit",
    "gelu": "gaussianerrorlinearunit",
    "swish": "silu sigmoidlinearunit",
    "softplus": "smoothrelu",
    "prelu": "parametricrelu",
    # losses
    "cross_entropy": "crossentropyloss crossentropyerror categoricalcrossentropy sparsecategoricalcrossentropy "
    "softmaxwithloss softmaxloss nll nllloss logloss",
    "mean_absolute_error": "mae maeloss l1loss absoluteerror",
    "huber": "huberloss smoothl1 smoothl1loss",
    "mean_squared_error": "mse mseloss sumofsquarederror sumsquarederror squarederror l2loss",
    # initialisers
    "normal": "gaussian randomnormal randn normalinit",
    "he": "kaiming kaimingnormal henormal heinit",
    "glorot": "glorotnormal glorotuniform xaviernormal xavieruniform glorotinit",
    "truncated": "truncatednormal truncnormal",
    "orthogonal": "orthogonalinit",
    "lecun": "lecunnormal lecununiform",
    # update rules
    "sgd": "gradientdescent batchgradientdescent stochasticgradientdescent",
    "momentum": "momentumsgd sgdmomentum",
    "amsgrad": "adamamsgrad",
    "nesterov": "nag nesterovmomentum nesterovacceleratedgradient",
    # models
    "mlp": "multilayernet multilayerperceptron mlpclassifier twolayernet feedforward",
    "convnet": "simpleconvnet cnn",
    "softmax": "simplenet logisticregression softmaxregression",
    # keys
    "lr": "learningrate alpha eta stepsize learningrateinit",
    "beta1": "beta1 rho1",
    "beta2": "beta2 rho2",
    "eps": "epsilon",
    "groups": "numgroups group",
    "decay": "rho decayrate",
    "slope": "negativeslope",
    "iterations": "itersnum iters maxiter maxiters niter numiterations numsteps maxsteps steps updates",
    "steps": "itersnum iters iterations niter",
    "epochs": "epoch maxepochs nepochs numepochs",
    "ema": "useema emamomentum emadecay exponentialmovingaverage modelema",
    "accumulate": "accumulategradbatches gradientaccumulationsteps gradaccumsteps",
    "batch_size": "batchnum minibatchsize minibatch batch",
    "eval_every": "evalinterval evaluateevery logevery",
    "eval_train": "evaluatesamplenumperepoch",
    "hidden": "hiddensizelist hiddensize hiddensizes hiddenlayersizes hiddenlayers hiddenunits",
    "units": "outputsize outfeatures neurons hiddensize",
    "init": "weightinitstd initstd kernelinitializer weightinit initializer initialiser std",
    "std": "stddev stdev sigma weightinitstd",
    "activation": "activationfunction nonlinearity",
    "filters": "filternum numfilters outchannels channels",
    "kernel": "filtersize kernelsize",
    "padding": "pad",
    "dilation": "dilationrate",
    "size": "poolsize poolh poolw kernelsize",
    "bias": "usebias",
    "rate": "dropoutratio dropoutration dropoutrate droprate p prob",
    "dropout": "dropoutratio dropoutration dropoutrate usedropout",
    "smoothing": "labelsmoothing",
    "seed": "randomseed randomstate",
    "l2 weight_decay": "weightdecay weightdecaylambda lambda l2reg l2lambda l2regularization",
    "l1": "l1reg l1lambda l1regularization",
    "clip_norm": "maxgradnorm gradclip gradientclipping clipnorm",
    "clip_value": "clipvalue",
    "schedule": "lrschedule learningrateschedule scheduler lrscheduler",
    "patience": "earlystoppingpatience",
    "validation": "validationsplit validationfraction valsplit",
    "train_size": "ntrain numtrain trainsamples",
    "test_size": "ntest numtest testsamples",
    "optimizer": "optimiser updater solver",
    "model": "network net",
    "data": "dataset",
    "loss": "lossfunction criterion",
    "penalty": "regularization regularisation regularizer regulariser",
}


@cache
def _names() -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for own, words in _WORDS.items():
        for word in words.split():
            names.setdefault(word, []).extend(own.split())
    return names


def aliases(word: str) -> Sequence[str]:
    """nnlab's names for an alias."""
    return _names().get(word.casefold().replace("_", "").replace("-", ""), ())
