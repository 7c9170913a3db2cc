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

NO_SUPPORT = "3"
"""VIR_ERR_NO_SUPPORT."""

NATIVE = {
    "baselineCPU": "virConnectBaselineCPU",
    "baselineHypervisorCPU": "virConnectBaselineHypervisorCPU",
    "compareCPU": "virConnectCompareCPU",
    "compareHypervisorCPU": "virConnectCompareHypervisorCPU",
    "domainEventRegisterAny": "virConnectDomainEventRegisterAny",
    "getAllDomainStats": "virConnectGetAllDomainStats",
    "getCapabilities": "virConnectGetCapabilities",
    "getDomainCapabilities": "virConnectGetDomainCapabilities",
    "getFreeMemory": "virNodeGetFreeMemory",
    "getFreePages": "virNodeGetFreePages",
    "getInfo": "virNodeGetInfo",
    "getLibVersion": "virConnectGetLibVersion",
    "getMaxVcpus": "virConnectGetMaxVcpus",
    "getMemoryParameters": "virNodeGetMemoryParameters",
    "getMemoryStats": "virNodeGetMemoryStats",
    "getStoragePoolCapabilities": "virConnectGetStoragePoolCapabilities",
    "getSysinfo": "virConnectGetSysinfo",
    "getType": "virConnectGetType",
    "getVersion": "virConnectGetVersion",
    "listAllCheckpoints": "virDomainListAllCheckpoints",
    "listAllDevices": "virConnectListAllNodeDevices",
    "listAllDomains": "virConnectListAllDomains",
    "listAllInterfaces": "virConnectListAllInterfaces",
    "listAllNetworks": "virConnectListAllNetworks",
    "listAllStoragePools": "virConnectListAllStoragePools",
    "lookupByName": "virDomainLookupByName",
    "lookupByUUIDString": "virDomainLookupByUUIDString",
    "networkLookupByName": "virNetworkLookupByName",
    "networkEventRegisterAny": "virConnectNetworkEventRegisterAny",
    "nodeDeviceEventRegisterAny": "virConnectNodeDeviceEventRegisterAny",
    "nodeDeviceLookupByName": "virNodeDeviceLookupByName",
    "snapshotNum": "virDomainSnapshotNum",
    "storagePoolEventRegisterAny": "virConnectStoragePoolEventRegisterAny",
    "storagePoolLookupByName": "virStoragePoolLookupByName",
    "storageVolLookupByName": "virStorageVolLookupByName",
    "storageVolLookupByPath": "virStorageVolLookupByPath",
    "vcpusFlags": "virDomainGetVcpusFlags",
}
"""What the C library calls the functions that are asked here."""

_OF_ITS_OWNER = {
    "XMLDesc": "GetXMLDesc",
    "info": "GetInfo",
    "isActive": "IsActive",
    "isPersistent": "IsPersistent",
    "state": "GetState",
}
"""The same for functions that many kinds of objects have: behind `virDomain`, `virNetwork` …"""

_ARGUMENT = 48
"""Characters of one argument that are shown."""


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
        if failure is None:
            return ""
        return f"{failure.native or failure.message}" + (f" [{failure.code}]" if failure.code else "")

    @property
    def failed(self) -> str:
        """The same with the name of the call; empty for an answer."""
        if self.code == NO_SUPPORT:
            return f"{self.evidence.call} is not supported by the connection driver [{NO_SUPPORT}]"
        return f"{self.evidence.call} failed: {self.why}" if self.failure is not None else ""

    def tell(self, value: T | None, said: str = "") -> Told[T]:
        """What follows from it."""
        return Told(value=value, said=said, evidence=self.evidence)

    def untold(self, said: str = "") -> Told[Any]:
        """Nothing follows from it."""
        return Told(said=said or self.why, evidence=self.evidence)


def ask(link: Link, function: Callable[..., Any], *args: Any, shown: Callable[[Any], str] = str) -> Asked:
    """Ask once. Only a lost link raises. `shown`: what of the answer is evidence."""
    begun = time.time()
    call, given = native_name(function), native_arguments(function, args)
    try:
        value, ms = timed(lambda: link.call(function, *args))
    except Unreachable:
        raise
    except NovaError as error:
        failure = error.failure
        took = (time.time() - begun) * 1000
        words = f"[{failure.code}] {failure.native or failure.message}"
        return Asked(
            None, Evidence(kind="asked", call=call, args=given, at=begun, ms=took, excerpt=words[:EXCERPT]), failure
        )
    return Asked(value, Evidence(kind="asked", call=call, args=given, at=begun, ms=ms, excerpt=shown(value)[:EXCERPT]))


def native_name(function: Callable[..., Any]) -> str:
    """What the C library calls it: virConnectGetCapabilities."""
    name = function.__name__
    if name in _OF_ITS_OWNER:
        return f"{type(getattr(function, '__self__', None)).__name__}{_OF_ITS_OWNER[name]}"
    return NATIVE.get(name, name)


def native_arguments(function: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """What it is called with, as shown to people: the object by its name, long texts cut."""
    named = getattr(getattr(function, "__self__", None), "name", None)
    subject = [str(named())] if callable(named) else []
    return ", ".join(subject + [text for each in args if (text := _argument(each)) is not None])


def _argument(value: Any) -> str | None:
    """None for what cannot be shown: functions, objects."""
    match value:
        case None:
            return "NULL"
        case str():
            text = " ".join(value.split())
            return f"'{text if len(text) <= _ARGUMENT else text[: _ARGUMENT - 1] + '…'}'"
        case int():
            return str(value)
        case list():
            return f"[{', '.join(filter(None, map(_argument, value)))}]"
        case _:
            return None
