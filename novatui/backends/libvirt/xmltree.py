"""libvirt's XML as a tree, read with care: no entities, and a missing or odd value is None, never an exception."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|[0-9]+)")
_LIMIT = 2**63
_UNITS = {
    "b": 1,
    "byte": 1,
    "bytes": 1,
    **{f"{letter}b".lower(): 1000**power for power, letter in enumerate("KMGTPE", 1)},
    **{f"{letter}ib".lower(): 1024**power for power, letter in enumerate("KMGTPE", 1)},
    **{letter.lower(): 1024**power for power, letter in enumerate("KMGTPE", 1)},
}
"""Bytes of libvirt's units (docs: formatdomain, element `memory`)."""


class MalformedXml(ValueError):
    """Not XML, or XML that tries more than a hypervisor's description ever does."""


def parse(text: str) -> Element:
    """The root element. Tags with a namespace read `uri}name`. MalformedXml when it cannot be read safely."""
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
        return builder.close()
    except (expat.ExpatError, AssertionError) as error:
        raise MalformedXml(str(error)) from None


def _refuse_doctype(*_declaration: object) -> None:
    """Entities can only be declared in a document type, and libvirt never writes one."""
    raise MalformedXml("it declares a document type")


def text_at(element: Element | None, path: str) -> str:
    """Text of the first element at the path; empty when there is none."""
    return text_of(element.find(path)) if element is not None else ""


def text_of(element: Element | None) -> str:
    """Text of an element; empty when there is none."""
    return (element.text or "").strip() if element is not None else ""


def attribute_at(element: Element | None, path: str, name: str) -> str:
    """An attribute of the first element at the path; empty when either is missing."""
    found = element.find(path) if element is not None else None
    return found.get(name, "") if found is not None else ""


def integer(text: str | None) -> int | None:
    """A whole number, decimal or `0x…`, that fits 64 bits; None for anything else."""
    cleaned = (text or "").strip()
    if len(cleaned) > 24 or not _NUMBER.fullmatch(cleaned):
        return None
    value = int(cleaned, 16 if "x" in cleaned.lower() else 10)
    return value if -_LIMIT <= value < _LIMIT else None


def size_of(element: Element | None, unit: str = "KiB") -> int | None:
    """Bytes of an element like `<memory unit='KiB'>1024</memory>`; `unit` is what counts when it names none."""
    if element is None:
        return None
    return scaled(text_of(element), element.get("unit") or unit)


def scaled(number: str | None, unit: str) -> int | None:
    """Bytes of a number in a unit; None when either makes no sense."""
    value, factor = integer(number), _UNITS.get(unit.strip().lower())
    if value is None or factor is None or value < 0:
        return None
    return value * factor if value * factor < _LIMIT else None


def flag(text: str | None) -> bool | None:
    """yes and on are True, no and off are False, anything else is not known."""
    return {"yes": True, "on": True, "no": False, "off": False}.get((text or "").strip().lower())


def local_name(element: Element) -> str:
    """Name of an element without its namespace."""
    return element.tag.rpartition("}")[2]
