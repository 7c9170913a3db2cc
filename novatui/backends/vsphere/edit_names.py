"""Plans of what a machine is called and what is noted about it."""

from __future__ import annotations

from novatui.backends.vsphere.planning import Planning, inverse, shows
from novatui.backends.vsphere.reconfiguring import Machine, reconfigure, text
from novatui.core.errors import Conflict, InvalidInput
from novatui.core.operations import Operation, Plan
from novatui.core.text import clean

LONGEST = 80
"""Characters of a name (ManagedEntity.name)."""

_ESCAPES = {"%": "%25", "/": "%2f", "\\": "%5c"}
"""How the API writes what its inventory paths are made of."""


class NamePlans:
    """Plans `edit.rename` and `edit.notes`."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    def rename(self, machine: Machine, operation: Operation) -> Plan:
        """Give it another name, whatever it does."""
        new = text(operation, "name")
        if new != clean(new) or len(new) > LONGEST:
            raise InvalidInput(f"a name has up to {LONGEST} characters on one line", subject="name")
        if new == machine.name:
            raise Conflict(f"it is called {new} already", subject="name")
        return self._planning.plan(
            machine.subject,
            self._planning.call(1, "Rename_Task", machine.subject.ref, newName=escaped(new)),
            warnings=("its files keep their names until it is moved to another store",),
            inverse=inverse("edit.rename", machine.subject, name=machine.name),
            expects=shows(machine.subject, "name", new),
        )

    def notes(self, machine: Machine, operation: Operation) -> Plan:
        """Write its annotation. Without a text it has none afterwards."""
        said = operation.arguments.get("text", "")
        found = machine.config.get("annotation")
        before = found if isinstance(found, str) else ""
        if said == before:
            raise Conflict(f"the notes of {machine.name} say that already", subject="text")
        return self._planning.plan(
            machine.subject,
            reconfigure(self._planning, machine, annotation=said),
            inverse=inverse("edit.notes", machine.subject, text=before),
            expects=shows(machine.subject, "description", said) if said == clean(said) else (),
        )


def escaped(name: str) -> str:
    """As the server takes it."""
    return "".join(_ESCAPES.get(each, each) for each in name)
