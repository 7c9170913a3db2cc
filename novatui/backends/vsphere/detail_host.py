"""One host in full: hardware, software, networks, and its devices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from novatui.backends.parts import Gatherer
from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.devices import Devices
from novatui.backends.vsphere.fields import at, each, listed, native, number, refs, truth, words, yes_no
from novatui.backends.vsphere.host_pci import GRAPHICS, NODES
from novatui.backends.vsphere.updates import Ref
from novatui.core.detail import Detail, Property
from novatui.core.units import size

HOST = (
    "summary.hardware",
    "summary.maxEVCModeKey",
    "summary.currentEVCModeKey",
    "summary.rebootRequired",
    "config.product",
    "config.hyperThread",
    "config.lockdownMode",
    "config.dateTimeInfo",
    "config.service",
    "config.network.pnic",
    "config.network.vnic",
    "config.powerSystemInfo.currentPolicy",
    "hardware.biosInfo",
    "hardware.cpuPkg",
    NODES,
    GRAPHICS,
    "runtime.inQuarantineMode",
    "runtime.standbyMode",
)


class HostDetail:
    """Reads a host with one request, and its devices with two more."""

    def __init__(self, asking: Asking, devices: Devices) -> None:
        self._asking = asking
        self._devices = devices

    def read(self, wanted: str, ref: Ref, gather: Gatherer) -> Detail:
        """NotFound when it is gone."""
        told = self._asking.of(ref, HOST)
        found = gather.part("devices", lambda: self._devices.of(ref))
        return Detail(
            key=wanted,
            devices=tuple(found.devices) if found is not None else None,
            giving=found.giving if found is not None else None,
            properties=tuple(_properties(told.values)),
            raw=native(told.values) if gather.wants("raw") else "",
            raw_format="json",
            failures=gather.failures,
        )


# --- facts that have no column ----------------------------------------------------------------------------------------


def _properties(values: dict[str, Any]) -> Iterator[Property]:
    yield from _hardware(values)
    yield from _processors(values)
    product = values.get("config.product")
    yield from _told(
        "software",
        {
            "product": words(product, "fullName"),
            "build": words(product, "build"),
            "API": words(product, "apiVersion"),
            "restart needed": "yes" if values.get("summary.rebootRequired") is True else "",
            "quarantine": "yes" if values.get("runtime.inQuarantineMode") is True else "",
        },
    )
    yield from _told("security", {"lockdown": str(values.get("config.lockdownMode") or "")})
    running = [words(one, "key") for one in each(values.get("config.service"), "service") if truth(one, "running")]
    yield from _told("services", {"running": ", ".join(running)})
    time = values.get("config.dateTimeInfo")
    yield from _told("time", {"NTP servers": ", ".join(listed(time, "ntpConfig.server"))})
    yield from _networks(values)
    for card in each(values.get(GRAPHICS)):
        memory = number(card, "memorySizeInKB")
        text = (words(card, "graphicsType"), size(memory * 1024) if memory else "", f"{len(refs(card, 'vm'))} machines")
        yield Property("graphics", words(card, "deviceName") or words(card, "pciId"), ", ".join(filter(None, text)))


def _told(section: str, facts: dict[str, str]) -> Iterator[Property]:
    """Those that are told."""
    yield from (Property(section, name, value) for name, value in facts.items() if value)


def _hardware(values: dict[str, Any]) -> Iterator[Property]:
    summary, bios = values.get("summary.hardware"), values.get("hardware.biosInfo")
    yield from _told(
        "hardware",
        {
            "system": " ".join(filter(None, (words(summary, "vendor"), words(summary, "model")))),
            "firmware": " ".join(filter(None, (words(bios, "vendor"), words(bios, "biosVersion")))),
            "network cards": words(summary, "numNics"),
            "storage adapters": words(summary, "numHBAs"),
        },
    )


def _processors(values: dict[str, Any]) -> Iterator[Property]:
    summary = values.get("summary.hardware")
    packages, cores, threads = (words(summary, name) for name in ("numCpuPkgs", "numCpuCores", "numCpuThreads"))
    layout = f"{packages} packages, {cores} cores, {threads} threads" if packages and cores and threads else ""
    clock = words(summary, "cpuMhz")
    yield from _told(
        "processors",
        {
            "model": words(summary, "cpuModel"),
            "layout": layout,
            "clock": f"{clock} MHz" if clock else "",
            "hyperthreading": yes_no(values.get("config.hyperThread"), "active"),
            "power policy": words(values.get("config.powerSystemInfo.currentPolicy"), "shortName"),
            "EVC mode": str(values.get("summary.currentEVCModeKey") or ""),
            "highest EVC mode": str(values.get("summary.maxEVCModeKey") or ""),
        },
    )
    for node in each(values.get(NODES), "numaNode"):
        memory = number(node, "memoryRangeLength")
        text = (size(memory) + " memory" if memory else "", f"{len(listed(node, 'cpuID'))} processors")
        yield Property("NUMA", f"node {words(node, 'typeId') or words(node, 'id')}", ", ".join(filter(None, text)))


def _networks(values: dict[str, Any]) -> Iterator[Property]:
    for card in each(values.get("config.network.pnic")):
        speed = number(card, "linkSpeed.speedMb")
        text = (f"{speed} Mbit/s" if speed else "no link", words(card, "driver"), words(card, "mac"))
        yield Property("network cards", words(card, "device"), ", ".join(filter(None, text)))
    for port in each(values.get("config.network.vnic")):
        address = at(port, "spec.ip")
        stack = words(port, "spec.netStackInstanceKey")
        text = (words(address, "ipAddress"), words(address, "subnetMask"), words(port, "portgroup"), stack)
        yield Property("own addresses", words(port, "device"), ", ".join(filter(None, text)))
