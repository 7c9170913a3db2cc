"""Lines of the audit screen: who did what to which object, how it ended, and whether the journal is whole."""

from __future__ import annotations

from datetime import datetime

from rich.style import Style

from novatui.actions.audit import Audit, Entry
from novatui.core.text import clean
from novatui.ui.render.cells import Piece
from novatui.ui.render.item_table import ItemColumn, ItemTable
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN


def audit_table(look: Look) -> ItemTable:
    """The columns of entries."""
    cells = _Cells(look)
    return ItemTable(
        (
            ItemColumn(title="NO", draw=cells.number, width=6, right=True),
            ItemColumn(title="AT", draw=cells.at, width=11, grow=5),
            ItemColumn(title="WHO", draw=cells.who, width=8, grow=8),
            ItemColumn(title="DID", draw=cells.verb, width=14, grow=6),
            ItemColumn(title="OBJECT", draw=cells.subject, width=14, grow=14),
            ItemColumn(title="CONN", draw=cells.connection, width=9, grow=5, rank=2),
            ItemColumn(title="TICKET", draw=cells.ticket, width=9, grow=6, rank=3),
            ItemColumn(title="OUTCOME", draw=cells.outcome, width=13),
        ),
        look,
    )


def verdict(audit: Audit | None, problem: str, look: Look) -> Piece:
    """Whether the journal is whole."""
    styles = look.styles
    if problem:
        return f" {problem} ", styles.bad
    if audit is None:
        return " reading ", styles.info
    if audit.broken is not None:
        kind = "cut off" if audit.broken.torn else "BROKEN"
        return f" {kind} at record {audit.broken.seq} ", styles.warning if audit.broken.torn else styles.bad
    if not audit.records:
        return " empty ", styles.quiet
    return f" verified, {audit.records:,} record{'' if audit.records == 1 else 's'} ", styles.good


class _Cells:
    """What stands in the columns. What a journal says may be anybody's text."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._styles = look.styles

    def number(self, one: Entry) -> Piece:
        return str(one.seq), self._styles.quiet

    def at(self, one: Entry) -> Piece:
        return moment(one, self._look)[5:], self._styles.quiet

    def who(self, one: Entry) -> Piece:
        return clean(one.text("user")) or UNKNOWN, self._styles.text

    def verb(self, one: Entry) -> Piece:
        return clean(one.verb.removeprefix("power.").replace(".", " ").replace("_", " ")), self._styles.text

    def subject(self, one: Entry) -> Piece:
        return clean(one.text("name")) or self._look.marks.inapplicable, self._styles.text

    def connection(self, one: Entry) -> Piece:
        return clean(one.text("connection")), self._styles.quiet

    def ticket(self, one: Entry) -> Piece:
        return clean(one.text("ticket")), self._styles.quiet

    def outcome(self, one: Entry) -> Piece:
        marks, styles = self._look.marks, self._styles
        signs: dict[str, tuple[str, Style]] = {
            "done": (marks.done, styles.good),
            "failed": (marks.error, styles.bad),
            "refused": (marks.error, styles.bad),
            "unknown": (UNKNOWN, styles.warning),
            "declined": (marks.inapplicable, styles.quiet),
            "running": (marks.on, styles.info),
        }
        sign, style = signs.get(one.outcome, (" ", styles.quiet))
        failure = f": {clean(one.failure)}" if one.failure else ""
        return f"{sign} {clean(one.outcome)}{failure}".rstrip(), style


def moment(one: Entry, look: Look) -> str:
    """When it was, by the clock of the screen; as it stands in the journal when that is no time."""
    try:
        return look.date(datetime.fromisoformat(one.at).timestamp())
    except ValueError:
        return clean(one.at) or UNKNOWN
