"""The lines above and below the panes: counts and clock, what is listed, titles of panes, keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from rich.cells import cell_len
from textual.strip import Strip

from novatui.actions.catalogue import Action, in_footer
from novatui.actions.keymap import Keymap
from novatui.actions.protections import is_protected
from novatui.core.connection import ConnectionSpec
from novatui.core.states import Link
from novatui.engine.alarm_record import Counts
from novatui.engine.fleet import Fleet
from novatui.ui.locks import unlocked
from novatui.ui.render.cells import Group, Piece, ends, flow, line, whole, width_of
from novatui.ui.render.look import Look
from novatui.ui.rows.cells import fit


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What the table shows at the moment."""

    view: str = "vm"
    """Its `:` word."""
    filter: str = ""
    scope: str = ""
    """Name of the tree node that the table is limited to."""
    shown: int = 0
    total: int = 0
    marked: int = 0
    pinned: int = 0
    free: str = ""
    """What is free of it all, where that can be summed up."""
    sort: str = "name"
    sort_word: str = "name"
    """What people call the key that is sorted by."""
    descending: bool = False


def status(fleet: Fleet, look: Look, width: int) -> Strip:
    """Counts over all connections, what is protected, and the time."""
    styles = look.styles
    up = sum(1 for one in fleet.connections.values() if one.status.link is Link.UP)
    vms, running = fleet.identity.count(None, "machines"), fleet.identity.count(None, "running")
    counts = fleet.alarms.counts() if fleet.alarms is not None else Counts()
    critical, alarms = counts.critical, counts.warning
    moving = fleet.migrations.moving
    failing = sum(1 for one in fleet.connections.values() if one.broken)
    left: list[Group] = [
        (6, [(" NovaTUI ", styles.title)]),
        (0, [(f" {up}/{len(fleet.connections)} conns ", styles.text if not failing else styles.warning)]),
        (3, [(f" {vms:,} VMs ", styles.text)]),
        (5, [(f" {running:,} run ", styles.text)]),
        (2, [(f" {critical:,} crit ", styles.bad)] if critical else []),
        (2 if alarms else 7, [(f" {alarms:,} alarm ", styles.warning if alarms else styles.quiet)]),
        (4 if moving else 8, [(f" {moving:,} mig ", styles.info if moving else styles.quiet)]),
        (1 if failing else 9, [(f" {failing} err ", styles.bad if failing else styles.quiet)]),
    ]
    return ends(left, _corner(fleet, look), width)


def header(
    crumbs: Sequence[str],
    facts: Sequence[Group],
    fleet: Fleet,
    look: Look,
    width: int,
    about: ConnectionSpec | None = None,
) -> Strip:
    """Where the person is, what is to be said about it, what is protected, and the time.

    `about` is the connection of what is shown: the locks of others are no matter there.

    What does not fit goes: first the clock, then the way but for its end, then facts of higher ranks.
    """
    styles = look.styles
    own = styles.tint(about.color) if about is not None else None
    moving = fleet.migrations.moving
    moves: list[Group] = (
        [(4, [(f" {look.marks.migrating} {moving:,} mig ", styles.info)])]
        if moving and "migrations" not in crumbs
        else []
    )
    far: list[Group] = [*((rank + 1, pieces) for rank, pieces in facts), *moves, *_corner(fleet, look, about)]
    into = (f" {look.marks.into} ", styles.header)
    steps = [
        [into, (crumb, own if own is not None and about is not None and crumb == about.name else styles.header)]
        for crumb in crumbs
    ]
    left: list[Group] = [(0, [(" NovaTUI", styles.title)]), *((1, step) for step in steps[-1:])]
    room = width - sum(width_of(pieces) for _, pieces in (*left, *far))
    left[1:1] = [(10, _way(steps[:-1], [into, (".." if look.marks.ascii else "…", styles.quiet)], room))]
    return ends(left, far, width)


def _way(steps: Sequence[Sequence[Piece]], gap: Sequence[Piece], room: int) -> list[Piece]:
    """The way as far as there is room: its beginning and its end, and a sign for what is left out between them."""
    for left_out in range(len(steps)):
        shown = [*steps[:1], gap, *steps[1 + left_out :]] if left_out else steps
        pieces = [piece for step in shown for piece in step]
        if width_of(pieces) <= room:
            return pieces
    return list(gap) if steps and width_of(gap) <= room else []


def _corner(fleet: Fleet, look: Look, about: ConnectionSpec | None = None) -> list[Group]:
    """What is locked, here or anywhere, what is not for a while, and the time."""
    styles, now = look.styles, look.monotonic()
    ours = [one for one in fleet.connections.values() if about is None or one.name == about.name]
    lifted = {one.name: badge for one in ours if (badge := unlocked(one, now))}
    locked = [one.name for one in ours if one.spec.readonly or (one.lock is not None and one.lock.ro)]
    guarded = [one.name for one in ours if one.name not in lifted and is_protected(one)]
    far: list[Group] = []
    if lifted:
        text = next(iter(lifted.values())) if len(lifted) == 1 else "RW"
        where = "" if about is not None else f":{_few(list(lifted))}"
        far.append((1, [(f" {text}{where} ", styles.warning), (" ", styles.text)]))
    if guarded:
        where = "" if about is not None else f":{_few(guarded)}"
        far.append((3, [(f" PROT{where} ", styles.protected), (" ", styles.text)]))
    if locked:
        where = "" if about is not None else f":{_few(locked)}"
        far.append((4, [(f" RO{where} ", styles.readonly), (" ", styles.text)]))
    far.append((5, [(f"{look.clock(look.epoch(), seconds=False)} {look.zone} ", styles.quiet)]))
    return far


def _few(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} conns"


def listing(view: Listing, look: Look, width: int, key: str) -> Strip:
    """Filter and scope on the left, what they leave on the right; `key` opens the filter."""
    styles = look.styles
    left: list[Piece] = [(f" :{view.view} ", styles.title)]
    if view.scope:
        left.append((f" in {view.scope} ", styles.info))
    left.append((f" /{view.filter}", styles.key) if view.filter else (f" {key} to filter", styles.quiet))
    far = counts(view, look)
    if width_of(left) + width_of(far) > width:
        far = far[:1]
    room = width - width_of(far)
    return Strip.join([line(left, max(0, room), cut=look.marks.ellipsis), line(far, min(width, width - room))])


def counts(view: Listing, look: Look) -> list[Piece]:
    """How many are listed, and in what order; the first piece alone says the most important."""
    quiet, dot = look.styles.quiet, look.marks.dot
    shown = f" {view.shown:,} of {view.total:,} " if view.shown != view.total else f" {view.total:,} "
    marked = f"{dot} {view.marked:,} marked " if view.marked else ""
    free = f"{dot} {view.free} " if view.free else ""
    pinned = f"{dot} {view.pinned:,} pinned " if view.pinned else ""
    return [
        (shown, quiet),
        (f"{pinned}{marked}{free}{dot} sort {view.sort_word}{' desc' if view.descending else ''} ", quiet),
    ]


def rule(look: Look, width: int, title: str, far: str = "", focused: bool = False, protected: bool = False) -> Strip:
    """A horizontal line with the title of the pane below it."""
    styles = look.styles
    bar = look.marks.rule
    edge = styles.protected if protected else styles.rule
    title = fit(title, min(cell_len(title), max(0, width - 6)), ellipsis=look.marks.ellipsis)
    left: list[Piece] = [(bar, edge), (f" {title} ", styles.title if focused else styles.header)]
    right: list[Piece] = [(f" {far} ", styles.quiet), (bar, edge)] if far else []
    room = width - width_of(left) - width_of(right)
    if room < 0:
        right, room = [], max(0, width - width_of(left))
    return line([*left, (bar * room, edge), *right], width)


ALWAYS = frozenset({"help", "quit"})
"""Actions that the footer shows before all others: who sees them can find the rest, and the way out."""


def footer(actions: Iterable[Action], keys: Keymap, look: Look, width: int, titles: Mapping[str, str]) -> Strip:
    """As many keys as fit, the most important first; `titles` by id where the action is called otherwise here."""
    styles, ascii_only = look.styles, look.marks.ascii
    groups: list[Group] = [
        (
            0 if action.id in ALWAYS else rank,
            [
                (f" {keys.shown(action, ascii_only)}", styles.key),
                (f" {titles.get(action.id, action.title)} ", styles.quiet),
            ],
        )
        for rank, action in enumerate(in_footer(actions), 1)
        if keys.keys(action)
    ]
    return line(whole(groups, width), width)


def edge(look: Look, width: int) -> Strip:
    """One cell of the vertical line between two panes."""
    return line([(look.marks.bar, look.styles.rule)], width)


def sort_keys(columns: Iterable[tuple[str, str]], look: Look, width: int) -> list[Strip]:
    """The prompt of the sort key: a letter for each column, `(letter, word)`."""
    styles = look.styles
    groups: list[Group] = [(0, [(" sort by ", styles.title)])]
    for rank, (letter, word) in enumerate(columns, 1):
        groups.append((rank, [(f" {letter}", styles.key), (f" {word}", styles.quiet)]))
    groups.append((len(groups), [("  again: reverse", styles.quiet)]))
    return flow(groups, width)


def problem(message: str, hint: str, look: Look, width: int, good: bool = False) -> Strip:
    """What is wrong with what was typed, and what to try; or what was done, if that is `good`."""
    tail = f" {look.marks.dash} {hint}" if hint else ""
    return line([(f" {message}{tail}", look.styles.info if good else look.styles.bad)], width, cut=look.marks.ellipsis)
