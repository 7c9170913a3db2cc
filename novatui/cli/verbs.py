"""Every verb of the command line: what it does, what it takes, what its `--help` says, and the function behind it."""

from __future__ import annotations

import argparse
import math

from novatui.cli.verb import EXIT_CODES, FILTERS, HAPPENINGS, JSON, OBJECTS, Verb, as_json
from novatui.cli.verbs_caps import CAPS
from novatui.cli.verbs_changing import CHANGING, changing
from novatui.core.states import Kind

__all__ = ["EXIT_CODES", "VERBS", "Verb", "count", "seconds"]


def seconds(text: str) -> float:
    """A span of time on the command line: more than 0, and finite."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"`{text}` is no number of seconds above 0")
    return value


def count(text: str) -> int:
    """A number of things on the command line: 1 or more."""
    if not (text.isascii() and text.isdigit() and int(text[:9])):
        raise argparse.ArgumentTypeError(f"`{text}` is no whole number above 0")
    return int(text)


def _nothing(parser: argparse.ArgumentParser) -> None:
    del parser


def _filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("filters", nargs="*", metavar="FILTER", help="a term of the query language")


def _kind(parser: argparse.ArgumentParser) -> None:
    kinds = [kind.value for kind in Kind]
    parser.add_argument(
        "--kind",
        action="append",
        choices=kinds,
        metavar="KIND",
        help=f"{', '.join(kinds)} (repeatable; default: vm and container)",
    )


def _targets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="names or URIs; default: all that are configured")


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--vms", type=count, metavar="N", help="number of machines (default 1000)")
    parser.add_argument("--seed", type=int, metavar="S", help="another fleet; the same seed gives the same one")


def _find(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("filters", nargs="*", metavar="NAME", help="a name or a part of it; any filter")


def _screenshots(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="pictures to take; default: all")
    parser.add_argument("--folder", default="screenshots", metavar="DIR", help="where to (default: ./screenshots)")


def _ls(parser: argparse.ArgumentParser) -> None:
    _filters(parser)
    _kind(parser)
    parser.add_argument("--sort", metavar="KEY", help="order by a column or metric; KEY:desc for the highest first")
    parser.add_argument("--metrics", action="store_true", help="measure until rates are known (two readings)")
    as_json(parser)


def _show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("object", metavar="OBJECT", help="a reference, a uuid, connection/name or an exact name")
    parser.add_argument("--raw", action="store_true", help="the native form alone (domain XML, JSON record …)")
    as_json(parser)


def _screen_of(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("object", metavar="OBJECT", help="a machine that runs")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument(
        "--webmks",
        dest="way",
        action="store_const",
        const="webmks",
        default="webmks",
        help="an address for a WebMKS console (default)",
    )
    ways.add_argument("--vmrc", dest="way", action="store_const", const="vmrc", help="one for VMware Remote Console")
    ways.add_argument(
        "--screenshot",
        dest="picture",
        nargs="?",
        const="",
        metavar="FILE",
        help="a picture of the screen as PNG, into FILE or, unnamed, below the state directory",
    )
    parser.add_argument(
        "--hold", type=seconds, default=300.0, metavar="SECONDS", help="with --vmrc: keep the session (default 300)"
    )
    parser.add_argument("--unlock", metavar="TICKET", help="lift the protection of the connection for this command")
    as_json(parser)


def _watch(parser: argparse.ArgumentParser) -> None:
    _filters(parser)
    parser.add_argument("--for", dest="seconds", type=seconds, metavar="SECONDS", help="stop after so long")
    parser.add_argument("--samples", action="store_true", help="metrics, too")
    as_json(parser)


def _feed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("filters", nargs="*", metavar="FILTER", help="a term of the filter language for happenings")
    parser.add_argument("--follow", action="store_true", help="go on with what comes until interrupted")
    parser.add_argument("-n", "--lines", type=count, metavar="N", help="at most so many")
    as_json(parser)


def _tasks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("filters", nargs="*", metavar="FILTER", help="a term of the filter language; or: cancel ID")
    parser.add_argument("--follow", action="store_true", help="go on with what comes until interrupted")
    parser.add_argument("-n", "--lines", type=count, metavar="N", help="at most so many")
    changing(parser)


def _alarms(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "filters", nargs="*", metavar="FILTER", help="a term of the filter language; or: acknowledge OBJECT …"
    )
    parser.add_argument("--alarm", default="", metavar="NAME", help="for acknowledge: this one; without it all")
    parser.add_argument("--follow", action="store_true", help="go on with what comes until interrupted")
    parser.add_argument("-n", "--lines", type=count, metavar="N", help="at most so many")
    changing(parser)


def _top(parser: argparse.ArgumentParser) -> None:
    _filters(parser)
    parser.add_argument("--follow", action="store_true", help="again and again until interrupted")
    parser.add_argument("--sort", metavar="KEY", help="order by this metric or column, highest first (default cpu)")
    parser.add_argument("-n", "--lines", type=count, metavar="N", help="at most so many objects")
    as_json(parser)


def _doctor(parser: argparse.ArgumentParser) -> None:
    _targets(parser)
    parser.add_argument("--bundle", metavar="FILE", help="write the report with configuration and log, without secrets")
    as_json(parser)


def _audit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["show", "verify"], metavar="ACTION", help="show or verify")
    as_json(parser)


def _config(parser: argparse.ArgumentParser) -> None:
    actions = ["path", "check", "show", "add", "trust", "import", "example"]
    parser.add_argument("action", choices=actions, metavar="ACTION", help=", ".join(actions))
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="a key for `show`, a connection for `trust`, a URI for `add`"
    )
    parser.add_argument("called", nargs="?", metavar="NAME", help="for `add`: what to call it; default: its host")
    parser.add_argument("--group", metavar="LABEL", default="", help="for `add`: label in the tree")
    parser.add_argument("--user", metavar="USER", default="", help="for `add`: account, when the URI names none")
    parser.add_argument("--via", metavar="ssh://HOST", default="", help="for `add`: machine that the worker runs on")
    parser.add_argument("--protected", action="store_true", help="for `add`: production, changes need an unlock")
    parser.add_argument("--yes", action="store_true", help="for `import`: write it, do not only show it")
    parser.add_argument("--keys", action="store_true", help="for `example`: keys.toml, the keys of the console")
    as_json(parser)


def _completion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=["bash", "zsh", "fish", "words"], metavar="SHELL", help="bash, zsh or fish")
    parser.add_argument("line", nargs="?", default="", help=argparse.SUPPRESS)


VERBS: dict[str, Verb] = {
    "demo": Verb(
        summary="console on the embedded demo fleet: six connections of five families, moving, no network",
        command="novatui.cli.console:demo",
        takes=_demo,
    ),
    "find": Verb(
        summary="console opened on what has this name, or a part of it",
        command="novatui.cli.console:find",
        takes=_find,
        manual="Type another filter with / once it is open; Esc shows everything.",
    ),
    "screenshots": Verb(
        summary="pictures of the console, taken from a demo fleet that stands still",
        command="novatui.cli.screenshots:screenshots",
        takes=_screenshots,
        manual="SVG and plain text; PNG, too, where rsvg-convert is installed.",
    ),
    "ls": Verb(
        summary="list objects that match a filter",
        command="novatui.cli.listing:ls",
        takes=_ls,
        manual=f"""{FILTERS}

{JSON}

examples:
  novatui ls                             machines and containers of all configured connections
  novatui ls -c qemu:///system --json    one libvirt host, as JSON
  novatui ls power:running 'mem>80%'     running machines that use more than 80 % of their memory
  novatui ls --kind host --kind datastore""",
    ),
    "show": Verb(
        summary="one object in full",
        command="novatui.cli.show:show",
        takes=_show,
        manual=f"""{OBJECTS}

{JSON}

examples:
  novatui show web-1
  novatui show kvm1/web-1 --json
  novatui show kvm1:vm:6695eb01-f6a4-8304-79aa-97f2502e193f --raw""",
    ),
    "screen": Verb(
        summary="a one-time address of a machine's screen, for a program beside this one; or a picture of it",
        command="novatui.cli.screens:screen",
        takes=_screen_of,
        manual=f"""The address has a ticket in it: whoever reads it gets in, once. It is printed on standard output and
nowhere else; the journal has who asked, when, for what. A ticket of --vmrc is a login as the connection's
account, and dies with the session that it was taken in: --hold says how long that stays open, Ctrl-C ends it.
A locked connection gives no ticket; a picture only where that writes nothing.
Served by vSphere; other products say why not.

{OBJECTS}

examples:
  novatui screen vc-east/web-1
  novatui screen vc-east/web-1 --vmrc --hold 60
  novatui screen vc-east/web-1 --screenshot web-1.png""",
    ),
    "watch": Verb(
        summary="changes, tasks and events as they come, one a line",
        command="novatui.cli.watching:watch",
        takes=_watch,
        manual=f"""With --json each line is an object with "type": upsert, remove, sample, task, event or connection.
Only what happens from now on is told; `ls` gives what is there.

{FILTERS}

{JSON}

examples:
  novatui watch --for 60
  novatui watch --json tag:prod | jq -c 'select(.type == "event")'""",
    ),
    "top": Verb(
        summary="one table of current metrics, busiest first",
        command="novatui.cli.top:top",
        takes=_top,
        manual=f"""With --json one document; with --json --follow one sample a line.

{FILTERS}

{JSON}

examples:
  novatui top -n 20
  novatui top --sort net.rx fam:libvirt
  novatui top --follow""",
    ),
    "caps": CAPS,
    **CHANGING,
    "tasks": Verb(
        summary="long operations of all connections: what runs, and what ended last; cancel ID ends one",
        command="novatui.cli.feed:tasks",
        takes=_tasks,
        manual=f"""A percentage is shown only where the product states one.
With --follow one line per change, with --json each an object with "type": "task".

{HAPPENINGS}

{JSON}

examples:
  novatui tasks state:running
  novatui tasks user:oncall severity:error --json
  novatui tasks cancel N-17
  novatui tasks cancel kvm1/migration:6695eb01-f6a4-8304-79aa-97f2502e193f --confirm db-1""",
    ),
    "events": Verb(
        summary="events of all connections on one clock, the latest last",
        command="novatui.cli.feed:events",
        takes=_feed,
        manual=f"""Clocks that are wrong are corrected by the shortest delays of live events.
Equal events of one object within ten minutes are folded into one, with their number.
With --follow one line per event, with --json each an object with "type": "event".

{HAPPENINGS}

{JSON}

examples:
  novatui events since:1h severity:error
  novatui events --follow fam:vsphere""",
    ),
    "alarms": Verb(
        summary="what is above its limits or in a bad state, and the alarms of the products",
        command="novatui.cli.alarms:alarms",
        takes=_alarms,
        manual=f"""Limits come from `[alarms]` of the configuration (see `novatui config example`).
What is above a limit, but not for as long as the rule wants, is pending.
An unknown value neither raises nor ends an alarm: it shows as stale.
With --follow one line when an alarm is raised, changes its level or is over, with --json each an object with
"type": "alarm" and "change": raised, changed, acknowledged or over.
"acknowledged" is what was said in the console, "at_server" what the product tells (null: it does not).
acknowledge OBJECT … tells the server that its alarms are known: for everybody, and for good. vSphere only.

{HAPPENINGS}

{JSON}

examples:
  novatui alarms severity:critical ack:no
  novatui alarms --follow rule:connection.lost,crash
  novatui alarms acknowledge db-1 --alarm 'Virtual machine CPU usage' --yes""",
    ),
    "doctor": Verb(
        summary="check terminal, libraries, configuration, and each connection step by step",
        command="novatui.cli.doctor:doctor",
        takes=_doctor,
        manual="""Each connection is made anew and shown step by step: resolve, connect, TLS, auth, first list.
Exit 2 when the configuration is wrong, 3 when a connection cannot be made.
--bundle writes a .tar.gz for a ticket. It holds host and account names, but no secret.

examples:
  novatui doctor
  novatui doctor --bundle ticket.tar.gz
  novatui doctor qemu+ssh://root@kvm1.example.org/system""",
    ),
    "audit": Verb(
        summary="show or verify the journal of changes",
        command="novatui.cli.audit:audit",
        takes=_audit,
        manual="""`show` prints every record in order.
`verify` recomputes the chain of hashes: exit 0 when it is whole (also when it is empty), 1 with the number
of the first record that does not fit.""",
    ),
    "config": Verb(
        summary="where the configuration is, what it says, whether it is right",
        command="novatui.cli.configure:configure",
        takes=_config,
        manual="""path      files that are read and written
check     every problem of every source; exit 2 when there is one
show      all values and where each was set; `show KEY` one value with its history
add       one connection to your file: `add URI [NAME]`; without a URI it asks, on a terminal
trust     show a server's certificate and, on a terminal, store its fingerprint: `trust NAME`
import    libvirt's uri_aliases and GOVC_* variables as connections: shows them, --yes writes them
example   a commented configuration to start from; with --keys: a commented keys.toml

`add` takes --password-from REFERENCE, --tls TRUST, --ro, too; nothing in the file is changed but its end.

examples:
  novatui config add qemu+ssh://root@kvm1.example.org/system
  novatui config add proxmox://root@pam@pve1.example.org lab --password-from keyring:novatui/lab
  novatui config show prod.tls
  novatui config example --keys > ~/.config/novatui/keys.toml""",
    ),
    "completion": Verb(
        summary="a script that lets bash, zsh or fish complete verbs, options, connections and objects",
        command="novatui.cli.completion:completion",
        takes=_completion,
        manual="""Names of objects are those of the last known inventory: nothing is opened or asked.

to install:
  novatui completion bash > ~/.local/share/bash-completion/completions/novatui
  novatui completion zsh > ~/.zfunc/_novatui        with  fpath=(~/.zfunc $fpath); autoload -U compinit; compinit
  novatui completion fish > ~/.config/fish/completions/novatui.fish""",
    ),
    "worker": Verb(
        summary="the worker end on standard input and output, as a console elsewhere starts it over ssh",
        command="novatui.cli.worker:worker",
        takes=_nothing,
    ),
}
"""By word; anything else that a command line begins with is a target for the console."""
