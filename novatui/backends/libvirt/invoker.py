"""Making the native calls of a change: each by its own name, exactly once, on a connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

from novatui.backends.libvirt.changelinks import ChangeLinks
from novatui.backends.libvirt.follower import Follower
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.movecalls import told
from novatui.backends.libvirt.moveway import flag_number, typed_parameters
from novatui.backends.libvirt.nativecalls import Native, native
from novatui.core.cpuset import cpu_map
from novatui.core.operations import Argument, NativeCall, SecretName


class Invocations:
    """Sends native calls."""

    def __init__(self, links: ChangeLinks, follower: Follower, reach: Callable[[str], Link]) -> None:
        """`reach` opens a connection to another host, for the one call that takes two."""
        self._links = links
        self._follower = follower
        self._reach = reach

    def invoke(self, call: NativeCall, secrets: Mapping[str, str]) -> dict[str, Argument]:
        """Make this call and wait for its end.

        Looking up what it works on comes first and only reads: nothing was sent when that fails.
        """
        arguments = {name: _filled(value, secrets) for name, value in call.args.items()}
        made = native(call.verb, arguments)
        with self._links.lend() as link, self._far(made, arguments) as far:
            owner, objects = made.owner.find(link, arguments)
            given = [far if name == "dconn" else _given(link, made, name, arguments) for name in made.parameters]
            with told(self._follower, call.verb, arguments):
                return made.answer(link, link.call(getattr(owner, made.method), *objects, *given))

    @contextmanager
    def _far(self, made: Native, arguments: Mapping[str, Argument]) -> Generator[Any]:
        """The connection to the other host, where a call takes one."""
        if "dconn" not in made.parameters:
            yield None
            return
        link = self._reach(str(arguments["dconn"]))
        try:
            yield link.conn
        finally:
            link.close()


def _filled(value: Argument, secrets: Mapping[str, str]) -> Argument:
    return secrets[value.name] if isinstance(value, SecretName) else value


def _given(link: Link, made: Native, name: str, arguments: Mapping[str, Argument]) -> Any:
    """Python's form of an argument: a set of processors is one truth value for each of the host's, named flags are a
    number, typed parameters a dict."""
    if name == "params":
        return typed_parameters((each, value) for each, value in arguments.items() if each in made.typed)
    value = arguments[name]
    if name == "cpumap":
        return cpu_map(str(value), link.call(link.conn.getCPUMap)[0])
    if name == "flags" and isinstance(value, str):
        return flag_number(value)
    return value
