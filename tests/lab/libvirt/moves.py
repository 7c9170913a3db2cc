"""Live migrations between lab hosts with libvirt's own library: no code of the product is in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import libvirt

from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec

FLAGS = {
    "live": libvirt.VIR_MIGRATE_LIVE,
    "peer2peer": libvirt.VIR_MIGRATE_PEER2PEER,
    "tunnelled": libvirt.VIR_MIGRATE_TUNNELLED,
    "auto-converge": libvirt.VIR_MIGRATE_AUTO_CONVERGE,
    "compressed": libvirt.VIR_MIGRATE_COMPRESSED,
    "parallel": libvirt.VIR_MIGRATE_PARALLEL,
    "post-copy": libvirt.VIR_MIGRATE_POSTCOPY,
    "storage": libvirt.VIR_MIGRATE_NON_SHARED_DISK,
    "paused": libvirt.VIR_MIGRATE_PAUSED,
    "unsafe": libvirt.VIR_MIGRATE_UNSAFE,
}

#: libvirt's code of "operation aborted": somebody cancelled the job.
ABORTED = libvirt.VIR_ERR_OPERATION_ABORTED

#: A migration that is not limited in bandwidth is over before it can be watched; the lab never goes above this.
HIGHEST_BANDWIDTH_MIB = 32

#: Where the memory goes: without it the target names its own hostname, which need not be known here.
ON_LOOPBACK = {libvirt.VIR_MIGRATE_PARAM_URI: "tcp://127.0.0.1"}

ANSWER_TIMEOUT_S = 120.0


class Move:
    """One migrate call, which blocks, in a thread of its own; `started` is by the monotonic clock."""

    def __init__(
        self,
        domain: libvirt.virDomain,
        target: str | libvirt.virConnect,
        flags: Iterable[str] = ("live", "peer2peer"),
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        """`target` is the address as the source reaches it, or, for a client-driven one, a connection."""
        self.domain = domain
        self.error: tuple[int, str] | None = None
        self.ended = 0.0
        self._target = target
        self._flags = sum(FLAGS[flag] for flag in flags)
        self._parameters = dict(parameters or {})
        self.started = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="migrate", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def wait(self, timeout_s: float = ANSWER_TIMEOUT_S) -> bool:
        """Wait for the end; False if it did not come."""
        self._thread.join(timeout_s)
        return not self.running

    def outcome(self, timeout_s: float = ANSWER_TIMEOUT_S) -> tuple[int, str] | None:
        """None when the guest has moved, else libvirt's code and words."""
        assert self.wait(timeout_s), "the migrate call does not return"
        return self.error

    def _run(self) -> None:
        try:
            if isinstance(self._target, str):
                self.domain.migrateToURI3(self._target, self._parameters, self._flags)
            else:
                self.domain.migrate3(self._target, self._parameters, self._flags)
        except libvirt.libvirtError as error:
            self.error = said(error)
        self.ended = time.monotonic()


def quiet() -> None:
    """Keep the library from writing on stderr what it raises anyway."""
    libvirt.registerErrorHandler(lambda *_: None, None)


def said(error: libvirt.libvirtError) -> tuple[int, str]:
    return error.get_error_code(), error.get_error_message() or ""


def state(connection: libvirt.virConnect, uuid: str) -> str | None:
    """How the machine stands on a host, in virsh's words; None where it is not known."""
    names = {1: "running", 3: "paused", 4: "in shutdown", 5: "shut off", 6: "crashed"}
    try:
        number = connection.lookupByUUIDString(uuid).state()[0]
    except libvirt.libvirtError:
        return None
    return names.get(number, str(number))


def fresh_disk_on(there: LibvirtHost, source: libvirt.virDomain, spec: GuestSpec) -> dict[str, Any]:
    """Make an empty disk on the target for a migration that copies storage; returns the parameters it needs."""
    xml = source.XMLDesc(libvirt.VIR_DOMAIN_XML_MIGRATABLE)
    file = there.make_disk(f"{spec.uuid}-{uuid4()}.qcow2", spec.disk_mib)
    return {libvirt.VIR_MIGRATE_PARAM_DEST_XML: xml.replace(str(disk_file(source)), str(file))}


def disk_file(domain: libvirt.virDomain) -> Path:
    """Where the machine's only disk is now."""
    source = ElementTree.fromstring(domain.XMLDesc()).find("devices/disk/source")
    assert source is not None
    return Path(source.attrib["file"])
