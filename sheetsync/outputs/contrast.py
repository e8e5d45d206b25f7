"""Colours that can be read: contrast as WCAG 2.2 counts it (success criterion 1.4.3)."""

from __future__ import annotations

from sheetsync.core.model import MUTED, Style

ENOUGH = 4.5  # of text to what is behind it, level AA
_BLACK, _WHITE = "000000", "FFFFFF"


def contrast(one: str, other: str) -> float:
    """The ratio between two colours (RRGGBB), from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable(style: Style) -> Style:
    """The style itself where its text can be read, else with the font in black or white; MUTED where it has no colour."""
    if not style.fill:
        return MUTED
    if style.font and contrast(*style) >= ENOUGH:
        return style
    return Style(style.fill, max(_BLACK, _WHITE, key=lambda font: contrast(style.fill, font)))


def _luminance(colour: str) -> float:
    """Relative luminance, 0 to 1."""
    parts = [int(colour[i: i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
