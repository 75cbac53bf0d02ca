"""Update rules: how the gradients g change the weights θ. lr is the learning rate η.

params and grads hold an array for each name ("W1", "b1", "W2", ...). Running sums and averages start at 0.
"""

from typing import Protocol

import numpy as np

Arrays = dict[str, np.ndarray]


class Optimizer(Protocol):
    """An update rule."""

    lr: float

    def update(self, params: Arrays, grads: Arrays) -> None: ...


class SGD:
    """θ ← θ − η g."""

    def __init__(self, lr: float) -> None:
        self.lr = lr

    def update(self, params: Arrays, grads: Arrays) -> None:
        for key, g in grads.items():
            params[key] -= self.lr * g


class Momentum:
    """v ← μ v − η g, θ ← θ + v."""

    def __init__(self, lr: float, momentum: float = 0.9) -> None:
        self.lr, self.momentum = lr, momentum
        self.v: Arrays = {}

    def update(self, params: Arrays, grads: Arrays) -> None:
        for key, g in grads.items():
            self.v[key] = self.momentum * self.v.get(key, 0) - self.lr * g
            params[key] += self.v[key]


class Nesterov:
    """θ ← θ + μ² v − (1 + μ) η g, then v ← μ v − η g (Bengio et al. 2013, arXiv 1212.0901)."""

    def __init__(self, lr: float, momentum: float = 0.9) -> None:
        self.lr, self.momentum = lr, momentum
        self.v: Arrays = {}

    def update(self, params: Arrays, grads: Arrays) -> None:
        for key, g in grads.items():
            v = self.v.get(key, 0)
            params[key] += self.momentum**2 * v - (1 + self.momentum) * self.lr * g
            self.v[key] = self.momentum * v - self.lr * g


class AdaGrad:
    """h ← h + g², θ ← θ − η g / (√h + ε) (Duchi et al. 2011)."""

    def __init__(self, lr: float, eps: float = 1e-7) -> None:
        self.lr, self.eps = lr, eps
        self.h: Arrays = {}

    def update(self, params: Arrays, grads: Arrays) -> None:
        for key, g in grads.items():
            self.h[key] = self.h.get(key, 0) + g**2
            params[key] -= self.lr * g / (np.sqrt(self.h[key]) + self.eps)


class RMSProp:
    """h ← ρ h + (1 − ρ) g², θ ← θ − η g / (√h + ε) (Tieleman & Hinton 2012)."""

    def __init__(self, lr: float, decay: float = 0.99, eps: float = 1e-7) -> None:
        self.lr, self.decay, self.eps = lr, decay, eps
        self.h: Arrays = {}

    def update(self, params: Arrays, grads: Arrays) -> None:
        for key, g in grads.items():
            self.h[key] = self.decay * self.h.get(key, 0) + (1 - self.decay) * g**2
            params[key] -= self.lr * g / (np.sqrt(self.h[key]) + self.eps)


class AdaDelta:
    """h ← ρ h + (1 − ρ) g², Δ = −g √(s + ε) / √(h + ε), s ← ρ s + (1 − ρ) Δ², θ ← θ + η Δ (Zeiler 2012)."""

    def __init__(self, lr: float = 1.0, decay: float = 0.95, eps: float = 1e-6) -> None:
        self.lr, self.decay, self.eps = lr, decay, eps
        self.h: Arrays = {}
        self.s: Arrays = {}

    def update(self, params: Arrays, grads: Arrays) -> None:
        for key, g in grads.items():
            self.h[key] = self.decay * self.h.get(key, 0) + (1 - self.decay) * g**2
            delta = -g * np.sqrt(self.s.get(key, 0) + self.eps) / np.sqrt(self.h[key] + self.eps)
            self.s[key] = self.decay * self.s.get(key, 0) + (1 - self.decay) * delta**2
            params[key] += self.lr * delta


class Adam:
    """m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², θ ← θ − η_t m / (√v + ε).

    η_t = η √(1 − β₂ᵗ) / (1 − β₁ᵗ) at step t = 1, 2, ... makes up for the start at 0 (Kingma & Ba 2015, section 2).
    """

    def __init__(self, lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-7) -> None:
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m: Arrays = {}
        self.v: Arrays = {}
        self.t = 0

    def update(self, params: Arrays, grads: Arrays) -> None:
        self.t += 1
        lr_t = self.lr * np.sqrt(1 - self.beta2**self.t) / (1 - self.beta1**self.t)
        for key, g in grads.items():
            self.m[key] = self.beta1 * self.m.get(key, 0) + (1 - self.beta1) * g
            self.v[key] = self.beta2 * self.v.get(key, 0) + (1 - self.beta2) * g**2
            params[key] -= lr_t * self.m[key] / (np.sqrt(self.v[key]) + self.eps)


class Nadam(Adam):
    """Adam's m and v, then θ ← θ − η m̄ / (√v̂ + ε), which looks one step ahead (Dozat 2016).

    m̄ = β₁ m / (1 − β₁ᵗ⁺¹) + (1 − β₁) g / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ).
    """

    def update(self, params: Arrays, grads: Arrays) -> None:
        self.t += 1
        for key, g in grads.items():
            self.m[key] = self.beta1 * self.m.get(key, 0) + (1 - self.beta1) * g
            self.v[key] = self.beta2 * self.v.get(key, 0) + (1 - self.beta2) * g**2
            m_next = self.beta1 * self.m[key] / (1 - self.beta1 ** (self.t + 1))
            m_bar = m_next + (1 - self.beta1) * g / (1 - self.beta1**self.t)
            v_hat = self.v[key] / (1 - self.beta2**self.t)
            params[key] -= self.lr * m_bar / (np.sqrt(v_hat) + self.eps)


class AdamW(Adam):
    """θ ← θ − η λ θ for weights W (not for b, gamma, beta), then Adam's step (Loshchilov & Hutter 2019)."""

    def __init__(
        self,
        lr: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-7,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(lr, beta1, beta2, eps)
        self.weight_decay = weight_decay

    def update(self, params: Arrays, grads: Arrays) -> None:
        for key in grads:
            if key.startswith("W"):
                params[key] -= self.lr * self.weight_decay * params[key]
        super().update(params, grads)


class AMSGrad(Adam):
    """Adam with the largest v so far: v̂ ← max(v̂, v), θ ← θ − η_t m / (√v̂ + ε) (Reddi et al. 2018)."""

    def __init__(self, lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-7) -> None:
        super().__init__(lr, beta1, beta2, eps)
        self.v_hat: Arrays = {}

    def update(self, params: Arrays, grads: Arrays) -> None:
        self.t += 1
        lr_t = self.lr * np.sqrt(1 - self.beta2**self.t) / (1 - self.beta1**self.t)
        for key, g in grads.items():
            self.m[key] = self.beta1 * self.m.get(key, 0) + (1 - self.beta1) * g
            self.v[key] = self.beta2 * self.v.get(key, 0) + (1 - self.beta2) * g**2
            self.v_hat[key] = np.maximum(self.v_hat.get(key, 0), self.v[key])
            params[key] -= lr_t * self.m[key] / (np.sqrt(self.v_hat[key]) + self.eps)


class AdaMax:
    """m ← β₁ m + (1 − β₁) g, u ← max(β₂ u, |g|), θ ← θ − η / (1 − β₁ᵗ) · m / (u + ε) (Kingma & Ba 2015, section 7)."""

    def __init__(self, lr: float = 2e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-7) -> None:
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m: Arrays = {}
        self.u: Arrays = {}
        self.t = 0

    def update(self, params: Arrays, grads: Arrays) -> None:
        self.t += 1
        for key, g in grads.items():
            self.m[key] = self.beta1 * self.m.get(key, 0) + (1 - self.beta1) * g
            self.u[key] = np.maximum(self.beta2 * self.u.get(key, 0), abs(g))
            params[key] -= self.lr / (1 - self.beta1**self.t) * self.m[key] / (self.u[key] + self.eps)


class Lion:
    """θ ← θ − η (sign(β₁ m + (1 − β₁) g) + λ θ), then m ← β₂ m + (1 − β₂) g; λ for weights W (Chen et al. 2023)."""

    def __init__(self, lr: float = 1e-4, beta1: float = 0.9, beta2: float = 0.99, weight_decay: float = 0.0) -> None:
        self.lr, self.beta1, self.beta2, self.weight_decay = lr, beta1, beta2, weight_decay
        self.m: Arrays = {}

    def update(self, params: Arrays, grads: Arrays) -> None:
        for key, g in grads.items():
            m = self.m.get(key, 0)
            decay = self.weight_decay if key.startswith("W") else 0.0
            params[key] -= self.lr * (np.sign(self.beta1 * m + (1 - self.beta1) * g) + decay * params[key])
            self.m[key] = self.beta2 * m + (1 - self.beta2) * g
