"""The part of the catalogue that changes something: leaders, and behind them the operations of `core.verbs`."""

from __future__ import annotations

from novatui.actions.action import Action, Argument, Scope, Section
from novatui.core.verbs import VERBS

LEADERS: tuple[tuple[str, str, str, int], ...] = (
    ("power", "p", "power", 5),
    ("snapshots", "n", "snapshots", 13),
    ("devices", "x", "devices", 12),
    ("edit", "e", "edit", 16),
    ("delete", "D", "delete", 17),
)
"""Id, key, title and rank in the footer."""

KEYS: tuple[tuple[str, str, str], ...] = (
    ("power", "s", "power.start"),
    ("power", "r", "power.resume"),
    ("power", "w", "power.wake"),
    ("power", "a", "power.autostart"),
    ("power", "h", "power.shutdown"),
    ("power", "b", "power.reboot"),
    ("power", "u", "power.pause"),
    ("power", "d", "power.suspend"),
    ("power", "K", "power.reset"),
    ("power", "O", "power.off"),
    ("snapshots", "c", "snap.create"),
    ("snapshots", "R", "snap.revert"),
    ("snapshots", "D", "snap.delete"),
    ("devices", "a", "device.attach"),
    ("devices", "m", "device.mdev_create"),
    ("devices", "V", "device.vfs"),
    ("devices", "D", "device.detach"),
    ("devices", "R", "device.mdev_remove"),
    ("edit", "c", "edit.vcpus"),
    ("edit", "m", "edit.memory"),
    ("edit", "a", "edit.memory_add"),
    ("edit", "d", "edit.disk_add"),
    ("edit", "n", "edit.nic_add"),
    ("edit", "i", "edit.iso_insert"),
    ("edit", "o", "edit.iso_eject"),
    ("edit", "p", "edit.pin"),
    ("edit", "r", "edit.rename"),
    ("edit", "t", "edit.notes"),
    ("edit", "l", "edit.pool"),
    ("delete", "d", "edit.disk_remove"),
    ("delete", "n", "edit.nic_remove"),
)
"""Leader and key of each operation, in the order of the strips. What is hard on a guest stands last and on a capital
letter, or behind the leader of what is taken away: no slip of a finger on a safe key reaches it."""


def word_of(verb: str) -> str:
    """What is typed behind `:` for an operation: `power start`, `edit disk-add`."""
    return verb.replace(".", " ").replace("_", "-")


def _changes() -> tuple[Action, ...]:
    return tuple(
        Action(
            id=verb,
            keys=(key,),
            title=VERBS[verb].title,
            section=Section.CHANGE,
            scope=Scope.CHANGES,
            leader=leader,
            verb=word_of(verb),
            change=verb,
            takes=Argument.CHANGE,
        )
        for leader, key, verb in KEYS
    )


CHANGES: tuple[Action, ...] = (
    *(
        Action(
            id=id, keys=(key,), title=title, section=Section.CHANGE, scope=Scope.CHANGES, footer=rank, leads=True,
        )
        for id, key, title, rank in LEADERS
    ),
    *_changes(),
    Action(
        id="console", keys=("o",), title="console", section=Section.OTHER, scope=Scope.CHANGES, leads=True,
    ),
    Action(
        id="console.webmks", keys=("w",), title="WebMKS address, once", section=Section.OTHER, scope=Scope.CHANGES,
        leader="console", verb="console webmks",
    ),
    Action(
        id="console.vmrc", keys=("v",), title="VMRC address, once", section=Section.OTHER, scope=Scope.CHANGES,
        leader="console", verb="console vmrc",
    ),
    Action(
        id="console.picture", keys=("s",), title="screenshot", section=Section.OTHER, scope=Scope.CHANGES,
        leader="console", verb="console screenshot",
    ),
    Action(
        id="snap.pane", keys=("l",), title="all of them", section=Section.CHANGE, scope=Scope.CHANGES,
        leader="snapshots", verb="snap tree",
    ),
    Action(
        id="device.pane", keys=("l",), title="all of them", section=Section.CHANGE, scope=Scope.CHANGES,
        leader="devices", verb="device list",
    ),
    Action(
        id="give.attach", keys=("a",), title="attach", section=Section.CHANGE, scope=Scope.GIVING, footer=5,
    ),
    Action(
        id="give.machine", keys=("f",), title="for which VM", section=Section.CHANGE, scope=Scope.GIVING, footer=6,
    ),
    Action(
        id="passthrough", keys=(), title="passthrough", section=Section.OTHER, scope=Scope.FRAME,
        takes=Argument.OBJECT,
    ),
    Action(
        id="delete.snapshot", keys=("s",), title="a snapshot", section=Section.CHANGE, scope=Scope.CHANGES,
        leader="delete", verb="delete snapshot", change="snap.delete", takes=Argument.CHANGE,
    ),
    Action(
        id="task.cancel", keys=("c",), title="cancel", section=Section.CHANGE, scope=Scope.FEED, footer=8,
        verb="cancel",
    ),
    Action(
        id="alarm.acknowledge", keys=(), title=VERBS["alarm.acknowledge"].title, section=Section.CHANGE,
        scope=Scope.CHANGES, verb=word_of("alarm.acknowledge"), change="alarm.acknowledge", takes=Argument.CHANGE,
    ),
    Action(
        id="snapshots.new", keys=("n",), title="new", section=Section.SNAPSHOTS, scope=Scope.SNAPSHOTS, footer=1,
    ),
    Action(
        id="snapshots.revert", keys=("R",), title="revert", section=Section.SNAPSHOTS, scope=Scope.SNAPSHOTS, footer=2,
    ),
    Action(
        id="snapshots.diff", keys=("v",), title="diff", section=Section.SNAPSHOTS, scope=Scope.SNAPSHOTS, footer=4,
    ),
    Action(
        id="snapshots.export", keys=("e",), title="export", section=Section.SNAPSHOTS, scope=Scope.SNAPSHOTS, footer=5,
    ),
    Action(
        id="snapshots.delete", keys=("d",), title="delete", section=Section.SNAPSHOTS, scope=Scope.SNAPSHOTS, footer=3,
    ),
    Action(
        id="snapshots.old", keys=("S",), title="old snapshots", section=Section.OTHER, scope=Scope.OBJECTS,
        verb="snap old",
    ),
    Action(
        id="undo", keys=("u",), title="undo the last change", section=Section.CHANGE, scope=Scope.CHANGES,
    ),
    Action(
        id="results", keys=(), title="results of the last change", section=Section.CHANGE, scope=Scope.FRAME,
    ),
    Action(
        id="unlock", keys=(), title="lift the protection", section=Section.CHANGE, scope=Scope.CHANGES,
        takes=Argument.UNLOCK,
    ),
    Action(
        id="lock", keys=(), title="protect again", section=Section.CHANGE, scope=Scope.CHANGES,
        takes=Argument.CONNECTION,
    ),
    Action(
        id="audit", keys=("A",), title="audit journal", section=Section.OTHER, scope=Scope.FRAME, verb="audit",
        place="audit",
    ),
)  # fmt: skip
"""Every action that changes something, or tells what was changed."""
