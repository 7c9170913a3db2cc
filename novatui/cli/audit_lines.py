"""Records of the journal in words, a line each; `--json` has all that was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from novatui.actions.journal import Record

_NO_NEWS = frozenset({"seq", "prev", "at"})


def line(record: Record) -> str:
    """One record: number, time, and what it tells; what is of no known kind member by member."""
    body = record.body
    front = f"{record.seq:>6}  {body['at']}  " if "at" in body else f"{record.seq:>6}  "
    return front + (_told(body) or "  ".join(f"{name}={value}" for name, value in body.items() if name not in _NO_NEWS))


def _told(body: Mapping[str, Any]) -> str:
    task = f"N-{body.get('operation')}"
    match body.get("event"):
        case "operation":
            return f"{_who(body)} {_what(body)}"
        case "declined":
            return f"{_who(body)} {_what(body)}: declined, nothing was sent"
        case "refused":
            return f"{_who(body)} {_what(body)}: refused, nothing was sent{_why(body)}"
        case "call":
            return f"  {task} call {body.get('id')}: {body.get('call')}({_arguments(body.get('args'))})"
        case "result":
            return f"  {task} call {body.get('id')}: {body.get('state')}{_why(body)}"
        case "end":
            return f"  {task} {body.get('outcome')}{_why(body)}"
        case "seen":
            return f"  {task} {'seen' if body.get('seen') else 'not seen in time'}"
        case "unlock":
            minutes = f"{float(body.get('seconds', 0)) / 60:g} min"
            return f"{_who(body)} unlocked {body.get('connection')} for {minutes}, ticket {body.get('ticket')}"
        case "console":
            machine = f"{body.get('name')} on {body.get('connection')}"
            what = f"{_who(body)} asked for the screen of {machine} ({body.get('way')})"
            return f"{what}  ticket {body['ticket']}" if "ticket" in body else what
        case "lock":
            return f"{_who(body)} locked {body.get('connection')}"
        case "repair":
            return f"a line that a crash had cut off was set aside ({body.get('bytes')} bytes)"
        case _:
            return ""


def _who(body: Mapping[str, Any]) -> str:
    origin = f" from {str(body['origin']).partition(' ')[0]}" if "origin" in body else ""
    sudo = f" ({body['sudo_user']})" if "sudo_user" in body else ""
    return f"{body.get('user')}{sudo}{origin}"


def _what(body: Mapping[str, Any]) -> str:
    given = _arguments(body.get("arguments"))
    words = (
        f"{body.get('verb')} {body.get('name') or body.get('ref')} on {body.get('connection')}",
        f"({given})" if given else "",
        f"ticket {body['ticket']}" if "ticket" in body else "",
        f"undoes N-{body['undoes']}" if "undoes" in body else "",
    )
    return "  ".join(word for word in words if word)


def _arguments(given: object) -> str:
    if not isinstance(given, dict):
        return ""
    return ", ".join(f"{name}={value}" for name, value in cast("dict[str, object]", given).items())


def _why(body: Mapping[str, Any]) -> str:
    failure = body.get("failure")
    return f": {cast('dict[str, object]', failure).get('message', '')}" if isinstance(failure, dict) else ""
