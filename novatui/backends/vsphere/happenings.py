"""What happens at the server beside its inventory: tasks, events and alarms, by the update stream."""

from __future__ import annotations

from novatui.backends.driver import Sink
from novatui.backends.vsphere.alarms import STATES, Alarms
from novatui.backends.vsphere.events import Events
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.stream import Also
from novatui.backends.vsphere.tasks import Tasks
from novatui.backends.vsphere.updates import Update


class Happenings:
    """The three, and which update belongs to which."""

    def __init__(self, opened: Opened, sink: Sink, inventory: Inventory) -> None:
        self._inventory = inventory
        self.alarms = Alarms(opened, sink, inventory)
        self.tasks = Tasks(opened, sink, inventory)
        self.events = Events(opened, sink, inventory, self.alarms.heard)

    def also(self) -> list[Also]:
        """What the stream has to follow for them."""
        return [
            Also("alarms", self.alarms.filter_spec, self.alarms.accepted),
            Also("tasks", self.tasks.filter_spec, self._tasks_followed),
            Also("events", self.events.filter_spec, self._events_followed),
        ]

    def take(self, begun: float, update: Update) -> None:
        """One object of an answer to a request that began then."""
        if update.ref.type == "Task":
            self.tasks.take(begun, update)
        elif update.ref.type == "EventHistoryCollector":
            self.events.take(update)
        elif STATES in update.values:
            self.alarms.take(begun, update)
        else:
            self._inventory.take(begun, update)

    def settle(self) -> None:
        """Everything that waited was taken."""
        self.alarms.settle()

    def end(self) -> None:
        """Nothing is read any more."""
        for part in (self.alarms, self.tasks, self.events):
            part.end()

    def _tasks_followed(self) -> None:
        self.tasks.followed = True

    def _events_followed(self) -> None:
        self.events.followed = True
