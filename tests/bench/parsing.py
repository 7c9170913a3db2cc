"""A driver that does nothing but parse large replies, for `lag.py`; `python -m tests.bench.parsing` is its worker.

The reply looks like vSphere's answer to RetrievePropertiesEx: objects with typed properties, 7 of each.
"""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Callable, Collection
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from novatui.backends.driver import InventorySource, Loaded, Session
from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.inventory import Row
from novatui.core.states import Family, Kind
from novatui.worker.main import main

COMMAND = (sys.executable, "-m", "tests.bench.parsing")
COLUMNS: dict[str, Callable[[str], Any]] = {
    "name": str,
    "power": str,
    "native_state": str,
    "uuid": str,
    "vcpus": int,
    "memory": int,
    "guest_os": str,
}


def spec(objects: int, parser: str) -> ConnectionSpec:
    """A connection of so many machines. `parser`: tree, expat, or empty for one that is quiet after its first load."""
    options = {"objects": str(objects), "parser": parser}
    return ConnectionSpec(name="bench", family=Family.VSPHERE, driver="parsing", uri="bench://", options=options)


def reply(objects: int, turn: int) -> bytes:
    """One answer of the product; figures differ from turn to turn."""
    return b"<returnval>%s</returnval>" % b"".join(machine(number, turn) for number in range(objects))


def machine(number: int, turn: int) -> bytes:
    values = {
        "name": f"web-{number:05d}.prod.example",
        "power": "running",
        "native_state": "poweredOn",
        "uuid": f"{number:08x}-aaaa-4bbb-8ccc-1234567890ab",
        "vcpus": (number + turn) % 16 + 1,
        "memory": ((number + turn) % 64 + 1) << 30,
        "guest_os": "Debian GNU/Linux 12 (64-bit)",
    }
    sets = "".join(
        f'<propSet><name>{name}</name><val xsi:type="xsd:string">{value}</val></propSet>'
        for name, value in values.items()
    )
    return f'<objects xmlns:xsi="x"><obj type="VirtualMachine">vm-{number}</obj>{sets}</objects>'.encode()


def parse_tree(data: bytes) -> list[Row]:
    """With ElementTree: it holds the interpreter for the whole of its own work."""
    rows: list[Row] = []
    for found in ElementTree.fromstring(data):
        values = {child[0].text or "": child[1].text or "" for child in found.iterfind("propSet")}
        rows.append(Row(Kind.VM, found[0].text or "", {n: COLUMNS[n](value) for n, value in values.items()}))
    return rows


def parse_expat(data: bytes) -> list[Row]:
    """With callbacks of expat: Python code between all elements."""
    rows: list[Row] = []
    text: list[str] = []
    state = {"id": "", "name": ""}
    values: dict[str, Any] = {}

    def end(tag: str) -> None:
        said = "".join(text)
        text.clear()
        if tag == "obj":
            state["id"] = said
        elif tag == "name":
            state["name"] = said
        elif tag == "val":
            values[state["name"]] = COLUMNS[state["name"]](said)
        elif tag == "objects":
            rows.append(Row(Kind.VM, state["id"], dict(values)))
            values.clear()

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.Parse(data, True)
    return rows


PARSERS = {"tree": parse_tree, "expat": parse_expat}


class ParsingDriver(Session, InventorySource):
    """After its first load it parses one reply after another, without pause."""

    relist = 3600.0

    def connect(self) -> ConnectionInfo:
        objects = int(self.spec.options["objects"])
        self.replies = [reply(objects, turn) for turn in range(4)]
        return ConnectionInfo(product="replies of a vCenter")

    def load(self, kinds: Collection[str]) -> Loaded:
        self.sink.rows(self.sink.now(), parse_expat(self.replies[0]))
        loaded = Loaded()
        loaded.done("vm")
        return loaded

    def watch(self) -> None:
        if parser := self.spec.options["parser"]:
            threading.Thread(target=self.parse_on, args=(PARSERS[parser],), daemon=True).start()

    def parse_on(self, parse: Callable[[bytes], list[Row]]) -> None:
        for data in itertools.cycle(self.replies):
            begun = self.sink.now()
            self.sink.rows(begun, parse(data))
            self.sink.count("reply")

    def refresh(self, keys: Collection[str]) -> None:
        """Nothing changes but by replies."""

    def close(self) -> None:
        """There is nothing to close."""


if __name__ == "__main__":
    main(driver_class=lambda _: ParsingDriver, command=COMMAND)
