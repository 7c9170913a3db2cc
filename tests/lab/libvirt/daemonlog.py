"""What a plan says and what the daemon's log says it was asked to do, in one form, so that they can be compared.

The log is the daemon's (`log_filters = 1:libvirt`): it does not know novatui.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from novatui.core.operations import NativeCall, Plan
from tests.lab.libvirt.apilog import READING
from tests.lab.libvirt.daemon import ApiCall, LibvirtHost

_UUID = re.compile(r"\(VM: name=.*?, uuid=([0-9a-f-]{36})\)")


def said(calls: Iterable[NativeCall]) -> list[tuple[str, str, str]]:
    """Of each call: its name, its flags, and the text that the log repeats."""
    return [(call.verb, _flags(call.args.get("flags")), str(call.args.get("xmlDesc", ""))) for call in calls]


def logged(calls: Iterable[ApiCall], names: Iterable[str]) -> list[tuple[str, str, str]]:
    """The same of what the daemon logged, for these functions only."""
    wanted = set(names)
    return [
        (call.function, _value(call.arguments, "flags"), _value(call.arguments, "xmlDesc"))
        for call in calls
        if call.function in wanted
    ]


def changes(calls: Iterable[ApiCall]) -> list[str]:
    """Names of logged functions that may have changed something: all that are not plainly reading."""
    return [call.function for call in calls if not READING.fullmatch(call.function)]


def machines(calls: Iterable[ApiCall]) -> set[str]:
    """uuids of the machines that logged calls worked on."""
    return {found for call in calls for found in _UUID.findall(call.arguments)}


@contextmanager
def recorded(host: LibvirtHost) -> Iterator[list[ApiCall]]:
    """What the daemon logs inside the block; filled in at its end."""
    before, found = len(host.api_calls()), []
    yield found
    found += host.api_calls()[before:]


def carry_out(driver: Any, plan: Plan) -> None:
    """Make the calls of a plan, one after the other, as the worker does."""
    answers: dict[str, Any] = {}
    for call in plan.calls:
        resolved = {
            name: answers[value.call][value.path] if hasattr(value, "call") else value
            for name, value in call.args.items()
        }
        made = NativeCall(id=call.id, connection=call.connection, verb=call.verb, args=resolved, long=call.long)
        answers[call.id] = driver.invoke(made, {})


def _flags(value: object) -> str:
    return "" if value is None else hex(int(str(value)))


def _value(arguments: str, name: str) -> str:
    match = re.search(rf"\b{name}=(.*?)(?:, flags=|$)", arguments)
    return match.group(1) if match else ""
