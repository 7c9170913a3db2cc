"""Lines of events of all connections, on one clock."""

from __future__ import annotations

from novatui.core.events import Severity
from novatui.engine.event_log import EventLog, LoggedEvent
from novatui.engine.feed_query import object_name
from novatui.engine.fleet import Fleet
from novatui.ui.render import readings
from novatui.ui.render.cells import Piece
from novatui.ui.render.item_table import ItemColumn, ItemTable
from novatui.ui.render.look import Look
from novatui.ui.render.tasks import moment


def event_table(fleet: Fleet, look: Look) -> ItemTable:
    """The columns of events."""
    cells = _Cells(fleet, look)
    return ItemTable(
        (
            ItemColumn(title="TIME", draw=cells.time, width=8),
            ItemColumn(title="CONN", draw=cells.connection, width=9, grow=5),
            ItemColumn(title=" ", draw=cells.sign, width=1),
            ItemColumn(title="EVENT", draw=cells.type, width=14, grow=14, rank=1),
            ItemColumn(title="OBJECT", draw=cells.subject, width=14, grow=10),
            ItemColumn(title="WHAT", draw=cells.text, width=26),
        ),
        look,
    )


def event_sign(severity: Severity, look: Look, calm: str = " ") -> Piece:
    """The sign of a severity; `calm` stands for information, which needs none."""
    marks, styles = look.marks, look.styles
    return {
        Severity.INFO: (calm, styles.quiet),
        Severity.WARNING: (marks.alarm, styles.warning),
        Severity.ERROR: (marks.error, styles.bad),
    }[severity]


class _Cells:
    """What stands in the columns."""

    def __init__(self, fleet: Fleet, look: Look) -> None:
        self._fleet, self._look = fleet, look

    def time(self, one: LoggedEvent) -> Piece:
        return moment(self._fleet.events.moment(one), self._look), self._look.styles.quiet

    def connection(self, one: LoggedEvent) -> Piece:
        return one.conn, readings.conn_style(self._fleet, one.conn, self._look)

    def sign(self, one: LoggedEvent) -> Piece:
        return event_sign(one.event.severity, self._look)

    def type(self, one: LoggedEvent) -> Piece:
        return one.event.native_type, self._look.styles.quiet

    def subject(self, one: LoggedEvent) -> Piece:
        name = object_name(self._fleet.inventory, one.conn, one.event.key, one.event.subject)
        return name or self._look.marks.inapplicable, self._look.styles.text

    def text(self, one: LoggedEvent) -> Piece:
        """How often comes first: it is what a cut line must not lose."""
        event, styles = one.event, self._look.styles
        folded = f"x{one.count} folded  " if one.count > 1 else ""
        by = f"  by {event.who}" if event.who else ""
        return f"{folded}{event.text or event.native_type}{by}", styles.text if event.text else styles.quiet


def corrected(events: EventLog) -> str:
    """Which clocks are corrected, and by how much: `clocks corrected: hv-clu1 -3.2 s`; empty when none is."""
    skews = [f"{conn} {seconds:+.1f} s" for conn, seconds in events.skews().items()]
    if not skews:
        return ""
    more = f" and {len(skews) - 2} more" if len(skews) > 2 else ""
    return f"skew corrected: {', '.join(skews[:2])}{more}"
