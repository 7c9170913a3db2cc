"""Makes the SVG of a screen show the same everywhere: no fonts from the network, curves drawn as dots."""

from __future__ import annotations

import re

_TEXT = re.compile(
    r'<text class="(?P<style>[^"]*)" x="(?P<x>[^"]*)" y="(?P<y>[^"]*)" '
    r'textLength="(?P<long>[^"]*)" (?P<clip>clip[^>]*)>'
    r"(?P<text>[^<]*)</text>"
)
_SIGN = re.compile("&[^;]*;|.", re.DOTALL)
_CURVE = re.compile("[\u2801-\u28ff]+")

_BLANK = "&#160;"

_LINE, _ASCENT = 24.4, 18.5
"""Height of a line, and of its part above the base line, as rich draws them."""

_DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
"""Column and row of the dot that each bit of a braille sign stands for (Unicode, block Braille Patterns)."""

_DOT = 3.2
"""Width and height of a dot."""


def self_contained(svg: str) -> str:
    """The picture without the fonts that it would fetch, with dots where it has braille signs, every word in its place.

    Few fixed-width fonts have braille signs; those of another font are as wide as they like. Some renderers pass over
    blanks at the beginning of a text: none is left there.
    """
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return _TEXT.sub(_redrawn, svg.replace("Fira Code", "DejaVu Sans Mono"))


def _redrawn(match: re.Match[str]) -> str:
    signs = _SIGN.findall(match["text"])
    cell = float(match["long"]) / max(1, len(signs))
    left, base = float(match["x"]), float(match["y"])
    dots = "".join(_dots(sign, left + at * cell, base - _ASCENT, cell) for at, sign in enumerate(signs))
    words = [_BLANK if _CURVE.match(sign) else sign for sign in signs]
    begin = next((at for at, sign in enumerate(words) if sign != _BLANK), len(words))
    while len(words) > begin and words[-1] == _BLANK:
        words.pop()
    drawn = f'<path class="{match["style"]}" d="{dots}"/>' if dots else ""
    if begin == len(words):
        return drawn
    place = f'x="{left + begin * cell:.1f}" y="{match["y"]}" textLength="{cell * (len(words) - begin):.1f}"'
    return f'{drawn}<text class="{match["style"]}" {place} {match["clip"]}>{"".join(words[begin:])}</text>'


def _dots(sign: str, left: float, top: float, cell: float) -> str:
    """The dots of one sign as squares of a path; empty for a sign that is not braille."""
    if not _CURVE.match(sign):
        return ""
    return "".join(
        f"M{left + (0.3 + 0.4 * column) * cell - _DOT / 2:.1f} {top + (0.16 + row * 0.24) * _LINE - _DOT / 2:.1f}"
        f"h{_DOT}v{_DOT}h-{_DOT}z"
        for bit, (column, row) in enumerate(_DOTS)
        if (ord(sign) - 0x2800) >> bit & 1
    )
