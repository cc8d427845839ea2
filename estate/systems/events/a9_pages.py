"""Pages of letters: tiny, and a few dozen different ones in all, for nobody reads them; they are counted."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
from PIL import Image

VARIANTS = 4
_SIZE = (200, 280)


@cache
def tiff(pages: int, variant: int) -> bytes:
    """A TIFF of so many pages in group 4 code: a bar code on the first, lines of writing on all."""
    width, height = _SIZE
    sheets = []
    for page in range(pages):
        ink = np.ones((height, width), dtype=bool)
        ink[60 + variant : 250 : 12, 20 : 180 - 7 * variant - 3 * page] = False
        if page == 0:
            bars = (np.arange(width) * (variant + 3) // 2) % 7 < 3
            ink[12:36] &= ~bars
        sheets.append(Image.fromarray(ink))
    file = io.BytesIO()
    sheets[0].save(file, "TIFF", compression="group4", save_all=True, append_images=sheets[1:], dpi=(200, 200))
    return file.getvalue()
