"""What differs between two hosts, section by section. What was not told is never equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from novatui.core.hostprofile import HostProfile, Item, Part, Section


class Verdict(StrEnum):
    """How one thing stands on two hosts."""

    ONLY_LEFT = "only_left"
    ONLY_RIGHT = "only_right"
    DIFFERENT = "different"
    UNKNOWN = "unknown"
    EQUAL = "equal"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing on both hosts."""

    name: str
    verdict: Verdict
    left: Item | None = None
    """None: not there, or not told."""
    right: Item | None = None
    reason: str = ""
    """Of an unknown: why."""


class SectionDiff(msgspec.Struct, frozen=True, kw_only=True):
    """One section of both hosts."""

    section: Section
    left: Part
    right: Part
    entries: tuple[Entry, ...] = ()
    """What is on either host, in the order of the left one; empty when the section cannot be compared."""
    reason: str = ""
    """Why it cannot be compared; empty when it was."""

    def of(self, verdict: Verdict) -> tuple[Entry, ...]:
        """The entries that stand so."""
        return tuple(entry for entry in self.entries if entry.verdict is verdict)

    @property
    def different(self) -> bool:
        """Something of it is known to differ."""
        return any(entry.verdict not in {Verdict.EQUAL, Verdict.UNKNOWN} for entry in self.entries)

    @property
    def unknown(self) -> bool:
        """It, or a part of it, is not known."""
        return bool(self.reason) or any(entry.verdict is Verdict.UNKNOWN for entry in self.entries)

    @property
    def equal(self) -> bool:
        """All of it was told by both hosts, and is the same."""
        return not self.different and not self.unknown


class HostDiff(msgspec.Struct, frozen=True, kw_only=True):
    """Two hosts side by side. Of the same name, they are named with their connections."""

    left: HostProfile
    right: HostProfile
    sections: tuple[SectionDiff, ...]

    @property
    def different(self) -> bool:
        """Something is known to differ."""
        return any(section.different for section in self.sections)

    @property
    def unknown(self) -> bool:
        """Something is not known."""
        return any(section.unknown for section in self.sections)


def _names_of(left: HostProfile, right: HostProfile) -> tuple[str, str]:
    """What two hosts are called beside each other."""
    if left.name != right.name or left.conn == right.conn:
        return left.name, right.name
    return f"{left.name} ({left.conn})", f"{right.name} ({right.conn})"


def diff(left: HostProfile, right: HostProfile) -> HostDiff:
    """Compare everything that both told."""
    named = _names_of(left, right)
    left, right = (msgspec.structs.replace(host, name=name) for host, name in zip((left, right), named, strict=True))
    sections = tuple(_compare(section, left, right) for section in Section)
    return HostDiff(left=left, right=right, sections=sections)


def _compare(section: Section, left: HostProfile, right: HostProfile) -> SectionDiff:
    one, other = left.part(section), right.part(section)
    reason = _why_not(section, left, right)
    entries = () if reason else tuple(_entries(section, left, right))
    return SectionDiff(section=section, left=one, right=other, entries=entries, reason=reason)


def _why_not(section: Section, left: HostProfile, right: HostProfile) -> str:
    """Why a section of two hosts cannot be compared; empty when it can."""
    untold = [host for host in (left, right) if host.part(section).items is None]
    reasons = {host.part(section).reason or "not told" for host in untold}
    if len(untold) == 2 and len(reasons) == 1:
        return f"both hosts: {reasons.pop()}"
    if untold:
        return "; ".join(f"{host.name}: {host.part(section).reason or 'not told'}" for host in untold)
    if section.is_native and left.family is not right.family:
        return f"names of {left.family.value} and {right.family.value} mean different things"
    bases = left.part(section).basis, right.part(section).basis
    if left.family is right.family and bases[0] != bases[1]:
        return f"not the same was asked: {bases[0] or 'not said'} / {bases[1] or 'not said'}"
    return ""


def _entries(section: Section, left: HostProfile, right: HostProfile) -> Iterator[Entry]:
    ours, theirs = (_by_identity(host.part(section)) for host in (left, right))
    for identity in dict.fromkeys((*ours, *theirs)):
        one, other = ours.get(identity), theirs.get(identity)
        name = (one or theirs[identity]).name
        if one is None or other is None:
            yield _one_sided(section, name, one, other, left, right)
        elif one.value is None or other.value is None:
            hosts = ((left, one), (right, other))
            why = [f"{host.name}: {item.reason or 'not told'}" for host, item in hosts if item.value is None]
            yield Entry(name=name, verdict=Verdict.UNKNOWN, left=one, right=other, reason="; ".join(why))
        else:
            verdict = Verdict.EQUAL if one.value == other.value else Verdict.DIFFERENT
            yield Entry(name=name, verdict=verdict, left=one, right=other)


def _one_sided(
    section: Section, name: str, one: Item | None, other: Item | None, left: HostProfile, right: HostProfile
) -> Entry:
    """A thing that one host did not speak of: not there, if it would have been told."""
    silent = right if other is None else left
    part = silent.part(section)
    if section.is_record or part.has_gap:
        reason = f"{silent.name}: {part.reason or 'not told'}"
        return Entry(name=name, verdict=Verdict.UNKNOWN, left=one, right=other, reason=reason)
    return Entry(name=name, verdict=Verdict.ONLY_LEFT if other is None else Verdict.ONLY_RIGHT, left=one, right=other)


def _by_identity(part: Part) -> dict[tuple[str, int], Item]:
    """Items by what makes them the same on any host; of several that are the same, the second one is another."""
    found: dict[tuple[str, int], Item] = {}
    times: Counter[str] = Counter()
    for item in part.items or ():
        identity = item.id or item.name
        found[identity, times[identity]] = item
        times[identity] += 1
    return found
