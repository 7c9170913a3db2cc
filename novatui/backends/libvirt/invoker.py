"""Making the native calls of a change: each by its own name, exactly once, on a connection of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from novatui.backends.libvirt.changelinks import ChangeLinks
from novatui.backends.libvirt.cpuset import cpu_map
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.nativecalls import Native, native
from novatui.core.errors import OutcomeUnknown, Unreachable
from novatui.core.operations import Argument, NativeCall, SecretName


class Invocations:
    """Sends native calls."""

    def __init__(self, links: ChangeLinks) -> None:
        self._links = links

    def invoke(self, call: NativeCall, secrets: Mapping[str, str]) -> dict[str, Argument]:
        """Make this call and wait for its end. OutcomeUnknown when the connection broke after it had been sent."""
        arguments = {name: _filled(value, secrets) for name, value in call.args.items()}
        made = native(call.verb, arguments)
        with self._links.lend() as link:
            owner, objects = made.owner.find(link, arguments)
            method = getattr(owner, made.method)
            given = [_given(link, name, arguments[name]) for name in made.parameters]
            return _send(link, call.verb, made, method, [*objects, *given])


def _filled(value: Argument, secrets: Mapping[str, str]) -> Argument:
    return secrets[value.name] if isinstance(value, SecretName) else value


def _given(link: Link, name: str, value: Argument) -> Any:
    """Python's form of an argument: it takes a set of processors as one truth value for each of the host's."""
    if name == "cpumap":
        return cpu_map(str(value), link.call(link.conn.getCPUMap)[0])
    return value


def _send(link: Link, verb: str, made: Native, method: Any, given: list[Any]) -> dict[str, Argument]:
    try:
        return made.answer(link, link.call(method, *given))
    except Unreachable as error:
        lost = error.failure
        raise OutcomeUnknown(
            f"the connection broke while {verb} was under way",
            meaning="it may or may not have been done",
            hint="look at the object before you try again",
            code=lost.code,
            native=lost.native,
        ) from None
