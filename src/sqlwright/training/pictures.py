"""The curves of a run as PNG, for where its page cannot be shown: the same points under the same axis."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

FINER = 3  # drawn this many times as large and shrunk, which smooths the edges
LEFT, TOP, RIGHT, BELOW = 80, 50, 30, 40  # margins around the 1000 by 300 of `report.curve`, in pixels
PAPER, INK, FAINT, LINE, RAW = "#ffffff", "#222222", "#dddddd", "#1f5fa8", "#a9c4e2"


def write_picture(curve: Mapping[str, Any], title: str, path: Path) -> None:
    """`curve` is what `report.curve` gives."""
    from PIL import Image, ImageDraw, ImageFont

    size = (LEFT + 1000 + RIGHT, TOP + 300 + BELOW)
    image = Image.new("RGB", (size[0] * FINER, size[1] * FINER), PAPER)
    draw = ImageDraw.Draw(image)

    def at(x: float, y: float) -> tuple[float, float]:
        return (LEFT + x) * FINER, (TOP + y) * FINER

    def write(text: str, x: float, y: float, anchor: str, pixels: int = 15) -> None:
        draw.text(at(x, y), text, fill=INK, font=ImageFont.load_default(pixels * FINER), anchor=anchor)

    for y, label in curve["ticks"]:
        draw.line([at(0, y), at(1000, y)], fill=FAINT, width=FINER)
        write(label, -10, y, "rm")
    for line, colour in ((curve["raw"], RAW), (curve["line"], LINE)):
        points = [at(*map(float, point.split(","))) for point in line.split()]
        draw.line(points, fill=colour, width=2 * FINER, joint="curve")
    write(title, 0, -25, "lm", 18)
    write(str(curve["first"]), 0, 320, "lm")
    write(f"step {curve['last']}", 1000, 320, "rm")
    image.resize(size, Image.Resampling.LANCZOS).save(path, optimize=True)
