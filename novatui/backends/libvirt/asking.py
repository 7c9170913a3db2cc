"""Single questions to libvirt, each with the evidence of its answer: one that fails is unknown, others are not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from novatui.backends.libvirt.link import Link, timed
from novatui.core.capabilities import Evidence
from novatui.core.errors import Failure, NovaError, Unreachable
from novatui.core.needs import Told

T = TypeVar("T")

EXCERPT = 400
"""Characters of an answer that are kept as evidence."""

NATIVE = {
    "baselineCPU": "virConnectBaselineCPU",
    "baselineHypervisorCPU": "virConnectBaselineHypervisorCPU",
    "compareCPU": "virConnectCompareCPU",
    "compareHypervisorCPU": "virConnectCompareHypervisorCPU",
    "getCapabilities": "virConnectGetCapabilities",
    "getDomainCapabilities": "virConnectGetDomainCapabilities",
    "getFreeMemory": "virNodeGetFreeMemory",
    "getFreePages": "virNodeGetFreePages",
    "getInfo": "virNodeGetInfo",
    "getLibVersion": "virConnectGetLibVersion",
    "getMaxVcpus": "virConnectGetMaxVcpus",
    "getMemoryParameters": "virNodeGetMemoryParameters",
    "getMemoryStats": "virNodeGetMemoryStats",
    "getSysinfo": "virConnectGetSysinfo",
    "getVersion": "virConnectGetVersion",
    "isActive": "virNetworkIsActive",
    "listAllDevices": "virConnectListAllNodeDevices",
    "listAllDomains": "virConnectListAllDomains",
    "listAllInterfaces": "virConnectListAllInterfaces",
    "listAllNetworks": "virConnectListAllNetworks",
    "listAllStoragePools": "virConnectListAllStoragePools",
    "lookupByName": "virDomainLookupByName",
    "lookupByUUIDString": "virDomainLookupByUUIDString",
    "networkLookupByName": "virNetworkLookupByName",
    "nodeDeviceLookupByName": "virNodeDeviceLookupByName",
    "storagePoolLookupByName": "virStoragePoolLookupByName",
    "storageVolLookupByName": "virStorageVolLookupByName",
    "storageVolLookupByPath": "virStorageVolLookupByPath",
    "virDomain.XMLDesc": "virDomainGetXMLDesc",
    "virInterface.XMLDesc": "virInterfaceGetXMLDesc",
    "virNetwork.XMLDesc": "virNetworkGetXMLDesc",
    "virNodeDevice.XMLDesc": "virNodeDeviceGetXMLDesc",
    "virStoragePool.XMLDesc": "virStoragePoolGetXMLDesc",
    "virStoragePool.info": "virStoragePoolGetInfo",
}
"""What the C library calls the functions that are asked here; with their class those that several have."""


class Asked(msgspec.Struct, frozen=True):
    """An answer, or why there is none."""

    value: Any
    """None: it failed."""
    evidence: Evidence
    failure: Failure | None = None

    @property
    def code(self) -> str:
        """libvirt's number of the failure; empty for an answer."""
        return self.failure.code if self.failure is not None else ""

    @property
    def why(self) -> str:
        """Why there is no answer, in libvirt's own words."""
        failure = self.failure
        return f"{failure.native or failure.message} [{failure.code}]" if failure is not None else ""

    def tell(self, value: T | None, said: str = "") -> Told[T]:
        """What follows from it."""
        return Told(value=value, said=said, evidence=self.evidence)

    def untold(self, said: str = "") -> Told[Any]:
        """Nothing follows from it."""
        return Told(said=said or self.why, evidence=self.evidence)


def ask(link: Link, function: Callable[..., Any], *args: Any, shown: Callable[[Any], str] = str) -> Asked:
    """Ask once. Only a lost link raises. `shown`: what of the answer is evidence."""
    begun = time.time()
    call = native_name(function)
    try:
        value, ms = timed(lambda: link.call(function, *args))
    except Unreachable:
        raise
    except NovaError as error:
        failure = error.failure
        took = (time.time() - begun) * 1000
        words = f"[{failure.code}] {failure.native or failure.message}"
        return Asked(None, Evidence(kind="asked", call=call, at=begun, ms=took, excerpt=words[:EXCERPT]), failure)
    return Asked(value, Evidence(kind="asked", call=call, at=begun, ms=ms, excerpt=shown(value)[:EXCERPT]))


def native_name(function: Callable[..., Any]) -> str:
    """What the C library calls a function of libvirt-python."""
    name = function.__name__
    owner = type(getattr(function, "__self__", None)).__name__
    return NATIVE.get(f"{owner}.{name}") or NATIVE.get(name, name)


def declared(source: str) -> Evidence:
    """Evidence of what is so by libvirt's own documentation, where there is no call to ask."""
    return Evidence(kind="declared", source=source)
