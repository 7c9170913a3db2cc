"""What the differences of two hosts mean for machines that are moved from one to the other. Facts, no verdict."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from novatui.core.capabilities import Answer
from novatui.core.hostdiff import Entry, HostDiff, SectionDiff, Verdict
from novatui.core.hostprofile import GUEST_CPUS, HOST_FIRMWARE, MEMORY, VENDOR, Section

NAMED = 6
"""Names that are written out; the others are counted."""

_VERSION = re.compile(r"\d+(?:\.\d+)+")


class Consequence(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to know before machines go from the left host to the right one."""

    section: Section
    answer: Answer
    """no: something that machines there may need is not here to be had. partly: it is another. unknown: it was not
    told."""
    text: str
    names: tuple[str, ...] = ()
    """All that it is about, in full."""


def consequences(compared: HostDiff) -> tuple[Consequence, ...]:
    """For the way from the left host to the right one; for the way back, compare them the other way round."""
    left, right = compared.left, compared.right
    if left.family is not right.family:
        text = f"no machine moves from {left.family.value} to {right.family.value}: it is exported and made anew there"
        return (Consequence(section=Section.VERSIONS, answer=Answer.NO, text=text),)
    told = [told for section in compared.sections if not section.reason for told in _of(section, right.name)]
    return (*told, *_not_compared([section for section in compared.sections if section.reason]))


def _of(section: SectionDiff, there: str) -> Iterator[Consequence]:
    yield from _READERS[section.section](section, there)
    unknown = [entry for entry in section.of(Verdict.UNKNOWN) if entry.right is None or entry.right.value is None]
    if unknown and not section.section.is_record:
        names = tuple(entry.name for entry in unknown)
        yield Consequence(
            section=section.section,
            answer=Answer.UNKNOWN,
            text=f"it is not known whether {there} has {several(names)}: {unknown[0].reason}",
            names=names,
        )


def _not_compared(sections: Sequence[SectionDiff]) -> Iterator[Consequence]:
    """Sections of which nothing follows; why is told where they stand."""
    if sections:
        text = f"nothing is known of: {', '.join(section.section.words for section in sections)}"
        yield Consequence(section=sections[0].section, answer=Answer.UNKNOWN, text=text)


def several(names: Iterable[str]) -> str:
    """Names in a row, the first of them written out."""
    listed = list(names)
    rest = len(listed) - NAMED
    return ", ".join(listed[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _only_here(
    section: SectionDiff, answer: Answer, sentence: Callable[[str, str], str], there: str
) -> Iterator[Consequence]:
    names = tuple(entry.name for entry in section.of(Verdict.ONLY_LEFT))
    if names:
        text = sentence(several(names), there)
        yield Consequence(section=section.section, answer=answer, text=text, names=names)


def _flags(section: SectionDiff, there: str) -> Iterator[Consequence]:
    missing = len(section.of(Verdict.ONLY_LEFT))
    yield from _only_here(
        section,
        Answer.NO,
        lambda names, there: (
            f"live: a guest that was given {names} cannot go, {there} lacks {'it' if missing == 1 else 'them'}"
        ),
        there,
    )


def _cpu(section: SectionDiff, there: str) -> Iterator[Consequence]:
    for entry in _named(section, VENDOR):
        text = (
            f"live: {_left(entry)} here, {_right(entry)} on {there}: a guest keeps the processor that it started with"
        )
        yield Consequence(section=section.section, answer=Answer.NO, text=text)


def _machines(section: SectionDiff, there: str) -> Iterator[Consequence]:
    yield from _only_here(
        section, Answer.NO, lambda names, there: f"machines of type {names} do not run on {there}", there
    )


def _firmware(section: SectionDiff, there: str) -> Iterator[Consequence]:
    yield from _only_here(
        section, Answer.NO, lambda names, there: f"machines that start by {names} do not start on {there}", there
    )


def _versions(section: SectionDiff, there: str) -> Iterator[Consequence]:
    for entry in section.of(Verdict.DIFFERENT):
        ours, theirs = _numbers(_left(entry)), _numbers(_right(entry))
        if entry.name != HOST_FIRMWARE and ours and theirs and theirs < ours:
            text = f"{entry.name} is older on {there} ({_right(entry)}, here {_left(entry)}): no move to it is promised"
            yield Consequence(section=section.section, answer=Answer.PARTLY, text=text, names=(entry.name,))


def _plugs(noun: str) -> Callable[[SectionDiff, str], Iterator[Consequence]]:
    def read(section: SectionDiff, there: str) -> Iterator[Consequence]:
        yield from _only_here(
            section,
            Answer.NO,
            lambda names, there: f"machines that use {noun} {names} do not find it on {there}",
            there,
        )
        for entry in section.of(Verdict.DIFFERENT):
            text = f"{noun} {entry.name} is {_right(entry)} on {there}, here {_left(entry)}"
            yield Consequence(section=section.section, answer=Answer.PARTLY, text=text, names=(entry.name,))

    return read


def _devices(section: SectionDiff, there: str) -> Iterator[Consequence]:
    yield from _only_here(
        section, Answer.NO, lambda names, there: f"machines that hold {names} find none on {there}", there
    )
    fewer = [entry for entry in section.of(Verdict.DIFFERENT) if _less(entry)]
    if fewer:
        names = tuple(entry.name for entry in fewer)
        text = f"there are fewer on {there}: {several(names)}"
        yield Consequence(section=section.section, answer=Answer.PARTLY, text=text, names=names)


def _limits(section: SectionDiff, there: str) -> Iterator[Consequence]:
    for name, sentence in _SMALLER.items():
        for entry in _named(section, name):
            if _less(entry):
                text = sentence.format(most=_right(entry), there=there, here=_left(entry))
                yield Consequence(section=section.section, answer=Answer.PARTLY, text=text, names=(name,))


_SMALLER = {
    GUEST_CPUS: "machines of more than {most} vCPUs do not start on {there}",
    MEMORY: "{there} has {most} of memory, here are {here}",
}

_READERS: Mapping[Section, Callable[[SectionDiff, str], Iterator[Consequence]]] = {
    Section.CPU: _cpu,
    Section.FLAGS: _flags,
    Section.MACHINES: _machines,
    Section.FIRMWARE: _firmware,
    Section.VERSIONS: _versions,
    Section.DEVICES: _devices,
    Section.NETWORKS: _plugs("network"),
    Section.BRIDGES: _plugs("bridge"),
    Section.STORAGE: _plugs("store"),
    Section.LIMITS: _limits,
}


def _named(section: SectionDiff, name: str) -> list[Entry]:
    return [entry for entry in section.of(Verdict.DIFFERENT) if entry.name == name]


def _left(entry: Entry) -> str:
    return (entry.left.value if entry.left is not None else "") or entry.name


def _right(entry: Entry) -> str:
    return (entry.right.value if entry.right is not None else "") or entry.name


def _less(entry: Entry) -> bool:
    ours = entry.left.amount if entry.left is not None else None
    theirs = entry.right.amount if entry.right is not None else None
    return ours is not None and theirs is not None and theirs < ours


def _numbers(text: str) -> tuple[int, ...]:
    """The first version in a text, as numbers."""
    found = _VERSION.search(text)
    return tuple(int(part[:9]) for part in found.group().split(".")) if found else ()
