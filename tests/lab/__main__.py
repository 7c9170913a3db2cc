"""Starts every lab and prints its addresses: `make lab`, or `python -m tests.lab [--all]`, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt.isolation import private_network_missing
from tests.lab.libvirt.sample_machines import BUSY, populate
from tests.lab.libvirt.testfile import mock_uri, write_fleet, write_world
from tests.lab.libvirt.versions import NewerLibvirt, is_built
from tests.lab.missing import LabError, LabUnavailable
from tests.lab.sshd import Sshd
from tests.lab.workspace import Workspace

FLEET_SIZE = 1000


@dataclass(frozen=True)
class Offer:
    """One address that a console can open."""

    uri: str
    about: str


def world_files(stack: ExitStack) -> Iterator[Offer]:
    """The seeded world and a fleet, in libvirt's mock driver."""
    folder = stack.enter_context(Workspace()).path
    for name, file in write_world(folder).items():
        yield Offer(mock_uri(file), f"the seeded world's host {name} (libvirt's mock driver, nothing runs)")
    fleet = write_fleet(folder / "fleet.xml", FLEET_SIZE)
    yield Offer(mock_uri(fleet), f"{FLEET_SIZE} mock machines")


def rootless_hosts(stack: ExitStack) -> Iterator[Offer]:
    """Two real hosts with real guests; the second is reached by TCP, TLS and ssh too."""
    taps = 0 if private_network_missing() else 1
    first = stack.enter_context(LibvirtHost("atlas", taps=taps))
    populate(first)
    yield Offer(first.uri, f"a rootless libvirt host; its guest {BUSY} uses CPU, disk{' and network' if taps else ''}")
    second = stack.enter_context(LibvirtHost("borea", tcp=True, tls=True))
    second.start_guest(GuestSpec("quiet", title="Idles"))
    second.start_guest(GuestSpec("loaded", title="Dirties memory", dirty=(32, 16)))
    yield Offer(second.uri, "a second rootless host with two guests")
    yield Offer(second.tcp_uri, "the second host by TCP")
    yield Offer(second.tls_uri, "the second host by TLS")
    try:
        server = stack.enter_context(Sshd(second))
    except LabUnavailable as reason:
        say(f"  no ssh: {reason}")
        return
    yield Offer(server.libvirt_uri(), f"the second host by ssh, as {server.account}")


def newer_host(stack: ExitStack) -> Iterator[Offer]:
    """The libvirt of bookworm-backports."""
    tree = stack.enter_context(NewerLibvirt())
    host = stack.enter_context(tree.host("north"))
    host.start_guest(GuestSpec("modern", title="Runs under a newer QEMU", disk_mib=64, disk_writes=True))
    yield Offer(host.uri, f"a rootless host with libvirt {tree.versions()['libvirt-daemon']}")


def start(title: str, lab: Callable[[ExitStack], Iterator[Offer]], stack: ExitStack) -> int:
    """Print one lab's addresses as they come; returns how many."""
    say(f"# {title}")
    offered = 0
    try:
        for offer in lab(stack):
            print(f"novatui -c {quoted(offer.uri)}   # {offer.about}", flush=True)
            offered += 1
    except (LabUnavailable, LabError) as reason:
        say(f"  cannot run: {reason}")
    return offered


def quoted(uri: str) -> str:
    """For a shell, where `&` and `?` mean something."""
    return f"'{uri}'" if set(uri) & set("&?[]*") else uri


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.lab", description="Start every lab, print its addresses, wait for Ctrl-C."
    )
    parser.add_argument(
        "--all", action="store_true", help="build the newer libvirt too, if it is not there (root, minutes)"
    )
    everything = parser.parse_args().all

    asked_to_end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: asked_to_end.set())
    labs: list[tuple[str, Callable[[ExitStack], Iterator[Offer]]]] = [
        ("the seeded world", world_files),
        ("rootless libvirt hosts", rootless_hosts),
    ]
    if everything or is_built():
        labs.append(("a newer libvirt", newer_host))
    else:
        say("# a newer libvirt: not built; --all builds it (as root)")
    with ExitStack() as stack:
        offered = 0
        for title, lab in labs:
            if not asked_to_end.is_set():
                offered += start(title, lab, stack)
        if not offered:
            return 1
        say("# Ctrl-C ends the labs")
        asked_to_end.wait()
        say("# ending")
    return 0


if __name__ == "__main__":
    sys.exit(main())
