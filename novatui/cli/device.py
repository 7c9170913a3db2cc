"""`novatui device`: what hosts have to give to machines, and giving and taking it."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from novatui.cli import exits
from novatui.cli.changing import change
from novatui.cli.complaint import complain, complain_of
from novatui.cli.edit import applied, worded
from novatui.cli.exits import UsageError
from novatui.cli.forms import plain
from novatui.cli.objects import resolve
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.streams import say_json, say_table
from novatui.core.devices import Device
from novatui.core.errors import NovaError
from novatui.core.ids import split_key
from novatui.core.states import Kind
from novatui.core.verbs import VERBS
from novatui.engine.fleet import Fleet

TITLES = ["HOST", "ID", "CLASS", "ADDRESS", "DRIVER", "IOMMU", "NUMA", "HOLDER", "DEVICE"]

UNKNOWN = "?"


def device(options: Namespace) -> int:
    """List the devices of a host or of all hosts, or change something about one."""
    if options.action == "ls":
        if len(options.words) > 1:
            raise UsageError("`device ls` takes one host at most", "without one: all hosts")
        return asyncio.run(_ls(prepare(options)))
    verb = VERBS[f"device.{options.action}"]
    if not options.words:
        raise UsageError(f"{verb.title}: of which object?", "see `novatui device --help`")
    named, *words = options.words
    return change(options, verb.name, [named], worded(verb, words) | applied(options))


async def _ls(session: Session) -> int:
    options = session.options
    async with opened(session) as fleet:
        code = report(fleet)
        try:
            hosts = _hosts(fleet, options.words)
        except exits.NotThere as error:
            complain(str(error), error.hint)
            return exits.worst([exits.FAILED, code])
        rows: list[list[str]] = []
        forms: list[dict[str, Any]] = []
        for host in hosts:
            try:
                devices = await _devices(fleet, host)
            except NovaError as error:
                complain_of(error.failure, fleet.inventory.name(host))
                code = exits.worst([code, exits.FAILED])
                continue
            rows += [_cells(fleet, host, one) for one in devices]
            forms += [{"host": str(fleet.inventory.ref(host)), **plain(one)} for one in devices]
        if options.json:
            say_json({"devices": forms})
        else:
            say_table(TITLES, rows)
        return code


def _hosts(fleet: Fleet, words: list[str]) -> list[int]:
    if not words:
        return list(fleet.inventory.slots(Kind.HOST))
    host = resolve(fleet, words[0])
    if fleet.inventory.kind(host) is not Kind.HOST:
        raise UsageError(f"`{words[0]}` is no host", "novatui ls --kind host")
    return [host]


async def _devices(fleet: Fleet, host: int) -> list[Device]:
    detail = await fleet.detail(fleet.inventory.ref(host), ("devices",))
    for one in detail.failures:
        complain_of(one.failure, f"{fleet.inventory.name(host)}: {one.part}")
    return list(detail.devices or ())


def _cells(fleet: Fleet, host: int, one: Device) -> list[str]:
    return [
        fleet.inventory.name(host),
        one.id,
        one.device_class,
        one.address,
        one.driver,
        UNKNOWN if one.iommu_group is None else str(one.iommu_group),
        UNKNOWN if one.numa_node is None else str(one.numa_node),
        _holder(fleet, host, one.holder),
        " ".join(_words(one)),
    ]


def _words(one: Device) -> Iterator[str]:
    yield from (word for word in (one.vendor, one.product or one.name) if word)
    if one.functions_max is not None:
        yield f"({UNKNOWN if one.functions is None else one.functions} of {one.functions_max} functions)"
    for each in one.mdev_types:
        yield f"[{each.id}: {UNKNOWN if each.available is None else each.available} free]"


def _holder(fleet: Fleet, host: int, holder: str) -> str:
    """Name of the machine that has it."""
    if not holder:
        return ""
    slot = fleet.inventory.slot(fleet.inventory.conn(host), holder)
    return split_key(holder)[1] if slot is None else fleet.inventory.name(slot)
