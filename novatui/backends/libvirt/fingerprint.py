"""A short word for everything of a machine that changes change: equal as long as nobody changed it.

What libvirt makes up anew at each start (ids, ports, terminals, names of tap devices, labels) is left out, so that a
machine that was stopped and started again has its old fingerprint. So is the balloon, which the guest moves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, tostring

from novatui.backends.libvirt import states
from novatui.backends.libvirt.library import libvirt
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.xmltree import MalformedXml, parse
from novatui.core.errors import Conflict, NotFound, NotSupported

_MADE_UP_TAGS = {"alias", "seclabel", "backingStore", "resource", "mirror"}
"""Elements that only a running machine has."""

_GENERATED_TAPS = ("vnet", "macvtap", "macvlan")
"""VIR_NET_GENERATED_*_PREFIX: names that libvirt gives and that it forgets at the end."""


def machine_fingerprint(link: Link, uuid: str) -> str:
    """The fingerprint of a machine; empty when there is none of this uuid."""
    try:
        return _hash(_facts(link, link.domain(uuid)))
    except NotFound:
        return ""


def host_fingerprint(link: Link) -> str:
    """The fingerprint of the host's own devices: which there are, virtual functions and mediated ones among them."""
    return _hash(sorted(device.name() for device in _asked(link, link.conn.listAllDevices, [])))


def _facts(link: Link, domain: Any) -> list[str]:
    state, _reason = link.call(domain.state)
    active = bool(states.is_active(state))
    facts = [
        str(state),
        str(link.attempt(domain.autostart)),
        str(link.attempt(domain.hasManagedSaveImage)),
        _current_snapshot(link, domain),
        *sorted(_asked(link, domain.snapshotListNames, [])),
    ]
    if active:
        facts.append(lasting(link.call(domain.XMLDesc), live=True))
    if link.call(domain.isPersistent):
        facts.append(lasting(link.call(domain.XMLDesc, libvirt.VIR_DOMAIN_XML_INACTIVE), live=False))
    return facts


def _current_snapshot(link: Link, domain: Any) -> str:
    current = _asked(link, domain.snapshotCurrent, None) if _asked(link, domain.hasCurrentSnapshot, 0) else None
    return current.getName() if current is not None else ""


def _asked(link: Link, function: Callable[..., Any], otherwise: Any) -> Any:
    """What drivers without snapshots cannot tell."""
    try:
        return link.call(function)
    except (NotSupported, NotFound, Conflict):
        return otherwise


def lasting(xml: str, *, live: bool) -> str:
    """A domain's XML without what changes by itself; as it is when it cannot be read."""
    try:
        root = parse(xml)
    except MalformedXml:
        return xml
    root.attrib.pop("id", None)
    if live:
        _drop(root, {"currentMemory"})
    for element in list(root.iter()):
        _drop(element, _MADE_UP_TAGS)
        _settle(element)
        element.text, element.tail = (element.text or "").strip(), None
    _sort_controllers(root.find("devices"))
    return tostring(root, encoding="unicode")


def _sort_controllers(devices: Element | None) -> None:
    """libvirt lists them in another order after a machine was woken; they are told apart by type and number."""
    if devices is None:
        return
    controllers = devices.findall("controller")
    _drop(devices, {"controller"})
    devices.extend(sorted(controllers, key=lambda each: (each.get("type", ""), each.get("index", ""))))


def _drop(element: Element, tags: set[str]) -> None:
    for child in list(element):
        if child.tag in tags:
            element.remove(child)


def _settle(element: Element) -> None:
    """Take out attributes that a start made up."""
    attributes = element.attrib
    if element.tag == "disk":
        _settle_disk(element)
    elif element.tag == "graphics" and attributes.get("autoport") == "yes":
        for name in ("port", "tlsPort", "websocket"):
            attributes.pop(name, None)
    elif element.tag == "interface":
        _settle_interface(element)
    elif attributes.get("type") == "pty":
        attributes.pop("tty", None)
        _drop(element, {"source"})
    elif element.tag == "target":
        attributes.pop("state", None)  # of a channel: whether somebody in the guest listens


def _settle_disk(disk: Element) -> None:
    """A drive keeps an empty source after its medium is out."""
    for source in disk.findall("source"):
        source.attrib.pop("index", None)
        if not source.attrib and not len(source):
            disk.remove(source)


def _settle_interface(interface: Element) -> None:
    for target in interface.findall("target"):
        if target.get("dev", "").startswith(_GENERATED_TAPS):
            interface.remove(target)


def _hash(facts: list[str]) -> str:
    return hashlib.sha256("\0".join(facts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
