"""`novatui config add`: one more connection in the user's file, from the command line or by questions."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence

from novatui.cli import exits
from novatui.cli.complaint import complain, narrate
from novatui.cli.streams import can_ask, say, say_json
from novatui.config.discovery import Found, Surroundings, discover
from novatui.config.draft import Draft, draft, same_target
from novatui.config.edit import add_connections
from novatui.config.errors import ConfigError, shorten_home
from novatui.config.load import Loaded, load
from novatui.config.paths import user_paths
from novatui.config.secrets import REFERENCE_FORMS
from novatui.config.targets import EXAMPLES, is_uri, parse_target
from novatui.config.tls import TLS_FORMS
from novatui.core.states import Family


def add(options: Namespace) -> int:
    """Add what the command line says; without a URI ask for everything, where somebody can be asked."""
    loaded = load()
    if not options.name:
        if not can_ask():
            raise exits.UsageError("which connection? There is no terminal to ask on", hint="novatui config add URI")
        return _by_questions(options, loaded)
    one = _as_told(options, loaded)
    _write(one, loaded)
    if options.json:
        say_json({"name": one.name, "uri": str(one.connection().uri), "file": str(user_paths().config_file)})
    else:
        say(f"added {one.name} to {shorten_home(str(user_paths().config_file))}")
        narrate(f"novatui: `novatui doctor {one.name}` tests it, `novatui` opens it")
    return exits.DONE


def _as_told(options: Namespace, loaded: Loaded) -> Draft:
    uri, name = options.name, options.called or ""
    if name and is_uri(name):
        uri, name = name, uri
    if not is_uri(uri):
        raise exits.UsageError(
            f"`{uri}` is no address to connect to", hint=f"such as {EXAMPLES[Family.LIBVIRT]}; a name comes behind it"
        )
    return draft(
        uri,
        name,
        loaded.config.connections,
        group=options.group,
        user=options.user,
        password=options.password_from or "",
        tls=options.tls or "",
        via=options.via,
        protected=options.protected,
        ro=options.ro,
    )


def _write(one: Draft, loaded: Loaded) -> None:
    connections = loaded.config.connections
    if one.name in connections:
        raise ConfigError(f"there is a connection `{one.name}` already", "choose another name: config add URI NAME")
    if there := same_target(str(one.settings["uri"]), connections):
        complain(f"{there} leads to the same address already")
    add_connections(user_paths().config_file, [one])


# --- by questions ---------------------------------------------------------------------------------------------------


def _by_questions(options: Namespace, loaded: Loaded) -> int:
    try:
        one = _asked(loaded)
        narrate("")
        for line in one.toml().splitlines():
            narrate(f"  {line}")
        if not _yes(f"Add this to {shorten_home(str(user_paths().config_file))}?", default=True):
            complain("nothing was written")
            return exits.DONE
        _write(one, loaded)
        say(f"added {one.name}")
        if not _yes("Test it now?", default=True):
            return exits.DONE
    except EOFError:
        narrate("")
        complain("nothing was written: the answers ended")
        return exits.USAGE
    from novatui.cli.doctor import test

    options.connection = []
    return test(options, [one.name])


def _asked(loaded: Loaded) -> Draft:
    """Ask until the answers make a connection."""
    while True:
        uri = _uri(discover(Surroundings.here()))
        try:
            first = draft(uri, taken=loaded.config.connections)
        except ConfigError as error:
            _tell(error)
            continue
        settings: dict[str, object] = {"uri": uri}
        name = _line(f"Name [{first.name}]: ") or first.name
        scheme = uri.partition("://")[0]
        if scheme in {family.value for family in Family if family is not Family.LIBVIRT}:
            settings["password"] = _line(f"Password by reference: {REFERENCE_FORMS}\n  (nothing: asked when needed): ")
        if parse_target(uri).over_tls:
            settings["tls"] = _line(f"Certificate: {TLS_FORMS} [system]: ")
        settings["group"] = _line("Group in the tree (nothing: none): ")
        settings["ro"] = _yes("Look only, refuse every change?", default=False)
        one = Draft(name=name, settings=settings)
        try:
            one.connection()
        except ConfigError as error:
            _tell(error)
            continue
        return one


def _uri(found: Sequence[Found]) -> str:
    offered = [one for one in found if one.uri]
    if offered:
        narrate("Found on this machine:")
    for number, one in enumerate(offered, 1):
        narrate(f"  {number:2}  {one.uri:34} {one.title}")
        if one.missing:
            narrate(f"      {one.missing}{f': {one.hint}' if one.hint else ''}")
    prompt = "Its number, or an address" if offered else "Address"
    while True:
        said = _line(f"{prompt} such as qemu+ssh://root@kvm1.example.org/system: ")
        if said.isdigit() and 1 <= int(said) <= len(offered):
            return offered[int(said) - 1].uri
        if is_uri(said):
            return said
        if said:
            complain(f"`{said}` is no address", f"such as {EXAMPLES[Family.LIBVIRT]}")


def _tell(error: ConfigError) -> None:
    for problem in error.problems:
        complain(str(problem))


def _yes(question: str, *, default: bool) -> bool:
    said = _line(f"{question} [{'Y/n' if default else 'y/N'}] ").lower()
    return default if not said else said in {"y", "yes"}


def _line(prompt: str) -> str:
    """What a person typed, without the blanks around it. EOFError when nothing more will come."""
    print(prompt, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip()
