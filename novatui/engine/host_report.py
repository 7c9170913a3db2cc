"""Two hosts side by side, and what hosts have in common, as Markdown for a change request and as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from novatui.core.capabilities import Evidence
from novatui.core.hostdiff import Entry, HostDiff, SectionDiff, Verdict
from novatui.core.hostmoves import Consequence
from novatui.core.hostprofile import HostProfile, Item
from novatui.core.ids import encode_id
from novatui.engine.facts_report import evidence_line, plain_evidence, timestamp
from novatui.engine.host_words import ANSWERS, both_ways, common, counted, lost, side
from novatui.engine.markdown import escape, table
from novatui.engine.profiles import FamilyBaseline, HostLoss

# --- JSON -------------------------------------------------------------------------------------------------------------


def plain_diff(compared: HostDiff) -> dict[str, Any]:
    """`{"diff": …}`: what is unknown has no value, times are ISO 8601 in UTC."""
    there, back = both_ways(compared)
    return {
        "diff": {
            "left": _plain_host(compared.left),
            "right": _plain_host(compared.right),
            "different": compared.different,
            "unknown": compared.unknown,
            "sections": [plain_section(section) for section in compared.sections],
            "left_to_right": [_plain_consequence(one) for one in there],
            "right_to_left": [_plain_consequence(one) for one in back],
        }
    }


def _plain_host(host: HostProfile) -> dict[str, Any]:
    form = {
        "ref": f"{encode_id(host.conn)}:{host.host}",
        "connection": host.conn,
        "name": host.name,
        "family": host.family.value,
        "product": host.product,
        "at": timestamp(host.at),
        "ms": None if host.ms is None else round(host.ms, 3),
    }
    return _known(form)


def plain_section(section: SectionDiff) -> dict[str, Any]:
    """One section."""
    answer = "different" if section.different else "unknown" if section.unknown else "equal"
    form: dict[str, Any] = {"section": section.section.value, "answer": answer}
    form |= _known({"reason": section.reason})
    form |= {
        "only_left": [_plain_item(entry.left) for entry in section.of(Verdict.ONLY_LEFT)],
        "only_right": [_plain_item(entry.right) for entry in section.of(Verdict.ONLY_RIGHT)],
        "different": [
            {"name": entry.name, "left": side(entry, left=True), "right": side(entry, left=False)}
            for entry in section.of(Verdict.DIFFERENT)
        ],
        "unknown": [{"name": entry.name, "reason": entry.reason} for entry in section.of(Verdict.UNKNOWN)],
        "equal": len(section.of(Verdict.EQUAL)),
        "evidence": {
            "left": [plain_evidence(each) for each in section.left.evidence],
            "right": [plain_evidence(each) for each in section.right.evidence],
        },
    }
    return form


def _plain_item(item: Item | None) -> dict[str, Any]:
    return {} if item is None else _known({"name": item.name, "value": item.value, "beside": item.beside})


def _plain_consequence(one: Consequence) -> dict[str, Any]:
    form = {"section": one.section.value, "answer": one.answer.value, "text": one.text}
    return form | ({"names": list(one.names)} if one.names else {})


def plain_baselines(found: Iterable[FamilyBaseline]) -> dict[str, Any]:
    """`{"baselines": …}`, one for each family."""
    return {"baselines": [_plain_baseline(one) for one in found]}


def _plain_baseline(one: FamilyBaseline) -> dict[str, Any]:
    told = one.baseline
    form: dict[str, Any] = {"family": one.family.value}
    form |= _known(
        {
            "asked": one.asked,
            "model": told.model,
            "vendor": told.vendor,
            "reason": told.reason,
            "basis": told.basis,
            "native": told.native,
            "native_format": told.native_format if told.native else "",
        }
    )
    form |= {} if told.flags is None else {"flags": list(told.flags)}
    form["hosts"] = [
        _known({"ref": str(each.host), "connection": each.host.conn, "name": each.name, "model": each.loss.model})
        | ({"reason": each.loss.reason} if each.loss.flags is None else {"lost": list(each.loss.flags)})
        for each in one.hosts
    ]
    form["evidence"] = [plain_evidence(each) for each in told.evidence]
    return form


def json_text(form: dict[str, Any]) -> str:
    """A file of it."""
    return msgspec.json.format(msgspec.json.encode(form), indent=2).decode() + "\n"


def _known(form: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in form.items() if value is not None and value != ""}


# --- Markdown ---------------------------------------------------------------------------------------------------------

_UNKNOWN = "What is unknown was not asked, or the question failed: that says neither equal nor different."


def markdown_diff(compared: HostDiff, *, wide: bool = False) -> str:
    """A page: the hosts, what the differences mean for moves, the sections with their evidence. `wide`: also what is
    equal."""
    left, right = compared.left, compared.right
    lines = [f"# {escape(left.name)} and {escape(right.name)}", ""]
    rows = (
        (escape(name), escape(one), escape(other))
        for name, one, other in (
            ("connection", left.conn, right.conn),
            ("product", left.product, right.product),
            ("asked", timestamp(left.at) or "not asked", timestamp(right.at) or "not asked"),
        )
    )
    lines += table(["", escape(left.name), escape(right.name)], rows)
    for one, other, told in zip((left, right), (right, left), both_ways(compared), strict=True):
        lines += ["", f"## Machines from {escape(one.name)} to {escape(other.name)}", ""]
        lines += [f"- **{ANSWERS[each.answer]}**: {escape(each.text)}" for each in told]
        lines += [] if told else ["Nothing that was asked stands against it."]
    for section in compared.sections:
        lines += ["", *_section(section, left, right, wide=wide)]
    return "\n".join([*lines, "", _UNKNOWN]) + "\n"


def _section(section: SectionDiff, left: HostProfile, right: HostProfile, *, wide: bool) -> Iterator[str]:
    yield f"## {escape(section.section.words)}: {escape(counted(section, left.name, right.name))}"
    shown = [entry for entry in section.entries if wide or entry.verdict is not Verdict.EQUAL]
    if shown:
        rows = (
            [
                escape(entry.name),
                escape(side(entry, left=True)),
                escape(side(entry, left=False)),
                escape(_VERDICTS[entry.verdict] + (f": {entry.reason}" if entry.reason else "")),
            ]
            for entry in shown
        )
        yield ""
        yield from table(["", escape(left.name), escape(right.name), ""], rows)
    yield ""
    for host, part in ((left, section.left), (right, section.right)):
        yield from (f"- {escape(host.name)}: {escape(evidence_line(each))}" for each in part.evidence)


_VERDICTS = {
    Verdict.ONLY_LEFT: "only left",
    Verdict.ONLY_RIGHT: "only right",
    Verdict.DIFFERENT: "different",
    Verdict.UNKNOWN: "unknown",
    Verdict.EQUAL: "equal",
}


def markdown_baselines(found: Sequence[FamilyBaseline]) -> str:
    """A page: for each family the common processor, what each host loses, how to write it, the evidence."""
    lines = ["# Common processors"]
    for one in found:
        lines += ["", f"## {one.family.value}: {escape(common(one))}", ""]
        rows = (
            [escape(each.name), escape(each.loss.model or "?"), escape(lost(each.loss.flags, each.loss.reason))]
            for each in one.hosts
        )
        lines += table(["host", "its own processor", "with the common one"], rows)
        if one.baseline.native:
            lines += ["", *(f"    {line}" for line in one.baseline.native.splitlines())]
        lines += ["", *(f"- {escape(evidence_line(each))}" for each in one.baseline.evidence)]
    return "\n".join(lines) + "\n"


# --- pages ------------------------------------------------------------------------------------------------------------


def evidence_page(section: SectionDiff, left: HostProfile, right: HostProfile) -> Iterator[str]:
    """How both hosts were asked for a section."""
    yield f"{section.section.words}: {counted(section, left.name, right.name)}"
    for host, part in ((left, section.left), (right, section.right)):
        yield ""
        yield f"{host.name}{f': {part.basis}' if part.basis else ''}"
        if part.reason:
            yield f"  {part.reason}"
        yield from _told(part.evidence)


def _told(evidence: Iterable[Evidence]) -> Iterator[str]:
    told = [f"  {' '.join(evidence_line(each).split())}" for each in evidence]
    yield from told or ("  nothing was asked",)


def entry_page(entry: Entry, left: HostProfile, right: HostProfile) -> Iterator[str]:
    """One thing on both hosts, in full."""
    yield f"{entry.name}: {_VERDICTS[entry.verdict]}"
    for host, item, is_left in ((left, entry.left, True), (right, entry.right, False)):
        yield f"  {host.name}: {side(entry, left=is_left)}"
        if item is not None:
            yield from (f"    {each}" for each in (item.beside, item.reason) if each)
    if entry.reason:
        yield f"  {entry.reason}"


def host_page(host: HostLoss) -> Iterator[str]:
    """What one host loses with the common processor, and how it was asked."""
    model = f" has {host.loss.model}" if host.loss.model else ""
    yield f"{host.name}{model}"
    yield f"  {lost(host.loss.flags, host.loss.reason)}"
    yield ""
    yield from _told(host.loss.evidence)


def baseline_page(one: FamilyBaseline) -> Iterator[str]:
    """What hosts of a family have in common, in full, and how that was asked."""
    told = one.baseline
    yield f"{one.family.value}: {common(one)}"
    if told.flags:
        yield from ("", " ".join(told.flags))
    if told.native:
        yield from ("", told.native.rstrip())
    yield ""
    yield f"asked on {one.asked}" if one.asked else "nobody could be asked"
    yield from _told(told.evidence)
