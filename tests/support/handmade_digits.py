"""Twenty pictures of handwritten digits, drawn stroke by stroke in twenty different ways.

``python tests/support/handmade_digits.py FOLDER [SEED]`` writes them as ``<number>-<digit>-<kind>.<ending>``.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

Stroke = Sequence[tuple[float, float]]
Colour = tuple[int, int, int]

# The strokes of each digit in a box of width 1 and height 1.4 as points that a pen passes, by two hands.
HANDS: list[dict[int, list[Stroke]]] = [
    {
        0: [[(0.55, 0.02), (0.2, 0.2), (0.05, 0.7), (0.25, 1.25), (0.6, 1.35), (0.95, 0.9), (0.85, 0.3), (0.5, 0.02)]],
        1: [[(0.55, 0.0), (0.5, 0.5), (0.47, 1.0), (0.44, 1.4)]],
        2: [
            [(0.1, 0.35), (0.3, 0.05), (0.7, 0.05), (0.85, 0.4), (0.5, 0.9), (0.08, 1.35)],
            [(0.08, 1.35), (0.95, 1.32)],
        ],
        3: [
            [(0.12, 0.18), (0.5, 0.0), (0.85, 0.25), (0.65, 0.6), (0.4, 0.66)],
            [(0.4, 0.66), (0.8, 0.75), (0.92, 1.1), (0.55, 1.4), (0.1, 1.22)],
        ],
        4: [[(0.3, 0.05), (0.18, 0.5), (0.1, 0.85), (0.92, 0.82)], [(0.75, 0.1), (0.7, 0.75), (0.66, 1.4)]],
        5: [
            [(0.9, 0.03), (0.25, 0.05), (0.18, 0.6)],
            [(0.18, 0.6), (0.55, 0.5), (0.9, 0.8), (0.8, 1.2), (0.45, 1.4), (0.08, 1.25)],
        ],
        6: [
            [
                (0.75, 0.02),
                (0.4, 0.3),
                (0.15, 0.8),
                (0.25, 1.25),
                (0.6, 1.38),
                (0.88, 1.1),
                (0.7, 0.8),
                (0.35, 0.85),
                (0.2, 1.05),
            ]
        ],
        7: [[(0.08, 0.08), (0.9, 0.05)], [(0.9, 0.05), (0.6, 0.6), (0.42, 1.4)]],
        8: [
            [
                (0.8, 0.2),
                (0.5, 0.0),
                (0.2, 0.25),
                (0.4, 0.6),
                (0.75, 0.9),
                (0.8, 1.2),
                (0.5, 1.4),
                (0.2, 1.2),
                (0.3, 0.85),
                (0.65, 0.55),
                (0.8, 0.2),
            ]
        ],
        9: [
            [(0.85, 0.3), (0.55, 0.02), (0.18, 0.25), (0.25, 0.6), (0.6, 0.65), (0.85, 0.3)],
            [(0.85, 0.3), (0.82, 0.8), (0.75, 1.4)],
        ],
    },
    {
        0: [[(0.5, 0.05), (0.1, 0.45), (0.12, 1.05), (0.5, 1.4), (0.9, 1.0), (0.88, 0.4), (0.52, 0.05)]],
        1: [[(0.25, 0.35), (0.6, 0.02)], [(0.6, 0.02), (0.58, 0.7), (0.55, 1.4)]],
        2: [
            [
                (0.15, 0.25),
                (0.5, 0.0),
                (0.82, 0.25),
                (0.6, 0.75),
                (0.25, 1.2),
                (0.2, 1.38),
                (0.35, 1.2),
                (0.6, 1.35),
                (0.95, 1.25),
            ]
        ],
        3: [
            [(0.15, 0.1), (0.85, 0.08)],
            [(0.85, 0.08), (0.42, 0.55)],
            [(0.42, 0.55), (0.85, 0.7), (0.88, 1.15), (0.5, 1.4), (0.1, 1.25)],
        ],
        4: [[(0.65, 0.0), (0.1, 0.95)], [(0.1, 0.95), (0.98, 0.95)], [(0.68, 0.35), (0.66, 1.4)]],
        5: [
            [(0.3, 0.08), (0.24, 0.6)],
            [(0.24, 0.6), (0.6, 0.52), (0.88, 0.85), (0.7, 1.3), (0.15, 1.35)],
            [(0.3, 0.08), (0.88, 0.02)],
        ],
        6: [
            [(0.6, 0.0), (0.25, 0.55), (0.12, 1.0), (0.35, 1.38), (0.75, 1.3), (0.85, 0.98), (0.55, 0.75), (0.2, 0.95)]
        ],
        7: [
            [(0.1, 0.2), (0.12, 0.06), (0.85, 0.05)],
            [(0.85, 0.05), (0.55, 0.7), (0.35, 1.4)],
            [(0.3, 0.72), (0.75, 0.68)],
        ],
        8: [
            [(0.5, 0.65), (0.15, 0.35), (0.5, 0.02), (0.85, 0.35), (0.5, 0.65)],
            [(0.5, 0.65), (0.1, 1.05), (0.5, 1.4), (0.92, 1.05), (0.5, 0.65)],
        ],
        9: [
            [(0.8, 0.15), (0.4, 0.05), (0.15, 0.4), (0.45, 0.7), (0.8, 0.45), (0.85, 0.15)],
            [(0.85, 0.15), (0.85, 0.75), (0.6, 1.3), (0.2, 1.35)],
        ],
    },
]


@dataclass(frozen=True)
class Kind:
    """How a picture is drawn: size (width, height), pen in parts of the digit's height, place, colours, damage."""

    name: str
    size: tuple[int, int] = (300, 300)
    pen: float = 0.08
    fill: float = 0.6
    centre: tuple[float, float] = (0.5, 0.5)
    ink: Colour = (10, 10, 10)
    ground: Colour = (255, 255, 255)
    slant: float = 0.0
    ending: str = "png"
    mode: str = "RGB"
    light: float = 0.0
    shadow: bool = False
    noise: float = 0.0
    specks: int = 0
    options: dict[str, object] = field(default_factory=dict)


KINDS = [
    Kind("thick", pen=0.18),
    Kind("thin-500px", size=(500, 500), pen=0.02),
    Kind("off-centre", centre=(0.22, 0.28), fill=0.35),
    Kind("28px-inverted-ground", size=(28, 28), fill=0.7, pen=0.1),
    Kind("jpeg", ending="jpg", options={"quality": 25}),
    Kind("transparent", mode="RGBA", pen=0.1),
    Kind("28px-white-on-black", size=(28, 28), fill=0.85, pen=0.1, ink=(255, 255, 255), ground=(0, 0, 0)),
    Kind("large-500px", size=(500, 500), fill=0.9, pen=0.12),
    Kind(
        "photograph",
        size=(480, 640),
        light=0.55,
        noise=8,
        pen=0.06,
        ink=(40, 45, 70),
        ground=(225, 220, 205),
        ending="jpg",
        options={"quality": 80},
    ),
    Kind("landscape", size=(640, 300), centre=(0.7, 0.5), fill=0.7),
    Kind("coloured", ink=(205, 30, 60), ground=(250, 235, 160), pen=0.1),
    Kind("slanted", slant=0.45, pen=0.09),
    Kind("corner", size=(400, 400), fill=0.18, centre=(0.85, 0.86), pen=0.12),
    Kind("white-on-transparent", mode="RGBA", ink=(255, 255, 255), ground=(0, 0, 0), pen=0.1),
    Kind("1-bit", mode="1", size=(120, 160), pen=0.08),
    Kind("16-bit", mode="I;16", pen=0.07),
    Kind("palette", mode="P", ending="gif", ink=(0, 90, 160), ground=(235, 245, 235)),
    Kind("specks", specks=14, noise=6, pen=0.09),
    Kind(
        "shadow",
        size=(600, 450),
        shadow=True,
        light=0.3,
        noise=5,
        pen=0.07,
        ink=(35, 35, 40),
        ground=(230, 228, 220),
        ending="jpg",
        options={"quality": 85},
    ),
    Kind("turned", ending="jpg", options={"orientation": 6}, size=(320, 400)),
]


def drawn(kind: Kind, strokes: Sequence[Stroke], rng: np.random.Generator) -> np.ndarray:
    """The ink (H, W) from 0 to 1: points along jittered splines, each a round pen of varying width."""
    width, height = kind.size
    zoom = max(1, 400 // min(width, height))
    tall = kind.fill * min(width, height) * zoom
    points = []
    lean = kind.slant + rng.normal(0, 0.08)
    for stroke in strokes:
        path = np.array(stroke) + rng.normal(0, 0.025, (len(stroke), 2))
        path = spline(path)
        x = (path[:, 0] - 0.5) * tall / 1.4 + lean * (0.7 - path[:, 1]) * tall / 1.4
        points.append(np.stack([x, (path[:, 1] - 0.7) * tall / 1.4], axis=1))
    radius = kind.pen * tall / 2
    ink = np.zeros((height * zoom, width * zoom))
    for path in points:
        pressure = radius * (1 + 0.2 * np.sin(np.linspace(0, rng.uniform(2, 5), len(path))))
        for (x, y), r in zip(path, pressure, strict=True):
            stamp(ink, x + kind.centre[0] * width * zoom, y + kind.centre[1] * height * zoom, r)
    return ink.reshape(height, zoom, width, zoom).mean(axis=(1, 3))


def spline(path: np.ndarray) -> np.ndarray:
    """Points along a Catmull-Rom spline through a path."""
    if len(path) == 2:
        return path[0] + np.linspace(0, 1, 200)[:, np.newaxis] * (path[1] - path[0])
    padded = np.concatenate([[2 * path[0] - path[1]], path, [2 * path[-1] - path[-2]]])
    t = np.linspace(0, 1, 80)[:, np.newaxis]
    parts = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        parts.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate(parts)


def stamp(ink: np.ndarray, x: float, y: float, radius: float) -> None:
    """A round pen point with soft edges."""
    reach = int(radius) + 2
    top, left = max(0, int(y) - reach), max(0, int(x) - reach)
    rows = np.arange(top, min(ink.shape[0], int(y) + reach + 1))[:, np.newaxis]
    columns = np.arange(left, min(ink.shape[1], int(x) + reach + 1))
    if rows.size and columns.size:
        covered = np.clip(radius + 0.5 - np.hypot(rows - y, columns - x), 0, 1)
        area = ink[rows[0, 0] : rows[-1, 0] + 1, columns[0] : columns[-1] + 1]
        np.maximum(area, covered, out=area)


def picture(kind: Kind, strokes: Sequence[Stroke], rng: np.random.Generator) -> Image.Image:
    ink = drawn(kind, strokes, rng)[..., np.newaxis]
    height, width = ink.shape[:2]
    colours = ink * kind.ink + (1 - ink) * kind.ground
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * x + np.sin(angle) * y
    colours *= (1 - kind.light * (slope - slope.min()) / np.ptp(slope))[..., np.newaxis]
    if kind.shadow:
        edge = np.clip((x + 0.3 * y - rng.uniform(0.5, 0.7)) * 12, 0, 1)
        colours *= (1 - 0.35 * edge)[..., np.newaxis]
    for _ in range(kind.specks):
        row, column, size = rng.integers(height - 6), rng.integers(width - 6), rng.integers(2, 6)
        colours[row : row + size, column : column + size] = kind.ink
    colours += rng.normal(0, kind.noise, colours.shape) if kind.noise else 0
    pixels = np.clip(np.rint(colours), 0, 255).astype(np.uint8)
    if kind.mode == "RGBA":
        opacity = np.rint(255 * ink).astype(np.uint8)
        flat = np.broadcast_to(np.array(kind.ink, np.uint8), pixels.shape)
        return Image.fromarray(np.concatenate([flat, opacity], axis=2), "RGBA")
    if kind.mode == "I;16":
        return Image.fromarray((pixels[..., 0].astype(np.uint16)) * 257)
    image = Image.fromarray(pixels)
    return image if kind.mode == "RGB" else image.convert(kind.mode)


def write_digits(folder: Path, seed: int = 0) -> list[tuple[Path, int]]:
    """Write the twenty pictures and return their paths with the digit that each shows."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    digits = np.concatenate([rng.permutation(10), rng.permutation(10)]).tolist()
    written = []
    for number, (kind, digit) in enumerate(zip(KINDS, digits, strict=True)):
        image = picture(kind, HANDS[(number // 10 + seed) % 2][digit], rng)
        path = folder / f"{number + 1:02}-{digit}-{kind.name}.{kind.ending}"
        options = dict(kind.options)
        if orientation := options.pop("orientation", None):
            image = image.transpose(Image.Transpose.ROTATE_90)
            exif = Image.Exif()
            exif[0x0112] = orientation
            options["exif"] = exif
        image.save(path, **options)
        written.append((path, digit))
    return written


if __name__ == "__main__":
    for path, _ in write_digits(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0):
        print(path)  # noqa: T201
