"""The parts of worked examples, and notes."""

from collections.abc import Mapping

EXPLANATIONS: Mapping[str, str] = {
    "dx is ∂L/∂x, the gradient of the loss L with respect to x; so are dy, dW, ...": (
        "dx は損失 L の x についての勾配 ∂L/∂x を表す。dy、dW なども同様。"
    ),
    "forward": "順伝播",
    "backward": "逆伝播",
}
