"""One migration in full: figures, charts, the verdict in words, the ways out with what each would do, the timeline."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.style import Style
from textual.strip import Strip

from novatui.core.migration import Fidelity, Phase
from novatui.core.units import lasting, size
from novatui.core.waysout import PRODUCTS, Way
from novatui.engine.migration_record import Record
from novatui.ui.render import bars, migration_charts
from novatui.ui.render.cells import Group, Piece, line, whole
from novatui.ui.render.detail.wrap import wrap
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.render.migration_list import clock, eta, route, style_of, took
from novatui.ui.rows.cells import fit

NATIVE_FROM = 96
"""Width from which native calls stand beside the ways out; the dialog shows them at any width."""

RATES, LEFT = range(4, 9), range(3, 7)
"""Lines of the charts: at least, at most."""

REASON = 3
"""Lines of the verdict's reason."""


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn."""

    record: Record
    ways: Sequence[Way]
    cancel: str = "c"
    """The key of the cancel."""
    earlier: Sequence[Record] = ()
    """What else the machine did today."""
    bell: bool = False
    whole: bool = False
    """It has the screen for itself."""


def pane(opened: Opened, look: Look, width: int, height: int) -> list[Strip]:
    """As much as fits: what has to be decided before what is only looked at."""
    record = opened.record
    figures = [*_figures(record, look, width), *_checks(record, look, width), *_earlier(opened, look, width)]
    head, verdict = [_head(opened, look, width)], _verdict(record, look, width)
    ways = _ways(opened, look, width) if record.live else []
    room = height - len(head) - len(figures) - len(verdict) - len(ways)
    if room < 0:
        return [*head, *verdict, *ways, *figures][:height]
    charts = _charts(record, look, width, max(0, room - (3 if room >= RATES.start + 3 else 0)), opened.whole)
    room -= len(charts)
    return [*head, *figures, *charts, *verdict, *ways, *_timeline(record, look, width, room)][:height]


def queued(name: str, at_once: int, look: Look, width: int) -> list[Strip]:
    """What is said of one that waits for its turn."""
    said = f"{at_once} machines at a time leave a host, and as many arrive at one. It begins when one of them is there."
    head = bars.rule(look, width, f"{name} waits for its turn", "")
    return [head, *(line([(f" {text}", look.styles.text)], width) for text in wrap(said, max(1, width - 2)))]


def _head(opened: Opened, look: Look, width: int) -> Strip:
    record = opened.record
    far = [
        f"begun {look.clock(record.began)}",
        f"for {clock(took(record, look.epoch()))}" if record.live else f"took {clock(took(record, look.epoch()))}",
        "bell" if opened.bell else "",
    ]
    name = f"{record.name}  {route(record, look)}"
    title = f"{name}  {size(record.memory)}" if record.memory else name
    return bars.rule(look, width, title, "  ".join(filter(None, far)), focused=opened.whole)


# --- figures ----------------------------------------------------------------------------------------------------------


def _figures(record: Record, look: Look, width: int) -> list[Strip]:
    """Memory and disk apart; of a product that tells less, less."""
    if record.fidelity in (Fidelity.PERCENT, Fidelity.NONE):
        return [_facts(_little(record), look, width)]
    only_disk = record.last.phase == Phase.DISK and not record.last.memory_total
    groups = [[] if only_disk else _memory(record), _disk(record) if record.last.disk_total else [], _settings(record)]
    return [_facts(told, look, width) for told in groups if any(value for _, _, value in told)]


def _earlier(opened: Opened, look: Look, width: int) -> list[Strip]:
    """Moves of the same machine before this one: a line for all of them."""
    told = [f"{look.clock(one.ended, seconds=False)} {route(one, look)} {one.state.value}" for one in opened.earlier]
    if not told:
        return []
    return [
        line([(" earlier today ", look.styles.quiet), (", ".join(told), look.styles.text)], width, look.marks.ellipsis)
    ]


def _checks(record: Record, look: Look, width: int) -> list[Strip]:
    """What was known of the destination before it began."""
    if not record.checks:
        return []
    marks = {"yes": look.marks.done, "no": look.marks.error}
    said = "  ".join(f"{topic} {marks.get(answer, UNKNOWN)}" for topic, answer in record.checks)
    head = f" pre-check {look.clock(record.checked)} "
    return [line([(head, look.styles.quiet), (said, look.styles.text)], width, look.marks.ellipsis)]


Told = tuple[int, str, str]
"""Rank, name, value."""


def _facts(facts: Sequence[Told], look: Look, width: int) -> Strip:
    styles = look.styles
    groups: list[Group] = [
        (rank, [(f" {name} ", styles.quiet), (f"{value} ", styles.text)]) for rank, name, value in facts if value
    ]
    return line(whole(groups, width), width)


def _little(record: Record) -> list[Told]:
    product = PRODUCTS[record.family]
    stated = f"states {record.percent:.0f} %" if record.percent is not None else "tells nothing of how far it is"
    return [
        (0, product, stated if record.live else "told nothing but how it ended"),
        (2, "phase", record.last.phase),
        (1, "says", record.detail),
        (3, "who", record.who),
    ]


def _memory(record: Record) -> list[Told]:
    last = record.last
    over, apart = record.sent_over, last.memory_left is not None
    left = last.memory_left if apart else last.left
    sent = last.memory_sent if last.memory_sent is not None else last.sent
    times = f" ({over:.1f}x)" if over is not None and over > 1 else ""
    return [
        (0, "memory left" if apart or not last.disk_total else "left", size(left)),
        (1, "sent", f"{size(sent)}{times}"),
        (2, "rate", f"{size(last.memory_rate if last.memory_rate is not None else last.rate)}/s"),
        (3, "dirty", f"{size(last.dirty_rate)}/s" if last.dirty_rate is not None else UNKNOWN),
        (4, "pass", str(last.iteration) if last.iteration is not None else ""),
        (5, "throttle", f"{last.throttle} %" if last.throttle is not None else ""),
        (6, "waited for", f"{last.post_copy_requests} pages" if last.post_copy_requests else ""),
    ]


def _disk(record: Record) -> list[Told]:
    last = record.last
    return [
        (0, "disk left", size(last.disk_left)),
        (1, "of", size(last.disk_total)),
        (2, "sent", size(last.disk_sent) if last.disk_sent is not None else ""),
        (3, "rate", f"{size(last.disk_rate)}/s" if last.disk_rate is not None else ""),
    ]


def _settings(record: Record) -> list[Told]:
    last = record.last
    limit = last.downtime_limit if last.downtime_limit is not None else record.verdict.limit
    real = record.pause_real
    expected = record.pause_expected
    compression = f"{last.compression * 100:.0f} %" if last.compression is not None else ""
    return [
        (0, "pause", f"{lasting(real)} measured" if real is not None else ""),
        (1, "pause expected", lasting(expected) if expected is not None and real is None else ""),
        (2, "allowed", lasting(limit) if limit is not None else ""),
        (3, "bandwidth limit", f"{size(last.bandwidth_limit)}/s" if last.bandwidth_limit else ""),
        (4, "started with", ", ".join(last.armed) if last.armed else "" if last.armed is None else "no options"),
        (5, "compressed to", compression),
        (6, "ready in", lasting(last.setup) if last.setup is not None else ""),
        (7, "who", record.who),
        (8, "as", record.own),
    ]


# --- charts -----------------------------------------------------------------------------------------------------------


def _charts(record: Record, look: Look, width: int, room: int, large: bool) -> list[Strip]:
    if room < RATES.start or not migration_charts.has_rates(record):
        return []
    share = room * 2 // 3 if large else room // 2 + RATES.start
    both = room >= RATES.start + LEFT.start and migration_charts.has_left(record)
    left = min(LEFT.stop - 1, max(LEFT.start, min(share, room) // 3)) if both else 0
    tall = min(RATES.stop - 1, max(RATES.start, min(share, room) - left))
    drawn = migration_charts.rates(record, look, width, min(tall, room - left))
    return drawn + (migration_charts.left(record, look, width, left) if left else [])


# --- what it means ----------------------------------------------------------------------------------------------------


def _verdict(record: Record, look: Look, width: int) -> list[Strip]:
    verdict, styles = record.verdict, look.styles
    since = f"since {look.clock(verdict.since)}" if verdict.since is not None else ""
    ends = f"ends in {eta(verdict, look.marks.ascii)}" if verdict.eta is not None and record.live else ""
    far = "  ".join(filter(None, (ends, since)))
    head = bars.rule(look, width, f"Verdict: {verdict.call.value}", far)
    said = wrap(verdict.reason, max(1, width - 2)) if verdict.reason else []
    if len(said) > REASON:
        said = [*said[: REASON - 1], said[REASON - 1] + look.marks.ellipsis]
    style = style_of(verdict.call, look)
    drawn = [line([(f" {text}", style if at == 0 else styles.text)], width) for at, text in enumerate(said)]
    return [head, *(drawn or [Strip.blank(width)])]


def _ways(opened: Opened, look: Look, width: int) -> list[Strip]:
    far = (
        "a number shows the call and asks" if width < NATIVE_FROM else "a number asks, shows the native call, then does"
    )
    return [bars.rule(look, width, "Ways out", far), *(_way(way, opened, look, width) for way in opened.ways)]


def _way(way: Way, opened: Opened, look: Look, width: int) -> Strip:
    styles = look.styles
    off = bool(way.refused)
    key: Piece = (f" {opened.cancel if not way.number else way.number} ", styles.quiet if off else styles.key)
    mark: Piece = (f"{look.marks.inapplicable if off else ' '} ", styles.quiet)
    cells = min(24, max(14, width * 2 // 7))
    text: Style = styles.quiet if off else styles.text
    pieces = [key, mark, (f"{fit(way.title, cells, ellipsis=look.marks.ellipsis)} ", text)]
    if width >= NATIVE_FROM and not off:
        native = way.native if width >= 140 else way.native.partition("(")[0]
        pieces.append((f"{fit(native, max(30, width // 4), ellipsis=look.marks.ellipsis)} ", styles.quiet))
    said = way.refused or "; ".join(filter(None, (way.estimate, way.risk)))
    return line([*pieces, (said, text)], width, cut=look.marks.ellipsis)


# --- what happened ----------------------------------------------------------------------------------------------------


def _timeline(record: Record, look: Look, width: int, room: int) -> list[Strip]:
    """The latest of what happened, in its order."""
    if room < 2:
        return []
    steps = record.steps[-(room - 1) :]
    drawn = [
        bars.rule(look, width, "Timeline", f"{len(record.steps)} entries" if len(steps) < len(record.steps) else "")
    ]
    for step in steps:
        style = look.styles.text if step.kind in ("verdict", "state") else look.styles.quiet
        pieces: list[Piece] = [(f" {look.clock(step.at)} ", look.styles.quiet), (f" {step.text}", style)]
        drawn.append(line(pieces, width, cut=look.marks.ellipsis))
    return drawn
