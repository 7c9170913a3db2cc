"""`novatui audit`: show the journal of changes, or verify its chain of hashes."""

from __future__ import annotations

from argparse import Namespace

from novatui.actions import journal
from novatui.cli import exits
from novatui.cli.audit_lines import line
from novatui.cli.complaint import complain
from novatui.cli.streams import say, say_json
from novatui.config.paths import user_paths


def audit(options: Namespace) -> int:
    """Read the whole journal; exit 1 where its chain is broken, 2 where it cannot be read."""
    path = user_paths().journal
    count, head, broken = 0, journal.FIRST, None
    try:
        for record in journal.read(path):
            count, head = record.seq, record.hash
            if options.action == "show":
                _show(record, as_json=options.json)
    except journal.BrokenChain as error:
        broken = error
    except OSError as error:
        raise exits.UsageError(f"the journal {path} cannot be read: {error.strerror}") from None
    if options.action == "verify":
        _verdict(count, head, broken, as_json=options.json)
    elif not count and broken is None:
        complain("the journal is empty: nothing was changed from here yet")
    if broken is None:
        return exits.DONE
    complain(f"the journal {path} is broken at {broken}", "what follows that record is not to be trusted")
    return exits.FAILED


def _show(record: journal.Record, *, as_json: bool) -> None:
    if as_json:
        say_json(record.body | {"hash": record.hash})
    else:
        say(line(record))


def _verdict(count: int, head: str, broken: journal.BrokenChain | None, *, as_json: bool) -> None:
    if as_json:
        verdict: dict[str, object] = {"ok": broken is None, "records": count, "head": head}
        say_json(verdict | ({"broken_at": broken.seq, "reason": broken.reason} if broken else {}))
    elif broken is None:
        say(f"ok: {count} record{'' if count == 1 else 's'}, head {head}")
