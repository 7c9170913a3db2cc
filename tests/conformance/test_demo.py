"""The demo driver under the whole suite, as each of its five families. Its endpoint is the file of the world."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from novatui.config.demo import expand
from novatui.core.connection import ConnectionSpec
from novatui.core.states import Family, Kind, Power
from tests.conformance.expected import POWERS
from tests.conformance.lab import Gap, Lab
from tests.conformance.suite import Conformance
from tests.conformance.world import WORLD_FILE, Vm, load

EVERYWHERE = frozenset({Kind.HOST, Kind.VM, Kind.DATASTORE, Kind.NETWORK, Kind.DEVICE, Kind.SNAPSHOT})
GAPS = {
    "test_refused_credentials_are_auth_failed": Gap("not-offered", "the demo asks for no credentials"),
    "test_an_endpoint_that_hangs_is_noticed": Gap("lab", "a file does not hang"),
}


NEVER_HAD = {
    "AlarmControl": "the demo's alarms come and go by themselves",
    "ConsoleAccess": "nothing runs in the demo: there is no screen",
}
STILL = NEVER_HAD | dict.fromkeys(
    ("HostControl", "ClusterControl"), "only the demo's vSphere takes hosts out of service"
)


class DemoLab(Lab):
    """A copy of the world's file, changed as text while the driver serves it."""

    def __init__(self, family: Family, folder: Path) -> None:
        self._file = folder / "world.toml"
        self._write(WORLD_FILE.read_text(encoding="utf-8"))
        site = "&site=atlas" if family is Family.LIBVIRT else ""
        (spec,) = expand(f"demo://?family={family.value}&world={self._file}{site}")
        super().__init__(load(), spec, hosts=("atlas",) if site else ())

    def set_power(self, vm: Vm, state: str) -> None:
        before, block, after = self._block(vm)
        self._write(before + re.sub(r'(?m)^state = ".*"$', f'state = "{state}"', block, count=1) + after)

    def remove(self, vm: Vm) -> None:
        before, _, after = self._block(vm)
        self._write(before + after)

    def add(self, vm: Vm) -> None:
        self._append(
            f'[[vm]]\nhost = "{vm.host}"\nname = "{vm.name}"\nuuid = "{vm.uuid}"\nstate = "{vm.state}"\n'
            f"vcpus = {vm.vcpus}\nmemory_mib = {vm.memory_mib}\n"
        )

    def start_task(self, vm: Vm) -> str:
        began = datetime.now(UTC).isoformat()
        self._append(f'[[task]]\nvm = "{vm.uuid}"\nverb = "migrate"\nbegan = {began}\ntakes = 8.0\n')
        return "migrate"

    def stop(self) -> None:
        self._file.rename(self._file.with_suffix(".away"))

    def start(self) -> None:
        self._file.with_suffix(".away").rename(self._file)

    def nowhere(self, folder: Path) -> ConnectionSpec:
        return msgspec.structs.replace(self.spec, uri=self.spec.uri.replace("world.toml", "nobody.toml"))

    def failing_listing(self, kind: str) -> ConnectionSpec:
        return msgspec.structs.replace(self.spec, uri=f"{self.spec.uri}&fails={kind}")

    def _block(self, vm: Vm) -> tuple[str, str, str]:
        """The text before, of and behind a machine."""
        text = self._file.read_text(encoding="utf-8")
        starts = [match.start() for match in re.finditer(r"(?m)^\[\[(?:vm|task)\]\]$", text)] + [len(text)]
        for begin, end in pairwise(starts):
            if f'uuid = "{vm.uuid}"' in text[begin:end]:
                return text[:begin], text[begin:end], text[end:]
        raise AssertionError(f"no machine {vm.name} in the file")

    def _append(self, block: str) -> None:
        self._write(f"{self._file.read_text(encoding='utf-8')}\n{block}")

    def _write(self, text: str) -> None:
        """At once, so that nobody reads half a world."""
        new = self._file.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        os.replace(new, self._file)


class DemoConformance(Conformance):
    family: ClassVar[Family]
    gaps = GAPS
    lacks: ClassVar[dict[str, str]] = STILL | {"NetworkSource": "this family tells no leases"}

    @pytest.fixture
    def lab(self, tmp_path: Path) -> Lab:
        return DemoLab(self.family, tmp_path)


class TestAsLibvirt(DemoConformance):
    family = Family.LIBVIRT
    kinds = EVERYWHERE
    lacks: ClassVar[dict[str, str]] = STILL
    gaps = GAPS | {"test_machine_column[tags]": Gap("not-offered", "libvirt has no tags")}


class TestAsVsphere(DemoConformance):
    family = Family.VSPHERE
    kinds = EVERYWHERE | {Kind.DATACENTER, Kind.CLUSTER}
    powers: ClassVar[dict[str, Power]] = POWERS | {"paused": Power.RUNNING}
    lacks: ClassVar[dict[str, str]] = NEVER_HAD | {"NetworkSource": "this family tells no leases"}
    gaps = GAPS | {"test_machine_column[autostart]": Gap("not-offered", "autostart belongs to the host")}


class TestAsHyperV(DemoConformance):
    family = Family.HYPERV
    kinds = EVERYWHERE | {Kind.CLUSTER}
    gaps = GAPS | {"test_machine_column[vcpus_max]": Gap("not-offered", "processors cannot be added while it runs")}


class TestAsXcpNg(DemoConformance):
    family = Family.XCPNG
    kinds = EVERYWHERE | {Kind.CLUSTER}


class TestAsProxmox(DemoConformance):
    family = Family.PROXMOX
    kinds = EVERYWHERE | {Kind.CLUSTER}
    gaps = GAPS | {"test_machine_column[vcpus_max]": Gap("not-offered", "the list of guests does not tell it")}
