"""One answer of a vCenter with all its machines, read in four ways from the same bytes, for `vsphere.py`."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any
from xml.parsers import expat

from pyVmomi import VmomiSupport, vim, vmodl
from pyVmomi.SoapAdapter import SoapResponseDeserializer

from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.properties import FOLLOWED
from novatui.backends.vsphere.session import Opened, open_session
from novatui.backends.vsphere.soap import PIECE, call, members_of, property_set
from novatui.backends.vsphere.updates import Fault, Reader, Ref
from novatui.core.states import Kind
from tests.lab.vsphere.driven import Probe, Recorder
from tests.lab.vsphere.simulated import Vcsim

METHOD = "RetrievePropertiesEx"
ROUNDS = 3


class Kept:
    """Keeps the bytes of an answer."""

    fault: Fault | None = None

    def __init__(self) -> None:
        self.data = bytearray()

    def feed(self, data: bytes) -> None:
        self.data += data

    def close(self) -> None:
        """It is whole."""


def answer(server: Vcsim) -> tuple[Opened, bytes]:
    """All machines with everything that is followed of them, as the server writes it."""
    probe = Probe(server)
    opened = open_session(probe.driver.spec, probe.driver.secrets, probe.sink)
    content = opened.content
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
    specs = property_set("VirtualMachine", FOLLOWED["VirtualMachine"]) + members_of(Ref("ContainerView", view._moId))
    request = call(METHOD, opened.collector, f"<specSet>{specs}</specSet><options/>")
    return opened, bytes(opened.channel(600).receive(request, Kept()).data)


def pieces(data: bytes, feed: Callable[[bytes], Any]) -> None:
    """As they come from a connection."""
    for at in range(0, len(data), PIECE):
        feed(data[at : at + PIECE])


def bare(data: bytes) -> None:
    """expat without anybody who listens: the floor."""
    parser = expat.ParserCreate()
    pieces(data, lambda piece: parser.Parse(piece, False))
    parser.Parse(b"", True)


def read(data: bytes) -> None:
    """Our reader: every value converted, nobody keeps it."""
    reader = Reader(lambda _: None)
    pieces(data, reader.feed)
    reader.close()


def rows(data: bytes) -> None:
    """Our reader and the inventory: rows with columns, and load."""
    inventory = Inventory(Recorder())
    inventory.want([kind.value for kind in Kind])
    reader = Reader(lambda update: inventory.take(0.0, update))
    pieces(data, reader.feed)
    reader.close()
    inventory.settle()


def library(opened: Opened, data: bytes) -> None:
    """pyVmomi, as every program uses it."""
    collector = VmomiSupport.GetWsdlType("urn:vim25", "PropertyCollector")
    assert collector is vmodl.query.PropertyCollector
    result = collector._GetMethodInfo(METHOD).result
    SoapResponseDeserializer(opened.stub).Deserialize(io.BytesIO(data), result)


def cost(function: Callable[[], None]) -> float:
    """Seconds of this thread's processor; the best of some rounds, for others use this computer, too."""
    found: list[float] = []
    for _ in range(ROUNDS):
        begun = time.thread_time()
        function()
        found.append(time.thread_time() - begun)
    return min(found)


def costs(server: Vcsim) -> tuple[int, dict[str, float]]:
    """Bytes of the answer, and seconds of each way to read it."""
    opened, data = answer(server)
    try:
        ways: dict[str, Callable[[], None]] = {
            "expat alone": lambda: bare(data),
            "our reader": lambda: read(data),
            "our reader to rows": lambda: rows(data),
            "pyVmomi": lambda: library(opened, data),
        }
        return len(data), {name: cost(way) for name, way in ways.items()}
    finally:
        opened.close()
