"""Which tasks and events are those of the person at this console: started by an account that it logged in with."""

from __future__ import annotations

from novatui.engine.event_log import LoggedEvent
from novatui.engine.fleet import Fleet
from novatui.engine.task_store import TrackedTask


class Mine:
    """Knows the accounts of every connection, and the name of the person on this machine."""

    def __init__(self, fleet: Fleet, person: str) -> None:
        self._fleet = fleet
        self._person = _parts(person)

    def means(self, item: TrackedTask | LoggedEvent) -> bool:
        """True when it was started by one of them; what has nobody's name is nobody's."""
        who = item.task.who if isinstance(item, TrackedTask) else item.event.who
        return bool(who) and any(_same(_parts(who), one) for one in self._accounts(item.conn))

    def _accounts(self, conn: str) -> list[tuple[str, str]]:
        connection = self._fleet.connections.get(conn)
        if connection is None:
            return [self._person]
        told = connection.info.user if connection.info is not None else ""
        names = (told, connection.spec.options.get("user", ""))
        return [self._person, *(_parts(name) for name in names if name)]


def _parts(account: str) -> tuple[str, str]:
    """Name and domain, in small letters: of `DOMAIN\\name`, `name@domain` and, for Proxmox, `name@realm!token`."""
    text = account.casefold().partition("!")[0]
    if "\\" in text:
        domain, _, name = text.partition("\\")
    else:
        name, _, domain = text.partition("@")
    return name, domain


def _same(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """The same account, as far as both say; a domain that one of them leaves out is not held against it."""
    return bool(one[0]) and one[0] == other[0] and (one[1] == other[1] or not (one[1] and other[1]))
