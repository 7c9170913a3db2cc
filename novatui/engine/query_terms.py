"""One condition of a filter, as data and as text."""

from __future__ import annotations

import msgspec

from novatui.engine.query_text import quoted_pattern, quoted_value, quoted_word


class Term(msgspec.Struct, frozen=True):
    """One condition."""

    key: str
    """Canonical name of a key; `name` for words and patterns."""
    operator: str
    """`:` any of the values, `> >= < <=` a number, `?` unknown, `word` fuzzy, `~` a pattern."""
    values: tuple[str, ...] = ()
    """As typed, but words of vocabularies canonical."""
    negated: bool = False

    def __str__(self) -> str:
        return ("!" if self.negated else "") + self._condition()

    def _condition(self) -> str:
        match self.operator:
            case "word":
                return quoted_word(self.values[0])
            case "~":
                return "~" + quoted_pattern(self.values[0])
            case "?":
                return f"{self.key}:?"
            case _ if self.key == "can":
                return f"can:{self.values[0]}={self.values[1]}"
            case _:
                return self.key + self.operator + ",".join(map(quoted_value, self.values))
