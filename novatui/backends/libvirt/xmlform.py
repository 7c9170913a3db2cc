"""libvirt XML that the console writes itself: built as a tree, so that no name can break out of its place."""

from __future__ import annotations

import re
from copy import deepcopy
from xml.etree.ElementTree import Element, tostring

from novatui.core.errors import InvalidInput

_UNWRITABLE = re.compile("[^\t\n\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Not among the characters of XML 1.0."""

_SHAPE = ("type", "device", "model")
"""Attributes of a device that libvirt tells devices apart by."""


def form(tag: str, /, *children: Element | str | None, **attributes: str) -> Element:
    """An element with its children and text; attributes without a value and children that are None are left out."""
    element = Element(tag, {name: value for name, value in attributes.items() if value})
    for child in children:
        if isinstance(child, str):
            element.text = child
        elif child is not None:
            element.append(child)
    return element


def written(element: Element) -> str:
    """As text. InvalidInput for what XML cannot say: control characters."""
    text = tostring(element, encoding="unicode")
    if odd := unwritable(text):
        raise InvalidInput(f"libvirt takes no {odd!r} in a text", subject="text")
    return text


def unwritable(text: str) -> str:
    """The first character that XML 1.0 does not allow; empty when all are."""
    found = _UNWRITABLE.search(text)
    return found[0] if found else ""


def cut(device: Element, *kept: str) -> Element:
    """A device with these parts only: enough for libvirt to find it again, without what it made up by itself."""
    slim = Element(device.tag, {name: value for name, value in device.attrib.items() if name in _SHAPE})
    for child in device:
        if child.tag in kept:
            slim.append(_tidy(child))
    return slim


def _tidy(element: Element) -> Element:
    copied = deepcopy(element)
    copied.tail = None
    for made_up in ("index", "portid", "bridge") if element.tag == "source" else ():
        copied.attrib.pop(made_up, None)
    return copied
