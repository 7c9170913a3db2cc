"""`novatui caps` on the command line: what it takes, and its forms, each served by a file of its own."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from textwrap import fill

import msgspec

from novatui.cli.verb import JSON, OBJECTS, Verb
from novatui.config.errors import nearest
from novatui.core.features import FEATURE


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """Another question that `caps` answers, chosen by a switch."""

    flag: str
    """The switch, with its dashes."""
    help: str
    """Half a line for `--help`."""
    command: str
    """`module:function` that serves it, imported only when it is used."""
    objects: tuple[int, int | None] = (0, None)
    """The fewest and the most OBJECTs that it takes; None: any number."""
    takes: Callable[[argparse.ArgumentParser], None] | None = None
    """Adds its own options."""

    @property
    def word(self) -> str:
        """The switch as it is named among the options: `diff` for `--diff`."""
        return self.flag.removeprefix("--")


def _fit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fit", metavar="REQUEST", help="with --devices: which hosts could give that: `1 x mdev nvidia-63, 2 x vf`"
    )


FORMS: tuple[Form, ...] = (
    Form(
        flag="--blockers",
        help="machines that keep these hosts (default: all) from their maintenance, and what would lift it",
        command="novatui.cli.caps_blockers:blockers",
        objects=(0, None),
    ),
    Form(
        flag="--devices",
        help="devices of hosts that machines can be given: free, held by whom, in conflict",
        command="novatui.cli.caps_devices:devices",
        objects=(0, None),
        takes=_fit,
    ),
    Form(
        flag="--diff",
        help="two hosts A B side by side: processor, machine types, firmware, devices …; --wide: what is equal, too",
        command="novatui.cli.caps_diff:diff",
        objects=(2, 2),
    ),
    Form(
        flag="--posture",
        help="what costs performance or opens a door in machines and hosts, and what helps; OBJECT may be a FILTER",
        command="novatui.cli.caps_posture:posture",
    ),
    Form(
        flag="--baseline",
        help="what the processors of hosts have in common, and what each host's guests would lose; default: all hosts",
        command="novatui.cli.caps_diff:baseline",
    ),
)
"""In the order of `--help`."""


def feature(text: str) -> str:
    """A slug of the 28 features on the command line."""
    slug = text.strip().lower().replace("-", "_")
    if slug in FEATURE:
        return slug
    meant = nearest(slug, FEATURE)
    near = f"did you mean `{meant}`?" if meant else f"they are {', '.join(FEATURE)}"
    raise argparse.ArgumentTypeError(f"there is no feature `{text}`; {near}")


def _caps(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("objects", nargs="*", metavar="OBJECT", help="connections, hosts, machines; default: all")
    parser.add_argument(
        "--feature",
        dest="features",
        action="append",
        default=[],
        type=feature,
        metavar="SLUG",
        help="only this feature (repeatable)",
    )
    parser.add_argument("--fresh", action="store_true", help="ask again, whatever was answered before")
    parser.add_argument("--wide", action="store_true", help="all hosts, lines of any length, all that was answered")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--md", action="store_true", help="Markdown, for a change request or a ticket")
    shape.add_argument("--json", action="store_true", help="JSON on standard output")
    for one in FORMS:
        parser.add_argument(one.flag, dest=one.word, action="store_true", help=one.help)
        if one.takes is not None:
            one.takes(parser)


CAPS = Verb(
    summary="what connections, hosts and machines can do, with the evidence for it",
    command="novatui.cli.caps:caps",
    takes=_caps,
    manual=f"""Without OBJECT every connection is asked, and its hosts where it has several; they share a column: ◐ 9/14
means nine of fourteen hosts. One object is told with the call that decided each answer; --wide tells all calls
and what they answered.
yes, partly, no: asked on this connection, or (in brackets) declared by documents where the product has no call to
ask. not offered: the product does not have it. unknown: not asked, or the question failed; never a no.
An answer is asked for again when it is ten minutes old, when the product has another version, or with --fresh.
A connection that cannot be made is unknown with its reason, the others are answered: exit 3.

{fill(f"features: {' '.join(FEATURE)}", 110)}

{OBJECTS}

{JSON}

examples:
  novatui caps                                     a matrix of all connections
  novatui caps kvm1 --feature sriov --wide         one host, with all that it answered
  novatui caps --md > capabilities.md              the matrix, then the evidence of each cell
  novatui caps --diff kvm1 kvm2                    how two hosts differ
  novatui caps --blockers kvm1                     what keeps it from its maintenance
  novatui caps --json | jq '.facts[] | select(.feature == "live_migration" and .value != "yes")'""",
)
