"""Writes values as TOML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast


def toml_value(value: object) -> str:
    """One value on one line; what is neither number, truth value nor list is written as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, tuple | list):
        return f"[{', '.join(toml_value(item) for item in cast('Sequence[object]', value))}]"
    import json  # only where something is written: the first frame does not wait for it

    # JSON's escapes are TOML's too, but for the one character that JSON leaves alone.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
