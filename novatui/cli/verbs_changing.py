"""Verbs that change something: what each takes, and how all of them are confirmed."""

from __future__ import annotations

import argparse

from novatui.cli.verb import JSON, OBJECTS, Verb, as_json
from novatui.core.verbs import VERBS as OPERATIONS

CONFIRMING = """Every change is planned first, confirmed in proportion to what it does, and written to the journal
before it is sent (`novatui audit show`). Where nobody can be asked: --yes for what yes or no is asked for,
--confirm NAME for what has to be typed (the name of the object, or the count of several), --unlock TICKET for a
protected connection. --plan prints the calls and changes nothing. Not confirmed, or not allowed: exit 4.
Ctrl-C leaves out what has not begun."""


def _words(noun: str) -> list[str]:
    return [verb.name.partition(".")[2] for verb in OPERATIONS.values() if verb.noun == noun]


def changing(parser: argparse.ArgumentParser) -> None:
    """What every change takes."""
    parser.add_argument("--plan", action="store_true", help="print the native calls, change nothing")
    parser.add_argument(
        "--as",
        dest="style",
        choices=["native", "virsh", "govc", "powercli"],
        default="native",
        metavar="STYLE",
        help="with --plan: native (default); or lines for virsh (libvirt), for govc or powercli (vSphere)",
    )
    parser.add_argument("--yes", action="store_true", help="yes, where yes or no is asked for")
    parser.add_argument("--confirm", metavar="NAME", help="what would have to be typed: the name, or the count")
    parser.add_argument("--unlock", metavar="TICKET", help="lift the protection of the connection for this command")
    as_json(parser)


def _applied(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--apply",
        choices=["live", "persistent", "both"],
        metavar="WHEN",
        help="live, persistent or both (default); not vSphere",
    )


def _power(parser: argparse.ArgumentParser) -> None:
    words = _words("power")
    parser.add_argument("action", choices=words, metavar="VERB", help=", ".join(words))
    parser.add_argument("objects", nargs="+", metavar="OBJECT", help="a reference, a uuid, connection/name or a name")
    parser.add_argument("--to", choices=["on", "off"], metavar="on|off", help="for autostart")
    changing(parser)


def _snap(parser: argparse.ArgumentParser) -> None:
    words = ["ls", "create", "revert", "rm"]
    parser.add_argument("action", choices=words, metavar="VERB", help=", ".join(words))
    parser.add_argument("object", nargs="?", default="", metavar="OBJECT", help="the machine")
    parser.add_argument("names", nargs="*", metavar="NAME", help="name or id of the snapshot")
    parser.add_argument(
        "--older-than",
        metavar="SPAN",
        help="for ls and rm: snapshots at least so old (14d, 12h), of the OBJECTs or of all machines",
    )
    parser.add_argument("--description", default="", metavar="TEXT", help="for create")
    parser.add_argument("--memory", action="store_true", help="for create: with the memory")
    parser.add_argument("--disk-only", action="store_true", help="for create: without the memory")
    parser.add_argument("--quiesce", action="store_true", help="for create: the guest quiets its disks first")
    parser.add_argument("--safety", action="store_true", help="for revert: take a snapshot of the state now before")
    parser.add_argument(
        "--then",
        choices=["as-saved", "running", "paused"],
        metavar="STATE",
        help="for revert: as-saved, running, paused",
    )
    parser.add_argument(
        "--children", choices=["keep", "with", "only"], metavar="WHICH", help="for rm: keep (default), with, only"
    )
    parser.add_argument("--metadata", action="store_true", help="for rm: forget the entry only, leave its data")
    changing(parser)


def _device(parser: argparse.ArgumentParser) -> None:
    words = ["ls", *_words("device")]
    parser.add_argument("action", choices=words, metavar="VERB", help=", ".join(words))
    parser.add_argument("words", nargs="*", metavar="WORD", help="HOST for ls; OBJECT DEVICE and more, see below")
    _applied(parser)
    changing(parser)


def _edit(parser: argparse.ArgumentParser) -> None:
    words = _words("edit")
    parser.add_argument("what", choices=words, metavar="WHAT", help=", ".join(words))
    parser.add_argument("object", metavar="OBJECT", help="the machine")
    parser.add_argument("values", nargs="*", metavar="VALUE", help="what it takes, in order or as NAME=VALUE")
    _applied(parser)
    changing(parser)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:9])):
        raise argparse.ArgumentTypeError(f"`{text}` is no whole number above 0")
    return int(text)


def _levers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bandwidth", metavar="B", help="bytes per second at most: 200M, 1G")
    parser.add_argument("--downtime", type=_count, metavar="MS", help="milliseconds that the guest may pause for")
    parser.add_argument("--post-copy", action="store_true", help="armed at the start; with `set`: switch to it now")


def _migrate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("object", metavar="OBJECT", help="the machine")
    parser.add_argument("host", nargs="?", default="", metavar="HOST", help="the host it goes to")
    parser.add_argument("--check", action="store_true", help="tell where it can run, or whether on HOST")
    parser.add_argument("--storage", metavar="DS", help="copy its disks, to this store")
    parser.add_argument(
        "--copy-storage", choices=["copy", "changed"], metavar="HOW", help="copy its disks: copy, changed (not vSphere)"
    )
    parser.add_argument("--offline", action="store_true", help="move the definition of a machine that is off")
    parser.add_argument("--auto-converge", action="store_true", help="slow the guest when it does not end")
    parser.add_argument("--parallel", type=_count, metavar="N", help="connections for its memory")
    parser.add_argument(
        "--compress", nargs="?", const="xbzrle", choices=["xbzrle", "mt", "zlib", "zstd"], metavar="HOW",
        help="xbzrle (default), mt, zlib, zstd",
    )  # fmt: skip
    parser.add_argument("--priority", choices=["default", "high", "low"], help="against other moves (vSphere)")
    parser.add_argument("--client", action="store_true", help="led by this command, and ended with it")
    parser.add_argument("--tunnelled", action="store_true", help="through the management connection")
    parser.add_argument("--persist", action="store_true", help="define it at the destination")
    parser.add_argument("--undefine", action="store_true", help="remove its definition at the source")
    parser.add_argument("--uri", default="", metavar="URI", help="the destination as the source host reaches it")
    parser.add_argument("--data-uri", default="", metavar="URI", help="where its memory goes: tcp://ADDRESS")
    parser.add_argument("--watch", action="store_true", help="tell how it goes, a line each change")
    _levers(parser)
    changing(parser)


def _evacuate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("host", metavar="HOST", help="the host that is to be emptied")
    parser.add_argument("--limit", type=_few, metavar="N", help="machines at the same time: 1 to 4 (default 2)")
    parser.add_argument("--skip", action="append", default=[], metavar="NAME", help="leave this machine (repeatable)")
    parser.add_argument("--resume", action="store_true", help="take up one that was cut off")
    parser.add_argument("--watch", action="store_true", help="tell how each goes, a line each change")
    changing(parser)


def _host(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["maintenance", "return"], help="into maintenance, or out of it")
    parser.add_argument("host", metavar="HOST", help="the host")
    parser.add_argument("--off", action="store_true", help="move machines that are off, too")
    parser.add_argument("--data", choices=["reachable", "all", "none"], help="its share of vSAN's data")
    changing(parser)


def _cluster(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["apply", "dismiss"], help="carry a recommendation out, or dismiss it")
    parser.add_argument("cluster", metavar="CLUSTER", help="the cluster")
    parser.add_argument("recommendation", metavar="KEY", help="as `novatui show CLUSTER` lists it")
    changing(parser)


def _few(text: str) -> int:
    if text not in {"1", "2", "3", "4"}:
        raise argparse.ArgumentTypeError(f"`{text}` is none of 1, 2, 3, 4")
    return int(text)


def _migrations(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="ACTION", help="cancel OBJECT or set OBJECT; without one: list")
    parser.add_argument("--follow", action="store_true", help="go on with what comes until interrupted")
    parser.add_argument("--pause", action="store_true", help="for set: pause the guest until it has moved")
    _levers(parser)
    changing(parser)


def _manual(*parts: str) -> str:
    return "\n\n".join((*parts, CONFIRMING, OBJECTS, JSON))


CHANGING: dict[str, Verb] = {
    "power": Verb(
        summary="start, stop, pause and wake machines",
        command="novatui.cli.power:power",
        takes=_power,
        manual=_manual(
            """pause and resume keep the machine in memory, suspend and wake put it on disk; shutdown and reboot ask the
guest, reset and off do not. autostart takes --to on|off.""",
            """examples:
  novatui power start web-1 web-2 --yes
  novatui power off kvm1/db-1 --confirm db-1
  novatui power shutdown web-1 --plan --as virsh""",
        ),
    ),
    "snap": Verb(
        summary="snapshots: list, take, go back, delete, clean up old ones",
        command="novatui.cli.snap:snap",
        takes=_snap,
        manual=_manual(
            """ls OBJECT                          as a tree
create|revert|rm OBJECT NAME       one snapshot of one machine
ls|rm --older-than SPAN [OBJECT …] old snapshots of these machines, or of all: rm deletes them in one run, of each
                                   machine the youngest first; --confirm takes their number. Those that cannot be
                                   deleted are named and left.""",
            """examples:
  novatui snap ls db-1
  novatui snap create db-1 before-update --memory --yes
  novatui snap revert db-1 before-update --safety --confirm db-1
  novatui snap ls --older-than 14d
  novatui snap rm --older-than 14d --plan
  novatui snap rm --older-than 14d db-1 web-1 --confirm 6""",
        ),
    ),
    "device": Verb(
        summary="devices of hosts: list them, give them to machines and take them back",
        command="novatui.cli.device:device",
        takes=_device,
        manual=_manual(
            """ls [HOST]                          devices with driver, IOMMU group, NUMA node and holder
attach OBJECT DEVICE               to a machine; detach the same (--apply live|persistent|both)
mdev_create HOST DEVICE TYPE       a mediated device; mdev_remove HOST DEVICE
vfs HOST DEVICE COUNT              number of virtual functions of a physical one""",
        ),
    ),
    "edit": Verb(
        summary="what a machine has: processors, memory, disks, interfaces, media, name, notes; what a pool may take",
        command="novatui.cli.edit:edit",
        takes=_edit,
        manual=_manual(
            """examples:
  novatui edit vcpus web-1 4 --apply live --yes
  novatui edit memory web-1 8G --apply persistent --confirm web-1
  novatui edit iso_insert web-1 /srv/iso/debian-12.iso target=sda --yes
  novatui edit pool prod cpu_limit=8000 memory_reservation=64G memory_shares=high --yes""",
        ),
    ),
    "migrate": Verb(
        summary="move a machine to another host",
        command="novatui.cli.migrate:migrate",
        takes=_migrate,
        manual=_manual(
            """A migration is led by the source host (peer-to-peer), so it goes on when this command ends; with
--client it is led from here. --watch tells each reading; with --json each is an object with "type": "migration".""",
            """examples:
  novatui migrate db-1 --check
  novatui migrate db-1 kvm-12 --auto-converge --post-copy --watch --yes
  novatui migrate db-1 kvm-12 --storage nvme --bandwidth 400M --plan --as virsh""",
        ),
    ),
    "evacuate": Verb(
        summary="move every machine away from a host, as far as they can go",
        command="novatui.cli.evacuate:evacuate",
        takes=_evacuate,
        manual=_manual(
            """Every host of the family is asked about every machine. Machines that cannot go stay, with the reason
(exit 1 then, even when all others have gone). Asked for: the name of the host. Cut off by a crash it is taken up with
--resume: what has moved, or moves, is never sent again.""",
            """examples:
  novatui evacuate kvm-03 --plan
  novatui evacuate kvm-03 --limit 1 --skip db-1 --confirm kvm-03
  novatui evacuate kvm-03 --resume --confirm kvm-03""",
        ),
    ),
    "host": Verb(
        summary="take a host into maintenance and out of it",
        command="novatui.cli.host:host",
        takes=_host,
        manual=_manual(
            """A host with machines that run is emptied first (`novatui evacuate HOST`), unless its cluster moves them
away by itself. It can be cancelled as long as it waits: `novatui tasks cancel`.""",
            """examples:
  novatui host maintenance esx-03 --plan
  novatui evacuate esx-03 --confirm esx-03 && novatui host maintenance esx-03 --off --confirm esx-03
  novatui host return esx-03""",
        ),
    ),
    "cluster": Verb(
        summary="recommendations of a cluster's balancer: carry out, dismiss",
        command="novatui.cli.cluster:cluster",
        takes=_cluster,
        manual=_manual(
            """`novatui show CLUSTER` lists them with key, what they would move, priority, age and reason.""",
            """examples:
  novatui show cluster-a
  novatui cluster apply cluster-a 41 --yes
  novatui cluster dismiss cluster-a 41""",
        ),
    ),
    "migrations": Verb(
        summary="what moves, how far, and whether it will end; set and cancel steer one",
        command="novatui.cli.migrations:migrations",
        takes=_migrations,
        manual=_manual(
            """The verdict says whether a migration ends by itself: docs/verdict.md has the arithmetic. After the first
pass over memory there is no percentage, except where the product states one itself.""",
            """examples:
  novatui migrations
  novatui migrations --follow --json
  novatui migrations set db-1 --downtime 2000 --yes
  novatui migrations cancel db-1 --yes""",
        ),
    ),
}
