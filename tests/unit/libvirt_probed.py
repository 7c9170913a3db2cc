"""A libvirt host out of recorded answers, for probes: each answer can be edited, each call can be made to fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from novatui.core.errors import BackendFault, NotFound, NotSupported, Unreachable

DATA = Path(__file__).with_name("libvirt_data")
CAPABILITIES = DATA.joinpath("capabilities.xml").read_text()
DOMCAPS = DATA.joinpath("domcaps.xml").read_text()
DOMCAPS_Q35 = DATA.joinpath("domcaps_q35.xml").read_text()
EVERYTHING = DATA.joinpath("everything.xml").read_text()

UUID = "5eed0000-0000-4000-8000-000000000001"
BROKEN = BackendFault("it broke", code="1", native="internal error: it broke")
UNSUPPORTED = NotSupported("not here", code="3", native="this function is not supported by the connection driver")


def pci(address: str, code: int, more: str = "", name: str = "") -> str:
    """A PCI device."""
    domain, bus, rest = address.split(":")
    slot, function = rest.split(".")
    return (
        f"<device><name>pci_{address.replace(':', '_').replace('.', '_')}</name><parent>computer</parent>"
        f"<capability type='pci'><class>{code:#08x}</class><domain>{int(domain, 16)}</domain><bus>{int(bus, 16)}</bus>"
        f"<slot>{int(slot, 16)}</slot><function>{int(function, 16)}</function><product id='0x1'>{name}</product>"
        f"{more}</capability></device>"
    )


def functions(most: int, *addresses: str) -> str:
    """The capability of a card with virtual functions."""
    made = "".join(
        "<address domain='0x{}' bus='0x{}' slot='0x{}' function='0x{}'/>".format(*each.replace(".", ":").split(":"))
        for each in addresses
    )
    return f"<capability type='virt_functions' maxCount='{most}'>{made}</capability>"


def net(name: str, *offloads: str) -> str:
    """A network interface with a card behind."""
    features = "".join(f"<feature name='{each}'/>" for each in offloads)
    return (
        f"<device><name>net_{name}_52_54</name><path>/sys/devices/pci0000:00/net/{name}</path>"
        f"<capability type='net'><interface>{name}</interface>{features}</capability></device>"
    )


class Named:
    """An object of libvirt with a name and a description."""

    def __init__(self, host: ProbedHost, name: str, xml: str) -> None:
        self._host, self._name, self._xml = host, name, xml

    def name(self) -> str:
        return self._name

    def XMLDesc(self, _flags: int = 0) -> str:
        return self._host.answer(f"{type(self).__name__}GetXMLDesc", self._xml)


class virNodeDevice(Named): ...


class virStoragePool(Named): ...


class virStorageVol(Named): ...


class virNetwork(Named): ...


class virDomain(Named):
    """A machine."""

    running, kept, snapshots, checkpoints, persistent = True, 0, 0, 0, True

    def state(self, _flags: int) -> list[int]:
        return self._host.answer("virDomainGetState", [1, 1] if self.running else [5, 1])

    def isPersistent(self) -> int:
        return self._host.answer("virDomainIsPersistent", int(self.persistent))

    def snapshotNum(self, _flags: int) -> int:
        return self._host.answer("virDomainSnapshotNum", self.snapshots)

    def listAllCheckpoints(self, _flags: int) -> list[int]:
        return self._host.answer("virDomainListAllCheckpoints", [0] * self.checkpoints)

    def vcpusFlags(self, flags: int) -> int:
        return self._host.answer("virDomainGetVcpusFlags", self.vcpus[1 if flags else 0])

    vcpus = (2, 4)


class ProbedHost:
    """Stands where `Link` does: QEMU of the lab, as it answered."""

    def __init__(self, domain: str = "", *, running: bool = True) -> None:
        self.kind, self.version = "QEMU", 9_000_000
        self.capabilities, self.domcaps, self.domcaps_q35 = CAPABILITIES, DOMCAPS, DOMCAPS_Q35
        self.merging: Mapping[str, int] = {"shm_pages_to_scan": 100, "shm_pages_sharing": 0, "shm_full_scans": 0}
        self.processor = "<cpu><feature policy='require' name='svm'/></cpu>"
        self.stats: Any = []
        self.nodes: list[str] = [net("eth0", "tso", "gso")]
        self.pools: dict[str, str] = {}
        self.volumes: dict[str, str] = {}
        self.networks: dict[str, str] = {}
        self.domain = virDomain(self, "db", domain)
        self.domain.running = running
        self.failing: dict[str, Exception] = {}
        self.calls: Counter[str] = Counter()
        self.conn = self

    def answer(self, call: str, value: Any) -> Any:
        self.calls[call] += 1
        if call in self.failing:
            raise self.failing[call]
        return value

    def call(self, made: Callable[..., Any], *args: Any) -> Any:
        return made(*args)

    def attempt(self, made: Callable[..., Any], *args: Any) -> Any:
        raise AssertionError("a probe gives evidence of every call")

    # libvirt's own

    def getType(self) -> str:
        return self.answer("virConnectGetType", self.kind)

    def getLibVersion(self) -> int:
        return self.answer("virConnectGetLibVersion", self.version)

    def getCapabilities(self) -> str:
        return self.answer("virConnectGetCapabilities", self.capabilities)

    def getDomainCapabilities(self, _emulator: Any, _arch: Any, machine: str | None, _kind: Any, _flags: int) -> str:
        return self.answer("virConnectGetDomainCapabilities", self.domcaps_q35 if machine == "q35" else self.domcaps)

    def baselineHypervisorCPU(self, *_args: Any) -> str:
        return self.answer("virConnectBaselineHypervisorCPU", self.processor)

    def listAllDevices(self, _flags: int) -> list[virNodeDevice]:
        found = [virNodeDevice(self, xml.partition("<name>")[2].partition("<")[0], xml) for xml in self.nodes]
        return self.answer("virConnectListAllNodeDevices", found)

    def nodeDeviceLookupByName(self, name: str) -> virNodeDevice:
        found = [xml for xml in self.nodes if f"<name>{name}<" in xml]
        self.answer("virNodeDeviceLookupByName", None)
        if not found:
            raise NotFound("no device", code="53", native="Node device not found")
        return virNodeDevice(self, name, found[0])

    def listAllStoragePools(self, _flags: int) -> list[virStoragePool]:
        return self.answer(
            "virConnectListAllStoragePools", [virStoragePool(self, name, xml) for name, xml in self.pools.items()]
        )

    def getStoragePoolCapabilities(self, _flags: int) -> str:
        formats = "<volOptions><enum name='targetFormatType'><value>raw</value><value>qcow2</value></enum></volOptions>"
        pool = f"<pool type='dir' supported='yes'>{formats}</pool>"
        return self.answer(
            "virConnectGetStoragePoolCapabilities", f"<storagepoolCapabilities>{pool}</storagepoolCapabilities>"
        )

    def storageVolLookupByPath(self, path: str) -> virStorageVol:
        self.answer("virStorageVolLookupByPath", None)
        if path not in self.volumes:
            raise NotFound("no volume", code="50", native="Storage volume not found")
        return virStorageVol(self, path, self.volumes[path])

    def listAllNetworks(self, _flags: int) -> list[virNetwork]:
        return self.answer(
            "virConnectListAllNetworks", [virNetwork(self, name, xml) for name, xml in self.networks.items()]
        )

    def getMemoryParameters(self) -> Mapping[str, int]:
        return self.answer("virNodeGetMemoryParameters", self.merging)

    def getFreePages(self, sizes: list[int], _first: int, _count: int) -> dict[int, dict[int, int]]:
        return self.answer("virNodeGetFreePages", {-1: dict.fromkeys(sizes, 3)})

    def getAllDomainStats(self, _stats: int, _flags: int) -> Any:
        return self.answer("virConnectGetAllDomainStats", self.stats)

    def lookupByUUIDString(self, uuid: str) -> virDomain:
        self.answer("virDomainLookupByUUIDString", None)
        if uuid != UUID:
            raise NotFound("no machine", code="42", native="Domain not found")
        return self.domain


LOST = Unreachable("the connection to libvirt was lost")
