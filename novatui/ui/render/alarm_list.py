"""Lines of alarms: how bad, on what, since when, who knows of it; and the rule behind the one under the cursor."""

from __future__ import annotations

from rich.style import Style
from textual.strip import Strip

from novatui.core import units
from novatui.core.alarms import PRODUCT, Level
from novatui.core.events import Acknowledgement
from novatui.engine.alarm_record import Alarm, Counts
from novatui.engine.alarms import Alarms
from novatui.engine.fleet import Fleet
from novatui.ui.render import readings
from novatui.ui.render.cells import Piece
from novatui.ui.render.item_table import ItemColumn, ItemTable
from novatui.ui.render.labelled import Fact, labelled
from novatui.ui.render.look import Look


def alarm_table(fleet: Fleet, alarms: Alarms, look: Look) -> ItemTable:
    """The columns of alarms."""
    cells = _Cells(fleet, alarms, look)
    return ItemTable(
        (
            ItemColumn(title="LEVEL", draw=cells.level, width=7),
            ItemColumn(title="OBJECT", draw=cells.subject, width=15, grow=15),
            ItemColumn(title="CONN", draw=cells.connection, width=9, grow=5, rank=1),
            ItemColumn(title="SINCE", draw=cells.since, width=6, right=True),
            ItemColumn(title="KNOWN TO", draw=cells.known, width=9, grow=8),
            ItemColumn(title="ALARM", draw=cells.text, width=24),
        ),
        look,
    )


def alarm_sign(level: Level | None, look: Look) -> Piece:
    """The sign of a level; nothing where nothing is raised."""
    if level is None:
        return "", look.styles.text
    critical = level is Level.CRITICAL
    return look.marks.alarm, look.styles.bad if critical else look.styles.warning


class _Cells:
    """What stands in the columns."""

    def __init__(self, fleet: Fleet, alarms: Alarms, look: Look) -> None:
        self._fleet, self._alarms, self._look = fleet, alarms, look

    def level(self, one: Alarm) -> Piece:
        if one.chore:
            return f"{self._look.marks.inapplicable} chore", self._look.styles.quiet
        critical = one.level is Level.CRITICAL
        sign = self._look.marks.error if critical else self._look.marks.alarm
        return f"{sign} {'crit' if critical else 'warn'}", self._style(one)

    def subject(self, one: Alarm) -> Piece:
        return one.subject or self._look.marks.inapplicable, self._look.styles.text

    def connection(self, one: Alarm) -> Piece:
        return one.id.conn, readings.conn_style(self._fleet, one.id.conn, self._look)

    def since(self, one: Alarm) -> Piece:
        """`>` before what was so already when we first looked."""
        age = units.age(max(5.0, self._look.epoch() - one.since))
        return f">{age}" if one.at_least else age, self._look.styles.quiet

    def known(self, one: Alarm) -> Piece:
        """Who knows of it (`@` at its server), or until when nobody is to hear of it."""
        styles, note = self._look.styles, self._alarms.book.note(one.id)
        if note is not None and self._alarms.silenced(one):
            return f"hush {units.span(note.silenced_until - self._look.epoch())}", styles.quiet
        if note is not None and note.acknowledged_by:
            return note.acknowledged_by, styles.good
        if one.at_server is not None and one.at_server.done:
            return f"@{short_account(one.at_server.by)}", styles.good
        return "nobody", self._style(one)

    def text(self, one: Alarm) -> Piece:
        stale = self._alarms.stale(one)
        return (
            f"~stale  {one.text}" if stale else one.text,
            self._look.styles.stale if stale else self._look.styles.text,
        )

    def _style(self, one: Alarm) -> Style:
        styles = self._look.styles
        if one.chore or self._alarms.silenced(one) or self._alarms.acknowledged(one):
            return styles.quiet
        return styles.bad if one.level is Level.CRITICAL else styles.warning


def title(counts: Counts, pending: int) -> str:
    """What the list holds: `1 critical, 2 warnings, 1 acknowledged, 1 silenced`."""
    if counts == Counts() and not pending:
        return "nothing is raised"
    warnings = f"{counts.warning} warning{'' if counts.warning == 1 else 's'}"
    found = [f"{counts.critical} critical", warnings]
    chores = "chore" if counts.chores == 1 else "chores"
    more = (
        (chores, counts.chores),
        ("acknowledged", counts.acknowledged),
        ("silenced", counts.silenced),
        ("pending", pending),
    )
    return ", ".join([*found, *(f"{number} {word}" for word, number in more if number)])


def explained(one: Alarm, alarms: Alarms, look: Look, width: int, height: int) -> list[Strip]:
    """The rule, the figures, what people said, and where the limit is set."""
    return labelled(_told(one, alarms, look), look, width, height)


def _told(one: Alarm, alarms: Alarms, look: Look) -> list[Fact]:
    styles = look.styles
    stale = ", but what is known is out of date" if alarms.stale(one) else ""
    begun = f"{look.date(one.since)[5:]} ({units.span(look.epoch() - one.since)})"
    since = f", since {begun}{' or longer' if one.at_least else ''}{stale}"
    return [
        ("now", f"{one.text}{since}", styles.bad if one.level is Level.CRITICAL else styles.warning),
        ("rule", f"{one.title}: {one.explanation}", styles.text),
        ("said", _said(one, alarms, look), styles.text),
        ("set by", _place(one), styles.quiet),
    ]


def _said(one: Alarm, alarms: Alarms, look: Look) -> str:
    note, words = alarms.book.note(one.id), list[str]()
    if note is not None and note.acknowledged_by:
        words.append(f"acknowledged by {note.acknowledged_by} at {look.clock(note.acknowledged_at, seconds=False)}")
    if one.at_server is not None and one.at_server.done:
        words.append(f"acknowledged at the server by {_when(one.at_server, look)}")
    if note is not None and alarms.silenced(one):
        words.append(f"silenced by {note.silenced_by} until {look.date(note.silenced_until)[5:]}")
    if not words:
        words.append("nobody has taken note of it")
        if one.id.name and one.at_server is None:
            words.append("as far as is known here: the server does not tell")
    return ", ".join(words)


def _when(known: Acknowledgement, look: Look) -> str:
    at = f" at {look.clock(known.at, seconds=False)}" if known.at is not None else ""
    return f"{known.by or 'somebody'}{at}"


def short_account(name: str) -> str:
    """An account without its domain: `anna` of `anna@vsphere.local` and of `CORP\\anna`."""
    return name.rpartition("\\")[2].partition("@")[0] or "somebody"


def _place(one: Alarm) -> str:
    name = f'"{one.id.rule}"' if "." in one.id.rule else one.id.rule
    what = "the product; enabled by" if one.id.rule == PRODUCT else ""
    return f"{what} [alarms.rules.{name}] of the configuration".strip()
