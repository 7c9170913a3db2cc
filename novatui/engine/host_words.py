"""Two hosts side by side in words: what stands on which side, how much, and what one has to know before a move."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from novatui.core.capabilities import Answer
from novatui.core.hostdiff import Entry, HostDiff, SectionDiff, Verdict, diff
from novatui.core.hostmoves import Consequence, consequences
from novatui.core.hostprofile import Item
from novatui.engine.profiles import FamilyBaseline

NOT_THERE = "not there"
NOT_TOLD = "not told"

ANSWERS = {Answer.NO: "no", Answer.PARTLY: "mind", Answer.UNKNOWN: "unknown"}
"""What a consequence comes to, as people read it."""


def counted(section: SectionDiff, left: str, right: str) -> str:
    """What came of a section: `2 differ, 1 only on kvm-03, 1 unknown, 14 equal`; of one that was not compared: why."""
    if section.reason:
        return f"not compared: {section.reason}"
    words = (
        (Verdict.DIFFERENT, "{} differ" if len(section.of(Verdict.DIFFERENT)) != 1 else "{} differs"),
        (Verdict.ONLY_LEFT, f"{{}} only on {left}"),
        (Verdict.ONLY_RIGHT, f"{{}} only on {right}"),
        (Verdict.UNKNOWN, "{} unknown"),
        (Verdict.EQUAL, "{} equal"),
    )
    told = [said.format(number) for verdict, said in words if (number := len(section.of(verdict)))]
    return ", ".join(told) or "neither has any"


def side(entry: Entry, *, left: bool) -> str:
    """What a thing is like on one host."""
    item = entry.left if left else entry.right
    if item is None:
        return NOT_TOLD if entry.verdict is Verdict.UNKNOWN else NOT_THERE
    return value_of(item)


def value_of(item: Item) -> str:
    """What there is to say of a thing on its host."""
    return NOT_TOLD if item.value is None else item.value or "there"


def both_ways(compared: HostDiff) -> tuple[tuple[Consequence, ...], tuple[Consequence, ...]]:
    """What is to be known before machines go from left to right, and from right to left."""
    return consequences(compared), consequences(diff(compared.right, compared.left))


def diff_lines(compared: HostDiff, *, wide: bool, width: int) -> Iterator[str]:
    """Two hosts for a terminal of so many cells: what differs; with `wide` also what is equal."""
    left, right = compared.left, compared.right
    for host in (left, right):
        yield "  ".join(filter(None, (host.name, host.family.value, host.product)))
    for section in compared.sections:
        yield ""
        yield from _folded(f"{section.section.words}: {counted(section, left.name, right.name)}", width, 0)
        yield from _section_lines(section, left.name, right.name, wide=wide, width=width)
    for one, other, told in zip((left, right), (right, left), both_ways(compared), strict=True):
        yield ""
        yield f"machines from {one.name} to {other.name}:"
        if not told:
            yield "  nothing that was asked stands against it"
        for consequence in told:
            yield from _folded(f"{ANSWERS[consequence.answer]:7}  {consequence.text}", width, 2, 9)


def _section_lines(section: SectionDiff, left: str, right: str, *, wide: bool, width: int) -> Iterator[str]:
    """Names that stand alone are told in one row, others each with its two sides."""
    for verdict, host in ((Verdict.ONLY_LEFT, left), (Verdict.ONLY_RIGHT, right)):
        bare, told = _parted(section.of(verdict))
        if bare:
            yield from _folded(f"only on {host}: {', '.join(bare)}", width, 2)
        for entry in told:
            yield from _folded(
                f"only on {host}: {entry.name}: {side(entry, left=verdict is Verdict.ONLY_LEFT)}", width, 2
            )
    for entry in section.of(Verdict.DIFFERENT):
        yield from _folded(f"{entry.name}: {side(entry, left=True)} | {side(entry, left=False)}", width, 2)
    for entry in section.of(Verdict.UNKNOWN):
        yield from _folded(f"? {entry.name}: {entry.reason}", width, 2)
    if wide:
        bare, told = _parted(section.of(Verdict.EQUAL))
        if bare:
            yield from _folded(f"equal: {', '.join(bare)}", width, 2)
        for entry in told:
            yield from _folded(f"equal: {entry.name}: {side(entry, left=True)}", width, 2)


def _parted(entries: Iterable[Entry]) -> tuple[list[str], list[Entry]]:
    """Names of things that are no more than their name, and the other things."""
    listed = list(entries)
    bare = [entry.name for entry in listed if (item := entry.left or entry.right) is not None and item.value == ""]
    return bare, [entry for entry in listed if entry.name not in bare]


def _folded(text: str, width: int, indent: int, hanging: int = 2) -> list[str]:
    """A line, broken between words where it is too long."""
    return wrap(
        text, max(20, width), initial_indent=" " * indent, subsequent_indent=" " * (indent + hanging),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def baseline_lines(found: Sequence[FamilyBaseline], *, width: int) -> Iterator[str]:
    """What hosts have in common, for a terminal."""
    for number, one in enumerate(found):
        if number:
            yield ""
        yield from _folded(f"{one.family.value}: {common(one)}", width, 0)
        for host in one.hosts:
            model = f" ({host.loss.model})" if host.loss.model else ""
            yield from _folded(f"{host.name}{model}: {lost(host.loss.flags, host.loss.reason)}", width, 2)
        if one.baseline.native:
            yield ""
            yield from (f"  {line}" for line in one.baseline.native.splitlines())


def common(one: FamilyBaseline) -> str:
    """The common processor in a line."""
    told = one.baseline
    if not told.model:
        return f"no common processor: {told.reason}"
    plural = "s" if told.flags is None or len(told.flags) != 1 else ""
    flags = (
        f", {len(told.flags)} flag{plural}" if told.flags is not None else f", its flags are not known: {told.reason}"
    )
    vendor = f" ({told.vendor})" if told.vendor else ""
    return f"{told.model}{vendor}{flags}"


def lost(flags: Sequence[str] | None, reason: str) -> str:
    """What a host loses, in words."""
    if flags is None:
        return f"not known: {reason}"
    return f"loses {len(flags)}: {', '.join(flags)}" if flags else "loses nothing"
