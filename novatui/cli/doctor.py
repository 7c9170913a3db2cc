"""`novatui doctor`: terminal, libraries, configuration, and each connection step by step."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from novatui.cli import bundle, exits
from novatui.cli.checks import Check, configuration, libraries, program, terminal
from novatui.cli.complaint import REDACTOR, narrate
from novatui.cli.forms import connection_json, plain
from novatui.cli.session import Session, code_of, opened, prepare
from novatui.cli.streams import flush, say, say_json
from novatui.core.states import Kind
from novatui.engine.fleet import Connection, Fleet

MARKS = {True: "ok", False: "FAIL", None: "-"}
"""What stands before a line: right, wrong, worth knowing."""


class Found(msgspec.Struct):
    """What came of making the connections."""

    code: int = exits.DONE
    connections: list[dict[str, Any]] = []
    """Each as JSON, with its steps."""
    logs: dict[str, list[str]] = {}
    """Last lines of the worker of each."""


def doctor(options: Namespace) -> int:
    """Check everything; exit 2 for a wrong configuration, 3 when a connection cannot be made."""
    checks = [*program(), *terminal(), *libraries()]
    loaded, more = configuration(options)
    checks += more
    if not options.json:
        _say_checks(checks)
        flush()
    found = Found(code=exits.DONE if loaded else exits.USAGE)
    if loaded is not None and loaded.selected:
        found = asyncio.run(_connect(prepare(options, options.targets)))
    report = {"checks": [plain(one) for one in checks], "connections": found.connections}
    if options.json:
        say_json(report)
    else:
        for one in found.connections:
            _say_connection(one)
    if options.bundle:
        bundle.write(options.bundle, msgspec.json.format(msgspec.json.encode(report)).decode(), loaded, found.logs)
        narrate(f"novatui: bundle in {options.bundle}")
    return found.code


def test(options: Namespace, names: Sequence[str]) -> int:
    """Make these connections alone, and say how it went, step by step."""
    wanted = set(names)
    session = prepare(options, names, lambda targets: [one for one in targets if one.spec.name in wanted])
    found = asyncio.run(_connect(session))
    for one in found.connections:
        _say_connection(one)
    return found.code


async def _connect(session: Session) -> Found:
    """Make every connection anew; what came of it, taken before they are closed again."""
    async with opened(session) as fleet:
        connections = list(fleet.connections.values())
        return Found(
            exits.worst(map(code_of, connections)),
            [_connection(fleet, one) for one in connections],
            {one.name: [line.text for line in fleet.log(one.name)] for one in connections},
        )


def _connection(fleet: Fleet, one: Connection) -> dict[str, Any]:
    steps = [{"step": s.step, "ok": s.ok, "ms": round(s.ms, 1), "text": s.text} for s in one.steps]
    if one.listed:
        failed = ", ".join(sorted(one.load_failures))
        text = f"not listed: {failed}" if failed else _counts(fleet, one)
        steps.append({"step": "list", "ok": not failed, "text": text})
    return connection_json(one) | {"steps": [plain(step) for step in steps]}


def _counts(fleet: Fleet, one: Connection) -> str:
    store = fleet.inventory
    kinds = Counter(store.kind(slot) for slot in store.slots() if store.conn(slot) == one.name)
    return ", ".join(f"{kinds[kind]} {kind.value}" for kind in Kind if kind in kinds and kind is not Kind.CONNECTION)


def _say_checks(checks: Sequence[Check]) -> None:
    section = ""
    for check in checks:
        if check.section != section:
            section = check.section
            _say(section)
        hint = f" — {check.hint}" if check.hint and check.ok is not True else ""
        _say(f"  {MARKS[check.ok]:4} {check.name:14} {check.text}{hint}")


def _say_connection(form: dict[str, Any]) -> None:
    _say(f"connection {form['name']}  {form['uri']}")
    for step in form["steps"]:
        took = f"{step['ms']:.0f} ms" if step.get("ms") else ""
        _say(f"  {MARKS[step.get('ok')]:4} {step['step']:14} {took:8} {step.get('text', '')}")
    for label, text in _facts(form):
        _say(f"  -    {label:14} {text}")
    if failure := form.get("failure"):
        _say_failure(failure["fault"], failure)
    for kind, failure in form.get("not_loaded", {}).items():
        _say_failure(f"list {kind}", failure)


def _facts(form: dict[str, Any]) -> Iterable[tuple[str, str]]:
    names = ("product", "endpoint", "user", "privileges", "transport")
    yield from ((name, form[name]) for name in names if name in form)
    if tls := form.get("tls"):
        yield "tls", f"{tls.get('version', '?')}, trusted by {tls.get('trust', '?')}, SHA-256 {tls.get('pin', '?')}"
    if "period" in form:
        news = "changes are told by the product" if form.get("pushes") else "changes are found by looking"
        yield "pace", f"metrics every {form['period']:g} s, {news}"
    if "roles" in form:
        yield "roles", ", ".join(form["roles"])


def _say_failure(name: str, failure: dict[str, Any]) -> None:
    code = f" [{failure['code']}]" if "code" in failure else ""
    _say(f"  FAIL {name:14} {failure['message']}{code}")
    for label, key in (("means", "meaning"), ("try", "hint"), ("said", "native")):
        for line in str(failure.get(key, "")).splitlines():
            _say(f"       {label:14} {line}")


def _say(text: str) -> None:
    say(REDACTOR.redact(text.rstrip()))
