"""Making the native calls of a change: each by its own name, exactly once, on a connection of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from novatui.backends.libvirt.changelinks import ChangeLinks
from novatui.backends.libvirt.cpuset import cpu_map
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.nativecalls import native
from novatui.core.operations import Argument, NativeCall, SecretName


class Invocations:
    """Sends native calls."""

    def __init__(self, links: ChangeLinks) -> None:
        self._links = links

    def invoke(self, call: NativeCall, secrets: Mapping[str, str]) -> dict[str, Argument]:
        """Make this call and wait for its end.

        Looking up what it works on comes first and only reads: nothing was sent when that fails.
        """
        arguments = {name: _filled(value, secrets) for name, value in call.args.items()}
        made = native(call.verb, arguments)
        with self._links.lend() as link:
            owner, objects = made.owner.find(link, arguments)
            given = [_given(link, name, arguments[name]) for name in made.parameters]
            return made.answer(link, link.call(getattr(owner, made.method), *objects, *given))


def _filled(value: Argument, secrets: Mapping[str, str]) -> Argument:
    return secrets[value.name] if isinstance(value, SecretName) else value


def _given(link: Link, name: str, value: Argument) -> Any:
    """Python's form of an argument: it takes a set of processors as one truth value for each of the host's."""
    if name == "cpumap":
        return cpu_map(str(value), link.call(link.conn.getCPUMap)[0])
    return value
