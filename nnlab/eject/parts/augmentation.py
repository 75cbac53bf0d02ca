"""Augmentation: random changes of training images (N, C, H, W) with pixels from 0 to 1."""

import numpy as np

from nnlab.textbook.initialisers import Rng


def shift(x: np.ndarray, pixels: int, rng: Rng) -> np.ndarray:
    """Each image moved by at most that number of pixels in both directions, with zero padding."""
    N, _, H, W = x.shape
    top, left = np.floor(rng.uniform(0, 2 * pixels + 1, (2, N))).astype(int)
    padded = np.pad(x, [(0, 0), (0, 0), (pixels, pixels), (pixels, pixels)])
    return np.stack([padded[n, :, top[n] : top[n] + H, left[n] : left[n] + W] for n in range(N)])


def flip(x: np.ndarray, probability: float, rng: Rng) -> np.ndarray:
    """Each image mirrored left to right with a probability."""
    flipped = rng.uniform(0, 1, len(x)) < probability
    return np.where(flipped[:, np.newaxis, np.newaxis, np.newaxis], x[..., ::-1], x)


def rotate(x: np.ndarray, degrees: float, rng: Rng) -> np.ndarray:
    """Each image rotated about its centre by at most that angle, with bilinear interpolation and zero padding."""
    N, _, H, W = x.shape
    angle = np.deg2rad(rng.uniform(-degrees, degrees, (N, 1, 1)))
    down = (np.arange(H) - (H - 1) / 2)[:, np.newaxis]
    right = np.arange(W) - (W - 1) / 2
    # Where each pixel comes from, in an image with one more row and column of zeros on each side.
    row = np.clip(np.cos(angle) * down - np.sin(angle) * right + (H + 1) / 2, 0, H + 1)
    column = np.clip(np.sin(angle) * down + np.cos(angle) * right + (W + 1) / 2, 0, W + 1)
    top, left = np.minimum(row.astype(int), H), np.minimum(column.astype(int), W)
    below, beside = (row - top)[:, np.newaxis], (column - left)[:, np.newaxis]
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])

    def pixels(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return padded[np.arange(N)[:, np.newaxis, np.newaxis], :, rows, columns].transpose(0, 3, 1, 2)

    upper = pixels(top, left) * (1 - beside) + pixels(top, left + 1) * beside
    lower = pixels(top + 1, left) * (1 - beside) + pixels(top + 1, left + 1) * beside
    return upper * (1 - below) + lower * below


def cutout(x: np.ndarray, size: int, rng: Rng) -> np.ndarray:
    """A square of each image set to 0; its centre is any pixel (DeVries & Taylor 2017)."""
    N, _, H, W = x.shape
    row = np.arange(H) - np.floor(rng.uniform(0, H, (N, 1))) + size // 2
    column = np.arange(W) - np.floor(rng.uniform(0, W, (N, 1))) + size // 2
    rows, columns = (row >= 0) & (row < size), (column >= 0) & (column < size)
    return np.where(rows[:, np.newaxis, :, np.newaxis] & columns[:, np.newaxis, np.newaxis, :], 0, x)


def brightness(x: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    """A number from −strength to strength added to each image."""
    return np.clip(x + rng.uniform(-strength, strength, (len(x), 1, 1, 1)), 0, 1)


def contrast(x: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    """The differences of each image from its mean colour multiplied by a factor from 1 − strength to 1 + strength."""
    factor = rng.uniform(1 - strength, 1 + strength, (len(x), 1, 1, 1))
    mean = x.mean(axis=(2, 3), keepdims=True)
    return np.clip(mean + factor * (x - mean), 0, 1)
