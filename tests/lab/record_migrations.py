"""Records real live migrations between two rootless hosts: `python -m tests.lab.record_migrations`.

Everything is libvirt's own library: jobStats every 250 ms, events, and what was done meanwhile. A migration that does
not end is aborted, and the recording says so. Words choose the scenarios whose name contains one of them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import libvirt

from tests.lab.libvirt import recordings
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guest.build import UP_MARKER
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt.migration_scenarios import FIRST, FRESH, LATER, Action, Scenario
from tests.lab.libvirt.moves import ABORTED, HIGHEST_BANDWIDTH_MIB, ON_LOOPBACK, Move, fresh_disk_on, quiet, said, state
from tests.lab.missing import LabError, LabUnavailable, program
from tests.lab.workspace import CHECKOUT

INTERVAL_S = 0.25
LAST_EVENTS_S = 2.0
SETTLE_S = 2.0

PANIC = "Kernel panic"

#: Part of a copied disk that holds data; the rest is never sent.
WRITTEN_SHARE = 0.75


class Recorder:
    """One run of one scenario. Lines come from several threads; each is appended whole."""

    def __init__(self, scenario: Scenario, hosts: tuple[LibvirtHost, LibvirtHost], links: Links) -> None:
        self.scenario = scenario
        self.source, self.target = hosts
        self.links = links
        self.lines: list[recordings.Line] = []
        self.limits = {"bandwidth_mib_s": scenario.bandwidth, "downtime_ms": 0}
        self.aborted_by = ""

    def run(self, path: Path) -> recordings.Line:
        """Boot, migrate, write the recording; returns the outcome line."""
        self.guest = self._define()
        try:
            self._boot()
            self.domain = self.links.source.lookupByUUIDString(self.guest.uuid)
            if self.scenario.downtime_ms:
                self.domain.migrateSetMaxDowntime(self.scenario.downtime_ms)
            self.limits["downtime_ms"] = self.domain.migrateGetMaxDowntime()
            header = self._header()
            self._migrate()
            outcome = self._outcome()
            if PANIC in self.source.console(self.guest)[self.said_before :]:
                raise LabError(f"the guest's kernel gave up, so nothing is recorded of: {outcome}")
            recordings.write(path, header, self.lines, outcome)
            return outcome
        finally:
            self._clear()

    def note(self, **line: Any) -> None:
        self.lines.append({"t": self._now(), **line})

    def _now(self) -> float:
        return round(time.monotonic() - self.move.started, 3)

    def _define(self) -> GuestSpec:
        scenario = self.scenario
        guest = self.source.define_guest(
            GuestSpec(
                "recorded",
                memory_mib=scenario.memory_mib,
                vcpus=scenario.vcpus,
                dirty=scenario.dirty,
                disk_mib=scenario.disk_mib,
            )
        )
        if scenario.disk_mib:
            command = f"write -P 7 0 {int(scenario.disk_mib * WRITTEN_SHARE)}M"
            file = str(self.source.images / f"{guest.uuid}.qcow2")
            subprocess.run([program("qemu-io"), "-c", command, file], check=True, capture_output=True)
        return guest

    def _boot(self) -> None:
        """Start the guest, and wait until it does what it was made for."""
        self.said_before = len(self.source.console(self.guest))
        self.source.virsh("start", self.guest.name)
        working = "dirtied " if self.scenario.dirty else UP_MARKER
        self.source.wait_console(self.guest, working, start=self.said_before)
        time.sleep(SETTLE_S)

    def _header(self) -> recordings.Line:
        scenario = self.scenario
        self.flags = ["live", "peer2peer", *scenario.extras]
        self.parameters: dict[str, Any] = {"bandwidth": scenario.bandwidth, **dict(scenario.parameters)}
        return {
            "scenario": scenario.name,
            "recorded": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": _commit(),
            "versions": self.links.versions(),
            "guest": {
                "memory_mib": scenario.memory_mib,
                "vcpus": scenario.vcpus,
                "dirty": scenario.dirty,
                "settled": True,
            },
            "flags": self.flags,
            "parameters": self.parameters,
            "limits": dict(self.limits),
            "patience_s": scenario.patience_s,
        }

    def _migrate(self) -> None:
        parameters = dict(self.parameters)
        if "tunnelled" not in self.flags:
            parameters |= ON_LOOPBACK
        if "storage" in self.flags:
            parameters |= fresh_disk_on(self.target, self.domain, self.guest)
        self.move = Move(self.domain, self.target.uri, self.flags, parameters)
        self.links.listener = self.note
        waiting = sorted(self.scenario.actions, key=lambda action: action.at)
        tick = 0
        while self.move.running:
            self._sample()
            while waiting and self._now() >= waiting[0].at:
                threading.Thread(target=self._act, args=(waiting.pop(0),), daemon=True).start()
            if self._now() > self.scenario.patience_s and not self.aborted_by:
                self._act(Action(0, "abort"), by="patience")
            tick += 1
            if self.move.wait(max(0.0, self.move.started + tick * INTERVAL_S - time.monotonic())):
                break
        self._wait_for_the_end()

    def _sample(self) -> None:
        try:
            stats = self.domain.jobStats()
        except libvirt.libvirtError as error:
            self.note(refused=said(error))
        else:
            self.note(stats=stats)

    def _act(self, action: Action, by: str = "plan") -> None:
        refused = None
        try:
            match action.what:
                case "bandwidth":
                    self.domain.migrateSetMaxSpeed(action.value)
                    self.limits["bandwidth_mib_s"] = action.value
                case "downtime":
                    self.domain.migrateSetMaxDowntime(action.value)
                    self.limits["downtime_ms"] = self.domain.migrateGetMaxDowntime()
                case "abort":
                    self.aborted_by = by
                    self.domain.abortJob()
                case "dirty":
                    refused = self._order(*action.value)
                case "suspend" | "resume":
                    getattr(self.domain, action.what)()
                case unknown:
                    raise LabError(f"no such action: {unknown}")
        except libvirt.libvirtError as error:
            refused = said(error)
        self.note(action=action.what, value=action.value, refused=refused, limits=dict(self.limits))

    def _order(self, megabytes: int, rate: int) -> tuple[int, str] | None:
        """Tell the guest what to write from now on."""
        try:
            self.source.type_on_console(self.guest, f"echo {megabytes} {rate} >/dirty")
        except LabError as error:
            return 0, str(error)[:200]
        return None

    def _wait_for_the_end(self) -> None:
        """The call has returned; the last events may still be under way."""
        deadline = time.monotonic() + LAST_EVENTS_S
        while self._completed() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        self.links.listener = None

    def _outcome(self) -> recordings.Line:
        error = self.move.error
        end = "done" if error is None else "cancelled" if error[0] == ABORTED and self.aborted_by else "failed"
        completed = self._completed()
        return {
            "t": round(self.move.ended - self.move.started, 3),
            "end": end,
            "by": self.aborted_by or None if end == "cancelled" else None,
            "error": error,
            "downtime_ms": completed.get("downtime") if completed and end == "done" else None,
            "completed": completed,
            "source": state(self.links.source, self.guest.uuid),
            "target": state(self.links.target, self.guest.uuid),
        }

    def _completed(self) -> dict[str, Any] | None:
        told = [
            line["value"] for line in self.lines if line.get("event") == "job-completed" and line["host"] == "source"
        ]
        return told[-1] if told else None

    def _clear(self) -> None:
        for connection in (self.links.source, self.links.target):
            for domain in connection.listAllDomains():
                if domain.isActive():
                    domain.destroy()
        self.source.virsh("undefine", self.guest.name)
        for host in (self.source, self.target):
            for file in host.images.glob(f"{self.guest.uuid}*"):
                file.unlink()


class Links:
    """The connections to both hosts, and their events; `listener` gets those of the run."""

    def __init__(self, source: LibvirtHost, target: LibvirtHost) -> None:
        self.listener: Any = None
        self.source, self.target = libvirt.open(source.uri), libvirt.open(target.uri)
        for connection, host in ((self.source, "source"), (self.target, "target")):
            for kind, name in (
                (libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, "lifecycle"),
                (libvirt.VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION, "iteration"),
                (libvirt.VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, "job-completed"),
            ):
                connection.domainEventRegisterAny(None, kind, self._told, (name, host))

    def versions(self) -> dict[str, str]:
        return {
            "libvirt": _dotted(self.source.getLibVersion()),
            "qemu": _dotted(self.source.getVersion()),
            "libvirt-python": version("libvirt-python"),
        }

    def _told(self, _connection: Any, _domain: Any, *rest: Any) -> None:
        *values, (name, host) = rest
        if self.listener:
            self.listener(event=name, host=host, value=values if len(values) > 1 else values[0])


def run_event_loop() -> None:
    """libvirt's own loop, in a thread; has to be there before the first connection."""
    libvirt.virEventRegisterDefaultImpl()

    def turn() -> None:
        while True:
            libvirt.virEventRunDefaultImpl()

    threading.Thread(target=turn, name="libvirt-events", daemon=True).start()


def _dotted(number: int) -> str:
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"


def _commit() -> str:
    words = ["git", "-C", str(CHECKOUT), "rev-parse", "--short", "HEAD"]
    try:
        told = subprocess.run(words, capture_output=True, text=True)
    except FileNotFoundError:
        return "unknown"  # a machine without git
    return told.stdout.strip() or "unknown"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.lab.record_migrations", description=__doc__)
    parser.add_argument("words", nargs="*", help="only scenarios whose name contains one of them")
    kept_apart = parser.add_mutually_exclusive_group()
    kept_apart.add_argument("--later", action="store_true", help="the scenarios kept apart, instead of the first ones")
    kept_apart.add_argument("--fresh", action="store_true", help="those kept apart when the forecast was made anew")
    parser.add_argument("--again", action="store_true", help="record anew what is there already")
    parser.add_argument("--into", type=Path, default=recordings.FOLDER)
    asked = parser.parse_args()
    chosen = [
        each
        for each in (LATER if asked.later else FRESH if asked.fresh else FIRST)
        if not asked.words or any(w in each.name for w in asked.words)
    ]
    assert all(each.bandwidth <= HIGHEST_BANDWIDTH_MIB for each in chosen)

    quiet()
    run_event_loop()
    try:
        with LibvirtHost("atlas") as source, LibvirtHost("borea") as target:
            links = Links(source, target)
            for scenario in chosen:
                path = asked.into / f"{scenario.name}.jsonl"
                if path.exists() and not asked.again:
                    continue
                try:
                    outcome = Recorder(scenario, (source, target), links).run(path)
                except LabError as reason:
                    print(f"{scenario.name}: {reason}", file=sys.stderr)
                    continue
                print(
                    f"{scenario.name}: {outcome['end']} after {outcome['t']} s, {path.stat().st_size} bytes", flush=True
                )
    except LabUnavailable as reason:
        print(f"cannot record: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
