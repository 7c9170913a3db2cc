"""What a person has to know first: what is wrong, old, waiting or could not be read."""

from __future__ import annotations

from collections.abc import Iterator

from rich.style import Style

from novatui.core import units
from novatui.core.alarms import PRODUCT, SNAPSHOT, Level
from novatui.core.errors import Failure
from novatui.core.states import Health, Link
from novatui.ui.render import readings
from novatui.ui.render.detail.sheet import Section, Text
from novatui.ui.render.detail.whole import Whole

WARNINGS = "warnings"
"""Section of properties that a driver has to warn about."""

PENDING = "after the next start"
"""Section of properties that tell changes of the configuration that wait."""

OLD_SNAPSHOT = 14 * 86400.0
"""Seconds after which a snapshot is worth a word."""


def attention(whole: Whole) -> Section:
    """Empty when there is nothing to say."""
    items = [Text(text, style) for text, style in _lines(whole)]
    return Section(title="Attention", items=items, wide=True)


def _lines(whole: Whole) -> Iterator[tuple[str, Style]]:
    styles, look = whole.look.styles, whole.look
    connection = whole.fleet.connections.get(whole.fleet.inventory.conn(whole.slot))
    if connection is not None and connection.status.link is not Link.UP:
        said = f": {connection.failure}" if connection.failure else ""
        since = look.clock(connection.status.last_good)
        text = f"{connection.name} is {connection.status.link.value}{said}; what you see was last true at {since}"
        yield f"{look.marks.unreachable} {text}", styles.bad
    elif age := readings.shown_age(whole.fleet, whole.slot, look):
        yield f"~ nothing newer was heard for {age}", styles.stale
    if whole.fleet.identity.duplicate(whole.slot):
        yield f"{look.marks.alarm} another machine has the same uuid", styles.warning
    yield from _condition(whole)
    yield from _told(whole)


def _condition(whole: Whole) -> Iterator[tuple[str, Style]]:
    styles, look = whole.look.styles, whole.look
    raised = whole.fleet.alarms.of(whole.slot) if whole.fleet.alarms is not None else []
    rules = {one.id.rule for one in raised}
    for one in raised:
        critical = one.level is Level.CRITICAL
        sign = look.marks.error if critical else look.marks.alarm
        since = f"for {units.span(look.epoch() - one.since)}{' or longer' if one.at_least else ''}"
        yield f"{sign} {one.text}, {since}", styles.bad if critical else styles.warning
    alarms = whole.number("alarms")
    if alarms and PRODUCT not in rules:
        yield f"{look.marks.alarm} {alarms:.0f} alarm{'s' if alarms > 1 else ''} of the product raised", styles.warning
    health = whole.text("health")
    if health == Health.CRITICAL:
        yield f"{look.marks.error} the product calls its condition critical", styles.bad
    elif health == Health.WARNING:
        yield f"{look.marks.alarm} the product warns of its condition", styles.warning
    if whole.flag("maintenance"):
        yield f"{look.marks.partly} in maintenance: takes no new machines", styles.warning
    oldest = whole.number("snapshot_oldest")
    if oldest is not None and look.epoch() - oldest > OLD_SNAPSHOT and SNAPSHOT not in rules:
        yield f"{look.marks.alarm} oldest snapshot is {units.span(look.epoch() - oldest)} old", styles.warning


def _told(whole: Whole) -> Iterator[tuple[str, Style]]:
    """What the driver warns about, what waits, what could not be read."""
    styles, look = whole.look.styles, whole.look
    if whole.problem is not None and whole.fleet.inventory.connected(whole.slot):
        yield f"{look.marks.error} it could not be read: {complaint(whole.problem)}; :refresh reads again", styles.bad
    elif whole.reading:
        yield "it is being read", styles.info
    if whole.detail is None:
        return
    for one in whole.properties(WARNINGS):
        yield f"{look.marks.alarm} {one.value}", styles.warning
    waiting = whole.properties(PENDING)
    if waiting:
        changes = "one change waits" if len(waiting) == 1 else f"{len(waiting)} changes wait"
        yield f"{look.marks.alarm} {changes} for the next start: {_named(waiting[0].name, len(waiting))}", styles.info
    for failed in whole.detail.failures:
        yield f"? {failed.part} could not be read: {complaint(failed.failure)}", styles.bad


def _named(first: str, count: int) -> str:
    return f"{first} and others, see below" if count > 1 else f"{first}, see below"


def complaint(failure: Failure) -> str:
    """A failure in one breath: what happened, what it means, what to try."""
    return "; ".join(part for part in (str(failure), failure.meaning, failure.hint) if part)
