"""Host files of libvirt's mock driver (`test:///path.xml`): the seeded world, or a fleet of any size.

    python -m tests.lab.libvirt.testfile FOLDER         writes FOLDER/<host>.xml for every host of the world
    python -m tests.lab.libvirt.testfile FILE COUNT     writes a host with COUNT domains

What such a file cannot say, so that the mock host differs from the world: autostart; networks and pools are always
active; every pool has 100 GiB. The snapshots of a fleet come without a domain inside, as old libvirt wrote them: the C
library warns about each on stderr, which a console must survive.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

from tests.conformance.world import Host, Snapshot, Vm, World, load
from tests.lab.libvirt.domain_xml import TAGS_NAMESPACE, VolumePath, domain_xml, pool_path
from tests.lab.libvirt.host_xml import network_xml, node_devices_xml, pool_xml

#: virDomainState of each power state of the world; a saved machine is shut off and has an image.
RUN_STATES = {"running": 1, "paused": 3, "off": 5, "saved": 5}
SNAPSHOT_STATES = {"running": "running", "paused": "paused", "off": "shutoff"}


def mock_uri(file: Path) -> str:
    """The address of a host file."""
    return f"test://{file}"


def write_world(folder: Path, world: World | None = None) -> dict[str, Path]:
    """One file per host of the world, by host name."""
    world = world or load()
    files = {}
    for host in world.host:
        files[host.name] = folder / f"{host.name}.xml"
        domains = (_domain(vm, pool_path(host)) for vm in world.vms_of(host.name))
        write_host(files[host.name], host, domains)
    return files


def write_fleet(file: Path, count: int, seed: int = 0) -> Path:
    """A host with `count` domains named vm00000, vm00001…: states, sizes, disks, NICs, snapshots vary with the seed."""
    dice = random.Random(seed)
    host = load().host[0]
    write_host(file, host, (_generated(number, dice) for number in range(count)))
    return file


def write_host(file: Path, host: Host, domains: Iterable[str]) -> None:
    """The file of a host with these domains, each as domain XML."""
    with file.open("w", encoding="utf-8") as out:
        out.write("<?xml version='1.0' encoding='UTF-8'?>\n<node>\n")
        nodes = max(1, len(host.cell))
        out.write(
            f"<cpu><mhz>{host.cpu_mhz}</mhz><model>{escape(host.cpu_model)}</model><active>{host.cpus}</active>"
            f"<nodes>{nodes}</nodes><sockets>{host.sockets // nodes or 1}</sockets><cores>{host.cores}</cores>"
            f"<threads>{host.threads}</threads></cpu><memory>{host.memory_mib * 1024}</memory>\n"
        )
        out.writelines(f"{domain}\n" for domain in domains)
        out.writelines(f"{network_xml(network)}\n" for network in host.network)
        out.writelines(f"{pool_xml(pool, volumes=True)}\n" for pool in host.pool)
        out.writelines(f"{device}\n" for device in node_devices_xml(host))
        out.write("</node>\n")


def _domain(vm: Vm, path: VolumePath) -> str:
    plain = domain_xml(vm, "test", path)
    saved = "<test:hasmanagedsave>1</test:hasmanagedsave>" if vm.state == "saved" else ""
    snapshots = "".join(_snapshot(snapshot, plain) for snapshot in vm.snapshot)
    return domain_xml(vm, "test", path, f"<test:runstate>{RUN_STATES[vm.state]}</test:runstate>{saved}{snapshots}")


def _snapshot(snapshot: Snapshot, domain: str) -> str:
    parent = f"<parent><name>{escape(snapshot.parent)}</name></parent>" if snapshot.parent else ""
    about = f"<description>{escape(snapshot.description)}</description>" if snapshot.description else ""
    return (
        f"<test:domainsnapshot><name>{escape(snapshot.name)}</name>{about}"
        f"<state>{SNAPSHOT_STATES[snapshot.state]}</state>{parent}"
        f"<creationTime>{int(snapshot.created.timestamp())}</creationTime>{domain}"
        f"<active>{int(snapshot.current)}</active></test:domainsnapshot>"
    )


def _generated(number: int, dice: random.Random) -> str:
    state = dice.choices((1, 3, 5), (70, 5, 25))[0]
    memory = dice.choice((512, 1024, 2048, 4096, 8192, 16384))
    disks = "".join(
        f"<disk type='file' device='disk'><driver name='qemu' type='{dice.choice(('qcow2', 'raw'))}'/>"
        f"<source file='/images/{number}-{letter}'/><target dev='vd{letter}' bus='virtio'/></disk>"
        for letter in "abc"[: dice.choice((1, 1, 1, 2, 3))]
    )
    nic = (
        f"<interface type='network'><mac address='52:54:00:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:"
        f"{number & 255:02x}'/><source network='default'/><model type='virtio'/></interface>"
    )
    tag = dice.choice(("prod", "lab", "test"))
    tags = f"<metadata><tags xmlns='{TAGS_NAMESPACE}'><tag>{tag}</tag></tags></metadata>"
    snapshot = (
        "<test:domainsnapshot><name>base</name><state>running</state>"
        f"<creationTime>{1_700_000_000 + number}</creationTime><active>1</active></test:domainsnapshot>"
    )
    return (
        "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>"
        f"<name>vm{number:05d}</name><uuid>0f1ee700-0000-4000-8000-{number:012x}</uuid>{tags}"
        f"<memory unit='MiB'>{memory}</memory><vcpu>{dice.choice((1, 2, 4, 8))}</vcpu>"
        f"<os><type>hvm</type></os><devices>{disks}{nic}</devices>"
        f"<test:runstate>{state}</test:runstate>{snapshot if number % 10 == 0 else ''}</domain>"
    )


if __name__ == "__main__":
    target = Path(sys.argv[1]).absolute()
    written = [write_fleet(target, int(sys.argv[2]))] if len(sys.argv) > 2 else list(write_world(target).values())
    for each in written:
        print(mock_uri(each))
