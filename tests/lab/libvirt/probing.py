"""Probes of a libvirt connection in a process of their own, whose C library logs its calls and can be broken.

Run as a program it is that process: `probing.py URI` reads scopes from its standard input, a line each, and writes the
facts of each as a line of JSON, or the profile of a host; the first line that it writes names the objects.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from novatui.core.capabilities import Evidence, Fact
from novatui.core.hostprofile import HostProfile
from tests.lab.libvirt.apilog import LINE, environment
from tests.lab.missing import program, require
from tests.lab.workspace import CHECKOUT

SWITCH = "NOVATUI_BROKEN_CALL"
"""Names the file that names the call that fails."""

BREAKABLE = (
    "virConnectBaselineCPU",
    "virConnectBaselineHypervisorCPU",
    "virConnectDomainEventRegisterAny",
    "virConnectGetAllDomainStats",
    "virConnectGetCapabilities",
    "virConnectGetDomainCapabilities",
    "virConnectGetLibVersion",
    "virConnectGetMaxVcpus",
    "virConnectGetStoragePoolCapabilities",
    "virConnectGetSysinfo",
    "virConnectGetType",
    "virConnectGetVersion",
    "virConnectListAllInterfaces",
    "virConnectListAllNetworks",
    "virConnectListAllNodeDevices",
    "virConnectListAllStoragePools",
    "virConnectNetworkEventRegisterAny",
    "virConnectNodeDeviceEventRegisterAny",
    "virConnectStoragePoolEventRegisterAny",
    "virDomainGetState",
    "virDomainGetVcpusFlags",
    "virDomainGetXMLDesc",
    "virDomainIsPersistent",
    "virDomainListAllCheckpoints",
    "virDomainLookupByUUIDString",
    "virDomainSnapshotNum",
    "virInterfaceGetXMLDesc",
    "virNetworkGetXMLDesc",
    "virNetworkIsActive",
    "virNodeDeviceGetXMLDesc",
    "virNodeDeviceLookupByName",
    "virNodeGetFreePages",
    "virNodeGetInfo",
    "virNodeGetMemoryParameters",
    "virStoragePoolGetInfo",
    "virStoragePoolGetXMLDesc",
    "virStorageVolGetXMLDesc",
    "virStorageVolLookupByPath",
)
"""Every call that a fact, or a section of a host profile, may rest on."""

PROFILE = "profile of "
"""Begins a line that asks for what a host is like, in place of a scope."""


def breaker(folder: Path) -> Path:
    """The library that breaks calls, compiled. LabUnavailable without a compiler."""
    require("gcc")
    target = folder / "broken_calls.so"
    source = Path(__file__).with_name("broken_calls.c")
    calls = " ".join(f"CALL({name})" for name in BREAKABLE)
    options = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", f"-DCALLS={calls}"]
    subprocess.run([program("gcc"), *options, "-o", str(target), str(source), "-ldl"], check=True)
    return target


@dataclass(frozen=True)
class Told:
    """One probe."""

    facts: dict[str, Fact]
    calls: tuple[str, ...]
    """Functions of the C library that ran in that process for it."""


class Prober:
    """The process, as the tests talk to it."""

    def __init__(self, process: subprocess.Popen[str], log: Path, broken: Path) -> None:
        self._process, self._log, self._broken = process, log, broken
        self.objects: dict[str, str] = json.loads(self._line())
        """Keys of hosts and machines by name."""

    @property
    def all_calls(self) -> set[str]:
        """Functions that ran since it began."""
        return {name for name, _ in LINE.findall(self._log.read_text(errors="replace"))}

    def probe(self, scope: str) -> Told:
        """Facts of a scope, found out now."""
        answer, calls = self._ask(scope)
        facts = msgspec.json.decode(answer, type=list[Fact])
        return Told({fact.feature: fact for fact in facts}, calls)

    def profile(self, host: str) -> tuple[HostProfile, tuple[str, ...]]:
        """What a host (key) is like, and the functions that ran for it."""
        answer, calls = self._ask(PROFILE + host)
        return msgspec.json.decode(answer, type=HostProfile), calls

    def _ask(self, line: str) -> tuple[str, tuple[str, ...]]:
        before = self._log.stat().st_size
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        answer = self._line()
        with self._log.open(errors="replace") as log:
            log.seek(before)
            calls = tuple(name for name, _ in LINE.findall(log.read()))
        return answer, calls

    @contextmanager
    def broken(self, call: str) -> Iterator[None]:
        """That function fails meanwhile."""
        self._broken.write_text(call)
        try:
            yield
        finally:
            self._broken.write_text("")

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the process ended with {self._process.wait()}"
        return line


@contextmanager
def prober(uri: str, folder: Path, library: Path, broken: str = "") -> Iterator[Prober]:
    """The process on a connection. `broken`: a call that fails from the beginning."""
    log, switch = folder / "client.log", folder / "broken"
    log.unlink(missing_ok=True)
    switch.write_text(broken)
    variables = {"LD_PRELOAD": str(library), SWITCH: str(switch), **environment(log)}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.lab.libvirt.probing", uri],
        env={**os.environ, **variables},
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Prober(process, log, switch)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(30)
        finally:
            process.kill()
            process.wait()


def asked(fact: Fact) -> set[str]:
    """Calls that a fact rests on."""
    return {each.call for each in evidence(fact) if each.kind == "asked"}


def evidence(fact: Fact) -> Sequence[Evidence]:
    """All evidence of a fact, what decided it first."""
    return ((fact.evidence,) if fact.evidence is not None else ()) + fact.more


def main(uri: str) -> None:
    """The process itself."""
    from novatui.backends.libvirt.driver import LibvirtDriver
    from novatui.core.connection import ConnectionSpec
    from novatui.core.states import Family, Kind
    from tests.conformance.recording import Recording

    sink = Recording()
    sink.reading = LibvirtDriver.READING
    driver = LibvirtDriver(ConnectionSpec(name="lab", family=Family.LIBVIRT, driver="libvirt", uri=uri), {}, sink)
    driver.connect()
    driver.load([Kind.HOST.value, Kind.VM.value])
    driver.watch()
    print(json.dumps({str(row["name"]): name for name, row in sink.table.items()}), flush=True)
    for line in sys.stdin:
        wanted = line.strip()
        host = wanted.removeprefix(PROFILE)
        told = driver.profile(host) if host != wanted else driver.probe(wanted)
        print(msgspec.json.encode(told).decode(), flush=True)
    driver.close()


if __name__ == "__main__":
    main(sys.argv[1])
