"""The help of a screen: its keys from the catalogue, the filter language, and what the signs mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from novatui.actions.catalogue import Action, Scope, Section, in_scope, in_strip, shown
from novatui.actions.keymap import Keymap
from novatui.ui.dialogs.page import PageDialog
from novatui.ui.render.capabilities import legend
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN

FILTERS: tuple[tuple[str, str], ...] = (
    ("db orders", "every word in the name"),
    ("power:on,paused", "one of several values"),
    ("cpu>80  mem>80%  mem>8G", "more than; also < >= <= ="),
    ("!tag:lab", "not"),
    ("~^db-", "regular expression on the name"),
    ("fam:kvm conn:prod host:esx-07", "family, connection, host"),
    ("snap.age>14d  stale:yes  cpu:?", "old snapshots, stale, unknown"),
)
"""Examples of the query language."""


ANSWERS: tuple[tuple[str, str], ...] = (
    ("gpu  memory", "words of the features"),
    ("no,unknown", "what answers so, rows and columns"),
    ("asked  declared  stale", "how an answer came, what is old"),
    ("conn:kvm* fam:libvirt host:esx-0*", "columns"),
    ("!numa", "not"),
)
"""Examples of what filters the matrix of capabilities."""


class HelpDialog(PageDialog):
    """What can be done on one screen."""

    def __init__(self, look: Look, keys: Keymap, scopes: Sequence[Scope], name: str = "") -> None:
        """`scopes` are those of the screen that help is wanted for, `name` is what it is called."""
        super().__init__(f"Help: {name}" if name else "Help", keys, ascii_only=look.marks.ascii)
        self._look = look
        self._scopes = scopes

    def text(self) -> str:
        """Keys, filters, signs."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        here = [action for action in in_scope(*self._scopes, *self._typing) if not action.leader]
        for section in Section:
            entries = [entry for action in here if action.section is section for entry in self._entries(action)]
            if entries:
                yield section.value
                yield from _columns(entries)
                yield ""
        if Scope.FILTERED not in self._scopes:
            return
        answers = Scope.CAPABILITIES in self._scopes
        yield "Filter"
        for example, meaning in ANSWERS if answers else FILTERS:
            yield f"  {example:34} {meaning}"
        yield ""
        yield "Signs"
        yield from self._signs_of_answers() if answers else self._signs()

    def _signs_of_answers(self) -> Iterator[str]:
        words = [f"{sign.strip()} {word.strip()}" for _, ((sign, _), (word, _)) in legend(self._look)]
        yield f"  {'  '.join(words[:4])}"
        yield f"  {'  '.join(words[4:])}"

    def _signs(self) -> Iterator[str]:
        marks = self._look.marks
        yield f"  {marks.on} on  {marks.off} off  {marks.paused} paused  {marks.suspended} suspended"
        yield f"  {marks.up} starting  {marks.down} stopping  {marks.migrating} migrating  {marks.error} crashed"
        yield f"  {marks.unreachable} no connection  {marks.partly} partly, in maintenance  {marks.alarm} alarm"
        yield f"  {UNKNOWN} unknown  {marks.inapplicable} not applicable now  ~ old: nothing newer was heard"

    @property
    def _typing(self) -> tuple[Scope, ...]:
        """What is typed on such a screen."""
        return (Scope.TEXT, Scope.COMMAND, *((Scope.FILTER,) if Scope.FILTERED in self._scopes else ()))

    def _entries(self, action: Action) -> Iterator[tuple[str, str]]:
        """Keys and title of an action, and what stands in its strip; without a key: what to type."""
        keys = [shown(key, self.ascii_only) for key in self.keys.keys(action)]
        yield " ".join(keys) or f":{action.word}", action.title
        for other in in_strip(action, self._scopes):
            second = self.keys.shown(other, self.ascii_only)
            yield f"{keys[0]} {second}" if keys and self.keys.keys(other) else f":{other.word}", other.title


def _columns(entries: list[tuple[str, str]]) -> Iterator[str]:
    """Two entries a line, read downwards."""
    half = (len(entries) + 1) // 2
    for left, right in zip_longest(entries[:half], entries[half:]):
        one = f"  {left[0]:12} {left[1]:21}"
        yield one if right is None else f"{one} {right[0]:12} {right[1]}"
