"""The grammar of the command line: which verb it is, and its arguments as a namespace."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Sequence
from typing import Any, NoReturn

from novatui.cli.exits import UsageError
from novatui.cli.verbs import EXIT_CODES, VERBS, seconds
from novatui.config.errors import nearest

CONSOLE = "console"
"""What a command line is for that begins with no verb."""

_FLAG: dict[str, Any] = {"action": "store_true"}
COMMON: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (
        ("-c", "--connection"),
        {"action": "append", "default": [], "metavar": "NAME|URI", "help": "only this one (repeatable)"},
    ),
    (("--ro",), _FLAG | {"help": "look, do not touch, on every connection"}),
    (("--timeout",), {"type": seconds, "metavar": "S", "help": "seconds to wait for each connection (default 30)"}),
    (("--config",), {"metavar": "FILE", "help": "one more configuration file, on top of the others"}),
    (
        ("--password-from",),
        {"metavar": "REF", "help": "env:NAME, cmd:COMMAND, file:PATH, keyring:SERVICE/USER or prompt, for each target"},
    ),
    (("--tls",), {"metavar": "TRUST", "help": "ca:FILE, pin:SHA256 or insecure, for each target"}),
    (("--no-color",), _FLAG | {"help": "no colours; the environment variable NO_COLOR says the same"}),
    (("--debug",), _FLAG | {"help": "write a detailed log, and print its path"}),
    (("--bench",), {"metavar": "FILE", "help": "write counters as JSON at the end (-: on standard error)"}),
)
"""Options of every verb: their spellings, and how argparse takes them."""

_WITH_VALUE = frozenset(name for names, how in COMMON for name in names if "metavar" in how)

TARGETS = """TARGET: the name of a configured connection, a libvirt URI as libvirt writes it (qemu:///system,
qemu+ssh://root@kvm1/system), vsphere://user@host, hyperv://user@host, xcpng://user@host,
proxmox://user@realm!token@host, or demo://. Passwords are never part of it: see --password-from."""


class Parser(argparse.ArgumentParser):
    """A parser of one verb that raises instead of leaving the process."""

    def __init__(self, verb: str, description: str, manual: str) -> None:
        super().__init__(
            prog="novatui" if verb == CONSOLE else f"novatui {verb}",
            description=description,
            epilog=f"{manual}\n\n{EXIT_CODES}".lstrip(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def add_common(self) -> None:
        """The options of every verb."""
        group = self.add_argument_group("common options")
        for names, how in COMMON:
            group.add_argument(*names, **how)

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"see `{self.prog} --help`")

    def read(self, argv: Sequence[str]) -> Namespace:
        """The arguments; options and words in any order. UsageError names what is not understood."""
        options, unknown = self.parse_known_intermixed_args(list(argv))
        for word in unknown:
            if word.startswith("-") and word != "-":
                name = word.partition("=")[0]
                known = {option.lstrip("-"): option for option in self._option_string_actions}
                meant = known.get(nearest(name.lstrip("-"), known))
                hint = f"did you mean `{meant}`?" if meant else f"see `{self.prog} --help`"
                raise UsageError(f"there is no option {name}", hint)
        if unknown:
            self.error(f"too many words: {' '.join(unknown)}")
        return options


def parse(argv: Sequence[str]) -> Namespace:
    """The command line as a namespace with its `verb`. UsageError when it is wrong; SystemExit after `--help`."""
    at = first_word(argv)
    verb = argv[at] if at is not None and argv[at] in VERBS else CONSOLE
    rest = list(argv) if verb == CONSOLE or at is None else [*argv[:at], *argv[at + 1 :]]
    options = parser_of(verb).read(rest)
    options.verb = verb
    return options


def first_word(argv: Sequence[str]) -> int | None:
    """Where the first word stands that is neither an option nor the value of one."""
    skip = False
    for at, word in enumerate(argv):
        if skip:
            skip = False
        elif word == "--":
            return None
        elif word.startswith("-"):
            skip = word in _WITH_VALUE
        else:
            return at
    return None


def parser_of(word: str) -> Parser:
    """The parser of a verb."""
    if word == CONSOLE:
        return _console_parser()
    verb = VERBS[word]
    parser = Parser(word, f"{verb.summary[0].upper()}{verb.summary[1:]}.", verb.manual)
    verb.takes(parser)
    parser.add_common()
    return parser


def _console_parser() -> Parser:
    verbs = "\n".join(f"  {word:8}{verb.summary}" for word, verb in VERBS.items())
    parser = Parser(
        CONSOLE,
        "One live terminal console for libvirt/KVM, VMware vSphere, Hyper-V, XCP-ng and Proxmox VE.",
        f"{TARGETS}\n\nverbs (`novatui VERB --help` tells more):\n{verbs}",
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="what to open; default: all that is configured")
    parser.add_argument("--version", action="store_true", help="print the version")
    parser.add_common()
    return parser
