"""What calls of a run mean to the follower: a migration of ours that begins and ends, levers that were moved."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from novatui.backends.libvirt.follower import Follower
from novatui.backends.libvirt.moveway import armed_by, flag_names
from novatui.core.errors import NovaError
from novatui.core.operations import Argument

_MIGRATES = {"virDomainMigrateToURI3": "dconnuri", "virDomainMigrate3": "dconn"}
"""The calls that move a machine, and which of their arguments is the destination's address."""

_LEVERS: dict[str, dict[str, bool]] = {
    "virDomainMigrateSetMaxSpeed": {},
    "virDomainMigrateSetMaxDowntime": {},
    "virDomainMigrateStartPostCopy": {"post_copy": True},
    "virDomainSuspend": {"paused": True},
    "virDomainAbortJob": {"cancelled": True},
}


@contextmanager
def told(follower: Follower, verb: str, arguments: Mapping[str, Argument]) -> Generator[None]:
    """While the body makes this call."""
    uuid = str(arguments.get("dom", ""))
    flags = flag_names(str(arguments.get("flags", ""))) if verb in _MIGRATES else []
    if "VIR_MIGRATE_LIVE" in flags:
        follower.lead(uuid, armed_by(flags), _host_in(str(arguments[_MIGRATES[verb]])))
        try:
            yield
        except NovaError as error:
            follower.led(uuid, error)
            raise
        follower.led(uuid, None)
        return
    yield
    if verb in _LEVERS:
        follower.asked(uuid, **_LEVERS[verb])


def _host_in(uri: str) -> str:
    """The destination's name in an address; empty when it names none, as that of a socket."""
    try:
        return urlsplit(uri).hostname or ""
    except ValueError:
        return ""
