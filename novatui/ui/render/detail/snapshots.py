"""The snapshots of a machine, and in full the one under the cursor: what going back loses, and what deleting costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from rich.style import Style

from novatui.actions.guard import Code
from novatui.actions.proposal import Aim
from novatui.actions.snapshots import OLD
from novatui.core import units
from novatui.core.errors import Failure
from novatui.core.snapshots import Snapshot
from novatui.core.specdiff import Difference
from novatui.ui.render.cells import Piece
from novatui.ui.render.detail import words
from novatui.ui.render.detail.sheet import Field, Item, Section, Text
from novatui.ui.render.detail.things import snapshot_kinds
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN

DAY = 86400.0

SHOWN = 3
"""Settings that are told one by one beside the tree."""


class Prospect(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one snapshot; a part that is None is not known, or not known yet."""

    asking: bool = False
    """Answers are awaited."""
    revert: Aim | None = None
    delete: Aim | None = None
    changed: tuple[Difference, ...] | None = None
    """Settings of the machine that are otherwise now."""
    untold: Failure | None = None
    """Why nobody tells what was otherwise."""
    asked_at: float = 0.0
    """Local monotonic time."""


UNASKED = Prospect()


def heading(found: Sequence[Snapshot], look: Look) -> list[Piece]:
    """How many there are, how deep they go, what they take, and how old the oldest is."""
    styles = look.styles
    if not found:
        return []
    sizes = [one.size for one in found if one.size is not None]
    more = f" and {len(found) - len(sizes)} {UNKNOWN}" if sizes and len(sizes) < len(found) else ""
    many = f"{len(found)} snapshot{'' if len(found) == 1 else 's'}"
    size = f"{words.size(sum(sizes))}{more}" if sizes else f"size {UNKNOWN}"
    pieces: list[Piece] = [(f" {many}  depth {depth(found)}  {size}  oldest ", styles.quiet)]
    made = [one.created for one in found if one.created is not None]
    age = look.epoch() - min(made) if made else None
    old = age is not None and age >= OLD
    said = f"{units.span(age)} {look.marks.alarm} " if old else f"{units.span(age)} "
    return [*pieces, (said, styles.warning if old else styles.quiet)]


def depth(found: Sequence[Snapshot]) -> int:
    """Snapshots on the longest way from a root; what grew from one that is not told counts as a root."""
    by_id = {one.id: one for one in found}
    longest = 0
    for one in found:
        passed = {one.id}
        at = one
        while at.parent in by_id and at.parent not in passed:
            at = by_id[at.parent]
            passed.add(at.id)
        longest = max(longest, len(passed))
    return longest


def growth(one: Snapshot, look: Look) -> str:
    """Bytes a day that are written on top of it; `?` where nobody tells.

    What is written after a snapshot with files of its own goes into these files, until the next one is taken: their
    size by their age. Of others nobody tells what of their size was written after they were taken.
    """
    if one.external is not True or one.memory is True or one.size is None or one.created is None:
        return UNKNOWN
    if not one.current:
        return "none, written no more"
    age = look.epoch() - one.created
    if age < DAY:
        return f"{words.size(one.size)} in {units.span(age)}"
    return f"{words.size(one.size / age * DAY)} a day"


def in_full(
    one: Snapshot, others: Sequence[Snapshot], prospect: Prospect, look: Look, *, acts: bool, all_of_it: bool
) -> Iterator[Section]:
    """Everything about one snapshot. `acts`: the console may ask what changes would do; `all_of_it`: there is room."""
    about, more = _facts(one, others, look)
    items = [*about, *_consequences(prospect, look, acts=acts)]
    yield Section(title=one.name or UNKNOWN, far="asking" if prospect.asking else "", items=items)
    yield Section(
        title=f"Diff {one.name or UNKNOWN} {look.marks.to} now",
        items=list(_changes(one, prospect, look, whole=all_of_it)),
    )
    yield Section(title="More", items=more)


def _facts(one: Snapshot, others: Sequence[Snapshot], look: Look) -> tuple[list[Item], list[Item]]:
    """What matters before one decides, and the rest."""
    names = {each.id: each.name for each in others}
    children = [each.name for each in others if each.parent == one.id]
    kept = {True: "files of its own", False: "inside the disk's file", None: UNKNOWN}[one.external]
    about: list[Item] = [
        Field("created", words.ago(one.created, look)),
        Field("kind", snapshot_kinds(one)),
        Field("parent", "none, a root" if one.parent is None else names.get(one.parent, one.parent)),
        Field("children", f"{len(children)}: {', '.join(children)}" if children else "0"),
        Field("size", words.size(one.size)),
        Field("growth", growth(one, look)),
    ]
    more: list[Item] = [
        Field("kept in", kept),
        Field("state then", words.told(one.native_state)),
        Field("native", one.id),
    ]
    if one.description:
        more.append(Field("notes", one.description))
    return about, more


def _consequences(prospect: Prospect, look: Look, *, acts: bool) -> Iterator[Item]:
    """What reverting and deleting would do now, and what is in their way."""
    styles = look.styles
    if not acts:
        yield Text("what it loses and costs is not asked: this console only looks", styles.quiet)
        return
    blocked: list[tuple[str, Style]] = []
    for name, aim in (("revert", prospect.revert), ("delete", prospect.delete)):
        yield Field(name, *_consequence(aim, look, waiting=prospect.asking), alone=True)
        blocked += [(f"{name}: {reason}", styles.bad) for reason in _reasons(aim)]
    if blocked:
        yield from (Field("blocked", reason, style, alone=True) for reason, style in blocked)
    elif prospect.revert is None or prospect.delete is None:
        yield Field("blocked", UNKNOWN, alone=True)
    else:
        yield Field("blocked", "nothing", styles.good, alone=True)


def _consequence(aim: Aim | None, look: Look, *, waiting: bool) -> tuple[str, Style | None]:
    styles = look.styles
    if aim is None:
        return (look.marks.ellipsis if waiting else UNKNOWN), styles.quiet
    if aim.plan is None:
        lacks = aim.failure is not None and aim.failure.subject == Code.OFFERED.value
        return look.marks.lacking if lacks else "not possible now", styles.quiet
    plan = aim.plan
    losses = [f"loses {'; '.join(plan.losses)}"] if plan.losses else []
    said = _sentences([*losses, *plan.costs, *plan.warnings]) or "nothing is told of losses or costs"
    return said, styles.warning if plan.losses else None


def _reasons(aim: Aim | None) -> Iterator[str]:
    """Why it cannot be done, and the way on."""
    if aim is None:
        return
    if aim.failure is not None:
        yield _sentences([str(aim.failure), aim.failure.meaning, aim.failure.hint])
    elif aim.refused is not None:
        yield str(aim.refused)


def _sentences(parts: Sequence[str]) -> str:
    """Those that say something, one behind the other."""
    told = list(dict.fromkeys(part for part in parts if part))
    return ". ".join([*told[:1], *(part[:1].upper() + part[1:] for part in told[1:])])


def _changes(one: Snapshot, prospect: Prospect, look: Look, *, whole: bool) -> Iterator[Item]:
    """What of the machine is otherwise now, and how much was written since."""
    changed = prospect.changed
    if changed is None:
        said = str(prospect.untold) if prospect.untold else look.marks.ellipsis if prospect.asking else UNKNOWN
        yield Field("config", said, look.styles.quiet)
    elif not changed:
        yield Field("config", "no change")
    else:
        shown = changed if whole else changed[:SHOWN]
        many = f"{len(changed)} settings are" if len(changed) > 1 else "1 setting is"
        rest = f", {len(changed) - len(shown)} more of them in full" if len(shown) < len(changed) else ""
        yield Field("config", f"{many} otherwise now{rest}")
        for each in shown:
            yield Text(f"{each.field}: {each.before or 'none'} {look.marks.to} {each.after or 'none'}")
    yield Field("data", _written(one))


def _written(one: Snapshot) -> str:
    """Told only where what was written since has files of its own."""
    known = one.external is True and one.memory is not True and one.current and one.size is not None
    return f"{words.size(one.size)} written since" if known else UNKNOWN
