"""Two hosts side by side as a tree: sections, and below them what differs, or everything."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from novatui.core.hostdiff import Entry, HostDiff, SectionDiff, Verdict
from novatui.engine.host_words import counted, side


class DiffLine(msgspec.Struct, frozen=True, kw_only=True):
    """One row: a section, or one thing of it."""

    key: tuple[str, ...]
    """Stays the same as long as it is about the same."""
    section: SectionDiff
    entry: Entry | None = None
    """None: the row of the section."""
    said: str = ""
    """Of a section: what came of it."""

    @property
    def above(self) -> tuple[str, ...] | None:
        """The section that it belongs to."""
        return None if self.entry is None else (self.section.section.value,)


_ORDER = (Verdict.DIFFERENT, Verdict.ONLY_LEFT, Verdict.ONLY_RIGHT, Verdict.UNKNOWN, Verdict.EQUAL)


def lines_of(compared: HostDiff, words: Sequence[str], *, everything: bool) -> list[DiffLine]:
    """All sections with what differs or is unknown, or with `everything`; with words those that they fit."""
    found: list[DiffLine] = []
    names = compared.left.name, compared.right.name
    for section in compared.sections:
        name = section.section.value
        entries = [each for each in section.entries if everything or each.verdict is not Verdict.EQUAL]
        entries.sort(key=lambda each: _ORDER.index(each.verdict))
        if words and not _fits(f"{name} {section.section.words}", words):
            entries = [each for each in entries if _fits(_said(each), words)]
            if not entries:
                continue
        found.append(DiffLine(key=(name,), section=section, said=counted(section, *names)))
        found += (
            DiffLine(key=(name, each.name, each.verdict.value, str(at)), section=section, entry=each)
            for at, each in enumerate(entries)
        )
    return found


def _said(entry: Entry) -> str:
    return f"{entry.name} {side(entry, left=True)} {side(entry, left=False)} {entry.verdict.value} {entry.reason}"


def _fits(text: str, words: Sequence[str]) -> bool:
    folded = text.casefold()
    return all((word.removeprefix("!") in folded) != word.startswith("!") for word in words)
