"""Modules of torch without a node of their own, and what to take instead: told to whoever looks for one."""

from __future__ import annotations

from collections.abc import Mapping

_LAZY = "Every node is lazy here: it takes the width of its input from the wire."
_HOLDS = "It only holds other modules; the drawing does that."
_BASE = "It is the common part of other modules, and computes nothing by itself."

LEFT_OUT: Mapping[str, str] = {
    "AdaptiveLogSoftmaxWithLoss": "Take Linear and CrossEntropyLoss: it only saves time, where classes are very many.",
    "CrossMapLRN2d": "Take LocalResponseNorm: it is the same.",
    "LinearCrossEntropyLoss": "Take Linear and CrossEntropyLoss: together they are the same.",
    "NLLLoss2d": "Take NLLLoss: it takes images too.",
    "Softmax2d": "Take Softmax with dim = 1: it is the same.",
    "SyncBatchNorm": "Take BatchNorm2d; it differs only on several devices at once.",
    "TripletMarginWithDistanceLoss": "Take TripletMarginLoss, or MarginRankingLoss behind two distances of your own.",
    "UpsamplingBilinear2d": "Take Upsample with linear.", "UpsamplingNearest2d": "Take Upsample with nearest.",
    "LazyLinear": _LAZY,
    **{f"Lazy{kind}{n}d": _LAZY for kind in ("BatchNorm", "Conv", "ConvTranspose", "InstanceNorm") for n in (1, 2, 3)},
    **dict.fromkeys(("Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict"), _HOLDS),
    "DataParallel": _HOLDS,
    **dict.fromkeys(("Container", "RNNBase", "RNNCellBase"), _BASE),
}
