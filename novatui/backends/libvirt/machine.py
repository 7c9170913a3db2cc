"""One machine as it is now: what the plans of changes rest on."""

from __future__ import annotations

from typing import Any, Protocol
from xml.etree.ElementTree import Element

from novatui.backends.libvirt import control, jobs, states
from novatui.backends.libvirt.domxml import vm_spec
from novatui.backends.libvirt.library import libvirt
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.summary import AGENT
from novatui.backends.libvirt.xmltree import MalformedXml, parse
from novatui.core.errors import BackendFault, InvalidInput
from novatui.core.ids import split_key
from novatui.core.states import Kind, Power
from novatui.core.vmspec import VmSpec


class Seen(Protocol):
    """What rules about machines look at; a `Machine`, or one that is asked for less."""

    @property
    def name(self) -> str: ...

    @property
    def active(self) -> bool: ...

    @property
    def now(self) -> Described: ...


class Machine:
    """Read once; nothing of it waits for the machine's monitor, so that it is told of a machine that hangs too."""

    def __init__(self, link: Link, key: str) -> None:
        self.key = key
        self.uuid = _uuid(key)
        self.domain: Any = link.domain(self.uuid)
        self.name: str = self.domain.name()
        self.state, self.reason = link.call(self.domain.state)
        self.active = link.call(self.domain.isActive) == 1
        self.persistent = link.call(self.domain.isPersistent) == 1
        self.saved = bool(link.attempt(self.domain.hasManagedSaveImage))
        autostart = link.attempt(self.domain.autostart)
        self.autostart = None if autostart is None else bool(autostart)
        held = control.asked(lambda: link.attempt(self.domain.controlInfo)) if self.active else None
        self.trouble = control.monitor_trouble(held)
        """What holds its monitor, in words; empty when nothing does, or not for long."""
        self.answers = not self.trouble and control.held_for(held) is None
        """Nothing holds its monitor: what asks it is answered at once, and not after libvirt's 30 s."""
        self.jobless = self._looks_coming(link)
        """libvirt gives a migration as the reason of its state, and knows of no job."""
        self.live = _read(link.call(self.domain.XMLDesc)) if self.active else None
        """The running machine; None when it is off."""
        self.stored = (
            _read(link.call(self.domain.XMLDesc, libvirt.VIR_DOMAIN_XML_INACTIVE)) if self.persistent else None
        )
        """What it starts with next time; None when it is not kept."""

    @property
    def power(self) -> Power:
        """Its power state by its effect."""
        return states.power(self.state, self.reason, saved=self.saved, jobless=self.jobless)

    @property
    def in_job(self) -> bool:
        """Its state tells of an operation of libvirt that is under way."""
        return (self.state, self.reason) in states.JOB_REASONS and not self.jobless

    @property
    def native_state(self) -> str:
        """`running (booted)`, as virsh says it."""
        return states.native_state(self.state, self.reason)

    @property
    def now(self) -> Described:
        """What it is now: the running machine, else what is stored."""
        return self.live or self.stored or Described(Element("domain"), VmSpec(name=self.name))

    def _looks_coming(self, link: Link) -> bool:
        if (self.state, self.reason) != states.COMING or not self.answers:
            return False
        return jobs.is_none(link.attempt(self.domain.jobStats) or {})

    @property
    def agent(self) -> str:
        """State of the guest agent's channel: connected, disconnected; empty without one."""
        for target in self.now.root.findall("devices/channel/target"):
            if target.get("name") == AGENT:
                return target.get("state", "disconnected")
        return ""


class Described:
    """A domain's XML and what it says."""

    def __init__(self, root: Element, spec: VmSpec) -> None:
        self.root = root
        self.spec = spec

    def devices(self, tag: str) -> list[Element]:
        """Its devices of one kind."""
        return self.root.findall(f"devices/{tag}")


def _read(xml: str) -> Described:
    try:
        return Described(parse(xml), vm_spec(xml))
    except MalformedXml as error:
        raise BackendFault(
            "the machine's description cannot be read", meaning="no change is planned on a guess", native=str(error)
        ) from None


def _uuid(key: str) -> str:
    try:
        kind, identifier = split_key(key)
    except ValueError as error:
        raise InvalidInput(str(error), subject="key") from None
    if kind is not Kind.VM:
        raise InvalidInput(f"{key} is no machine", subject="key")
    return identifier
