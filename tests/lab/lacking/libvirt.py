"""libvirt's library in answers of which something is missing: put this folder first on PYTHONPATH.

The variable LACKING_ANSWERS names a JSON file: name of a machine → what is deleted from what libvirt says of it.
`xml:PLACE` is an element of its XML by positions from the top (`9 2`: the third below the tenth), `xml:PLACE@NAME` an
attribute of it, `stats:PREFIX` everything in its statistics that begins so.
"""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.util
import json
import os
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

HERE = Path(__file__).parent
LACKING: dict[str, str] = json.loads(Path(os.environ["LACKING_ANSWERS"]).read_text())

elsewhere = [folder for folder in sys.path if Path(folder or ".").resolve() != HERE]
found = importlib.machinery.PathFinder.find_spec("libvirt", elsewhere)
assert found is not None
assert found.loader is not None
real = importlib.util.module_from_spec(found)
sys.modules["libvirt"] = real
found.loader.exec_module(real)

xml_desc = real.virDomain.XMLDesc
all_stats = real.virConnect.getAllDomainStats


@functools.wraps(xml_desc)
def lacking_xml(domain, flags=0):
    text = xml_desc(domain, flags)
    what, _, path = LACKING.get(domain.name(), "").partition(":")
    return without(text, path) if what == "xml" else text


def without(text: str, path: str) -> str:
    """The XML without the element at this place, or without one of its attributes."""
    root = ET.fromstring(text)
    places, _, attribute = path.partition("@")
    *above, last = [root, *map(int, places.split())]
    for place in above[1:]:
        above[0] = above[0][place]
    if attribute:
        element = above[0][last] if above else last
        del element.attrib[attribute]
    else:
        del above[0][last]
    return ET.tostring(root, encoding="unicode")


@functools.wraps(all_stats)
def lacking_stats(connection, stats=0, flags=0):
    return [(domain, thinned(domain.name(), told)) for domain, told in all_stats(connection, stats, flags)]


def thinned(name: str, told: dict) -> dict:
    what, _, prefix = LACKING.get(name, "").partition(":")
    return {key: value for key, value in told.items() if what != "stats" or not key.startswith(prefix)}


real.virDomain.XMLDesc = lacking_xml
real.virConnect.getAllDomainStats = lacking_stats
