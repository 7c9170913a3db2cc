"""Makes findings of facts: every rule once, with what its product has against it. Asks nobody itself."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from xml.sax.saxutils import escape

from novatui.core import posture_devices as devices
from novatui.core import posture_network as network
from novatui.core import posture_performance as performance
from novatui.core import posture_remedies as for_performance
from novatui.core import posture_remedies_security as for_security
from novatui.core import posture_security as security
from novatui.core.capabilities import Evidence
from novatui.core.posture import Finding, HostFacts, Level, MachineFacts, Rule, Verdict
from novatui.core.posture_numa import numa
from novatui.core.posture_remedies import Remedy
from novatui.core.posture_rules import RULES
from novatui.core.states import Family

OfMachine = Callable[[MachineFacts, HostFacts], Iterator[Verdict]]
OfHost = Callable[[HostFacts], Iterator[Verdict]]

MACHINE_RULES: Mapping[str, OfMachine] = {
    "console": security.console,
    "console_password": security.console_password,
    "serial": security.serial,
    "confinement": security.confinement,
    "secure_boot": security.secure_boot,
    "tpm": security.tpm,
    "memory_encryption": security.memory_encryption,
    "vlan": network.vlan,
    "nic_filter": network.nic_filter,
    "disk_transport": network.disk_transport,
    "disk_cache": devices.disk_cache,
    "acceleration": performance.acceleration,
    "cpu_mode": performance.cpu_mode,
    "cpu_count": performance.cpu_count,
    "pinning": performance.pinning,
    "numa": numa,
    "huge_pages": performance.huge_pages,
    "ballooning": performance.ballooning,
    "disk_bus": devices.disk_bus,
    "iothreads": devices.iothreads,
    "nic_model": devices.nic_model,
    "multiqueue": devices.multiqueue,
    "nested": performance.nested,
}

HOST_RULES: Mapping[str, OfHost] = {
    "transport": security.transport,
    "security_driver": security.security_driver,
    "moves": security.moves,
    "memory_overcommit": performance.memory_overcommit,
    "cpu_overcommit": performance.cpu_overcommit,
    "page_merging": performance.page_merging,
}

REMEDIES: Mapping[str, Remedy] = for_performance.REMEDIES | for_security.REMEDIES
NOT_OFFERED: Mapping[tuple[str, Family], str] = for_performance.NOT_OFFERED | for_security.NOT_OFFERED

_DASHES = frozenset("'\u2018\u2019\u201a\u201b")
"""What PowerShell takes for a single quote."""


def judge_machine(machine: MachineFacts, host: HostFacts) -> tuple[Finding, ...]:
    """Every finding of a machine on its host."""
    named = {"name": machine.name, "id": machine.native_id or machine.key, "host": host.name}
    found: list[Finding] = []
    for rule in RULES:
        if judge := MACHINE_RULES.get(rule.slug):
            found += _findings(rule, machine.family, named, lambda judge=judge: judge(machine, host))
    return tuple(found)


def judge_host(host: HostFacts) -> tuple[Finding, ...]:
    """Every finding of a host."""
    named = {"name": host.name, "id": host.key, "host": host.name}
    found: list[Finding] = []
    for rule in RULES:
        if judge := HOST_RULES.get(rule.slug):
            found += _findings(rule, host.family, named, lambda judge=judge: judge(host))
    return tuple(found)


def _findings(
    rule: Rule, family: Family, named: Mapping[str, str], judged: Callable[[], Iterable[Verdict]]
) -> Iterator[Finding]:
    why = NOT_OFFERED.get((rule.slug, family))
    if why is not None:
        declared = Evidence(kind="declared", source=f"{family.value}: {why}")
        yield Finding(
            rule=rule.slug, topic=rule.topic, level=Level.NOT_OFFERED, reason=why, evidence=(declared,)
        )  # fmt: skip
        return
    for verdict in judged():
        words, native = _remedy(rule.slug, family, verdict, named)
        yield Finding(
            rule=rule.slug,
            topic=rule.topic,
            level=verdict.level,
            subject=verdict.subject,
            reason=verdict.reason,
            remedy=words,
            native=native,
            evidence=tuple(dict.fromkeys(each for each in verdict.evidence if each is not None)),
        )


def _remedy(slug: str, family: Family, verdict: Verdict, named: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Words and native text; nothing where nothing is wrong, or where nobody knows."""
    if verdict.level not in {Level.RISK, Level.WARNING, Level.ADVICE}:
        return "", ()
    remedy = REMEDIES[f"{slug}/{verdict.remedy}" if verdict.remedy else slug]
    given = {**named, **verdict.given}
    lines = remedy.native.get(family, "").splitlines()
    return remedy.words.format_map(given), tuple(_filled(line, given, family) for line in lines)


def _filled(line: str, given: Mapping[str, str], family: Family) -> str:
    """One line of a native text: a command with its arguments quoted, or XML with its texts escaped.

    A name is whatever somebody called the machine: pasted into a shell it must stay one argument.
    """
    quote = _in_xml if line.lstrip().startswith("<") else _in_powershell if family is Family.HYPERV else shlex.quote
    return line.format_map({name: quote(value) for name, value in given.items()})


def _in_xml(text: str) -> str:
    return escape(text, {"'": "&apos;", '"': "&quot;"})


def _in_powershell(text: str) -> str:
    if text.replace("-", "").replace("_", "").replace(".", "").isalnum() and text.isascii() and text[:1] != "-":
        return text
    return "'" + "".join(char * 2 if char in _DASHES else char for char in text) + "'"
