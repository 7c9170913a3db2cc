"""A connection: whether it stands, how it was made, who serves it, and what failed."""

from __future__ import annotations

from collections.abc import Iterator

from novatui.core import units
from novatui.core.connection import TlsInfo
from novatui.core.errors import Failure
from novatui.core.states import Link
from novatui.engine.connection import Connection
from novatui.ui.render.detail import words
from novatui.ui.render.detail.grid import Cell, Column
from novatui.ui.render.detail.places import machines_field
from novatui.ui.render.detail.sheet import Field, Item, Section, Table, Text
from novatui.ui.render.detail.whole import Whole
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN, link_mark
from novatui.ui.render.tree import FAMILY_NAMES


def sections(whole: Whole) -> Iterator[Section]:
    """In the order of what matters."""
    one = whole.fleet.connections[whole.fleet.inventory.conn(whole.slot)]
    yield failure(one, whole.look)
    yield _questions(one, whole.look)
    yield _state(whole, one)
    yield _endpoint(one, whole.look)
    yield _unlisted(one, whole.look)
    yield steps(one, whole.look)
    yield _worker(one, whole.look)
    yield calls(one, whole.look)
    yield _log(whole, one)


def failure(one: Connection, look: Look) -> Section:
    """Why it does not stand: what happened, what it means, what to try, and the product's own words."""
    found = one.status.failure
    return Section(title="Why it is not up", items=_complaint(found, look) if found else [], wide=True)


def _complaint(found: Failure, look: Look) -> list[Item]:
    """Everything that is known of a failure, each under its name."""
    fields: list[Item] = [Text(str(found), look.styles.bad)]
    if found.meaning:
        fields.append(Field("means", found.meaning))
    if found.hint:
        fields.append(Field("try", found.hint, look.styles.key))
    if found.subject:
        fields.append(Field("concerns", found.subject))
    if found.native and found.native != found.message:
        fields.append(Field("said", found.native))
    return fields


def _questions(one: Connection, look: Look) -> Section:
    asked = [
        Text(f"{look.marks.alarm} {each.topic}: {each.text}", look.styles.warning) for each in one.questions.values()
    ]
    return Section(title="Waits for an answer", items=asked, wide=True)


def _state(whole: Whole, one: Connection) -> Section:
    status, look = one.status, whole.look
    styles = look.styles
    style = styles.good if status.link is Link.UP else styles.bad if status.link is Link.DOWN else styles.warning
    since = units.span(look.epoch() - status.since)
    gap = look.marks.inapplicable
    next_try = f"{look.clock(status.retry_at)}, try {status.attempt + 1}" if status.retry_at is not None else gap
    return Section(
        title="State",
        items=[
            Field("connection", f"{link_mark(status.link, look.marks)} {status.link.value} for {since}", style),
            Field("last answer", look.clock(status.last_good) if status.last_good is not None else "never"),
            Field("next try", next_try),
            Field("failed tries", str(status.attempt)),
            machines_field(whole),
            Field("protected", words.yes_no(one.spec.protected), styles.protected if one.spec.protected else None),
            Field("read-only", words.yes_no(one.spec.readonly)),
            Field("label", one.spec.label or "none"),
        ],
    )


def _endpoint(one: Connection, look: Look) -> Section:
    info = one.info
    fields = [Field("family", FAMILY_NAMES[one.spec.family]), Field("address", one.spec.uri)]
    if info is None:
        quiet = look.styles.quiet
        return Section(title="Other end", items=[*fields, Text("it has not told who it is yet", quiet)])
    return Section(
        title="Other end",
        items=[
            Field("product", words.told(info.product)),
            *fields,
            Field("endpoint", words.told(info.endpoint)),
            Field("host name", words.told(info.hostname)),
            Field("transport", words.told(info.transport)),
            Field("user", words.told(info.user)),
            Field("privileges", words.told(info.privileges)),
            *_tls(info.tls, info.transport, look),
            Field("measures every", f"{info.period:g} s"),
            Field("lists every", f"{info.relist:g} s"),
            Field("tells changes", "by itself" if info.pushes else "when asked"),
            Field("roles", words.listed(info.roles, ", ")),
        ],
    )


_ENCRYPTED = frozenset({"tls", "https"})
"""Transports that have TLS of their own."""


def _tls(tls: TlsInfo | None, transport: str, look: Look) -> list[Field]:
    if tls is None:
        return [Field("TLS", UNKNOWN if transport in _ENCRYPTED or not transport else look.marks.inapplicable)]
    style = look.styles.warning if tls.trust == "insecure" else None
    trusted = {"ca": "by its authority", "pin": "by its fingerprint", "insecure": "not checked"}
    return [
        Field("TLS", words.told(tls.version)),
        Field("trusted", trusted.get(tls.trust, words.told(tls.trust)), style),
        Field("fingerprint", words.told(tls.pin)),
    ]


def _unlisted(one: Connection, look: Look) -> Section:
    """Kinds that could not be listed: their rows are old."""
    fields: list[Item] = []
    for kind, found in sorted(one.load_failures.items()):
        told = "; ".join(part for part in (str(found), found.meaning, found.hint) if part)
        fields.append(Field(kind.replace("_", " "), told, look.styles.warning))
    return Section(title="Could not be listed", items=fields, wide=True)


def steps(one: Connection, look: Look) -> Section:
    """What the last attempt did, with its times."""
    columns = (Column("step"), Column("result"), Column("took", right=True), Column("said", shrinks=True))
    styles = look.styles
    words_of = {True: ("ok", styles.good), False: ("failed", styles.bad), None: ("not told", styles.quiet)}
    rows: list[list[Cell]] = [
        [each.step, words_of[each.ok], f"{each.ms:.0f} ms", each.text or look.marks.inapplicable] for each in one.steps
    ]
    total = f"{sum(each.ms for each in one.steps):.0f} ms in all"
    failed = [Field(each.step, each.text, look.styles.bad) for each in one.steps if each.ok is False and each.text]
    items: list[Item] = [Table(columns, rows), *failed] if rows else []
    return Section(title="How it was made", items=items, far=total)


def _worker(one: Connection, look: Look) -> Section:
    stats = one.stats
    fields = [Field("process", words.told(one.worker_pid, lambda pid: f"pid {pid}"))]
    if stats is not None:
        fields += [
            Field("memory", words.size(stats.rss)),
            Field("processor time", f"{stats.cpu:.1f} s"),
        ]
    mine = {name: late for name, late in (stats.calls if stats else {}).items() if name.split("/")[0] == one.name}
    for name, late in sorted(mine.items()):
        said = f"{late:.0f} s late" if late > 0 else f"runs, {-late:.0f} s left"
        fields.append(Field(name.partition("/")[2], said, look.styles.warning if late > 0 else None))
    return Section(title="Worker", items=fields)


def calls(one: Connection, look: Look) -> Section:
    """Native calls that were made, the most frequent first."""
    del look
    counts = one.stats.counts if one.stats else {}
    mine = {name.partition("/")[2]: count for name, count in counts.items() if name.split("/")[0] == one.name}
    ordered = sorted(mine.items(), key=lambda pair: (-pair[1], pair[0]))
    fields = [Field(name, f"{count:,} {'call' if count == 1 else 'calls'}") for name, count in ordered]
    return Section(title="Calls made", items=fields, far=f"{sum(mine.values()):,} in all")


def _log(whole: Whole, one: Connection) -> Section:
    """Last words of a worker that ended, or of the one that runs."""
    lines = one.log or whole.fleet.log(one.name)
    return Section(title="Worker's last words", items=[Text(said.text) for said in lines], wide=True)
