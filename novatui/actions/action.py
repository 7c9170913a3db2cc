"""What an action of the catalogue is: its keys, its `:` word, where it works, and where it stands in the help."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Section(StrEnum):
    """Where an action stands in the help."""

    MOVE = "Move"
    FIND = "Find"
    MARK = "Mark"
    TAB = "Tabs of one object"
    VIEW = "View"
    CURVES = "Curves in tables, after v"
    CHART = "Charts"
    MOVERS = "Top movers"
    SNAPSHOTS = "Snapshots of a machine"
    ALARM = "Alarms"
    MIGRATION = "Migrations"
    CAPABILITIES = "Capabilities"
    CHANGE = "Change"
    OTHER = "Other"
    ADD = "Where connections are added"
    TYPE = "While something is typed"


class Scope(StrEnum):
    """Where a key works."""

    EVERYWHERE = "everywhere"
    FRAME = "frame"
    """Every full screen."""
    MOVE = "move"
    """A screen with rows or with lines to go through."""
    ROWS = "rows"
    """A screen with a tree or a table."""
    FEED = "feed"
    """The screen of tasks and events."""
    DIFF = "diff"
    """Two hosts side by side."""
    BASELINE = "baseline"
    """The processor that hosts have in common."""
    WHERE = "where"
    """The screen that tells where a machine can run."""
    DRAIN = "drain"
    """The screen that empties a host."""
    CHECKS = "checks"
    """The dialog with everything that one host answered to that."""
    ALARMS = "alarms"
    """The screen of alarms."""
    MIGRATIONS = "migrations"
    """The migration watch."""
    CAPABILITIES = "capabilities"
    """The matrix of capabilities."""
    INVENTORY = "inventory"
    """The devices of all hosts."""
    POSTURE = "posture"
    """The screen of what was found about how machines are set up."""
    EVIDENCE = "evidence"
    """The dialog with everything that was asked for one of its cells."""
    FILTERED = "filtered"
    """A screen whose rows can be filtered."""
    LISTED = "listed"
    """A screen whose rows can be exported."""
    OBJECTS = "objects"
    """A screen about objects of the inventory."""
    CHANGES = "changes"
    """A screen on whose objects changes can be made."""
    PANES = "panes"
    """A screen with several panes, or several tabs."""
    FLEET = "fleet"
    """The fleet screen."""
    CHART = "chart"
    """The charts of an object have the focus."""
    SNAPSHOTS = "snapshots"
    """The snapshots of a machine have the focus."""
    DETAIL = "detail"
    """The screen about one object."""
    GIVING = "giving"
    """The devices of a host."""
    MOVERS = "movers"
    """The screen of the top movers."""
    TEXT = "text"
    """An input has the focus."""
    FILTER = "filter"
    """The input of the filter bar has it."""
    ADD = "add"
    """The screen on which connections are added."""
    FORM = "form"
    """A dialog with lines to fill in."""
    TRIAL = "trial"
    """A connection that is tried before it is saved."""
    ASK = "ask"
    """A question of a connection that is answered by typing."""
    COMMAND = "command"
    """The `:` line is open."""
    PICKER = "picker"
    """A dialog in which one of many is looked for."""
    COLUMNS = "columns"
    """The dialog in which columns are chosen."""
    ARGUMENTS = "arguments"
    """The form of what a change still has to be told."""
    CONFIRM = "confirm"
    """A change that is to be confirmed, or not."""
    RESULTS = "results"
    """What became of a change, object by object."""
    WHY = "why"
    """The dialog that explains a failure."""
    DIALOG = "dialog"
    """A dialog lies on top."""
    QUESTION = "question"
    """A dialog that is answered by yes or no lies on top."""


class Argument(StrEnum):
    """What may stand behind the `:` word of an action."""

    NONE = "none"
    LIST = "list"
    """`@scope` and a filter, both optional."""
    CONNECTION = "connection"
    OBJECT = "object"
    HOSTS = "hosts"
    """Names of hosts, or of what holds hosts."""
    COLUMN = "column"
    """A column to sort by."""
    VIEW = "view"
    """A list that was saved."""
    NAME = "name"
    """A name to save something under; without one the thing has a name already."""
    THEME = "theme"
    FILE = "file"
    """A file that something is written to."""
    CHANGE = "change"
    """What a change takes, as `core.verbs` has it: values in their order, or `name=value`."""
    UNLOCK = "unlock"
    """For how long, and on which ticket."""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a person can do with a key."""

    id: str
    """Unique; the method that carries it out is `action_<id>` with dots as underscores."""
    keys: tuple[str, ...]
    """As Textual names them; the first one is shown."""
    title: str
    """What it does, two or three words."""
    section: Section
    scope: Scope
    footer: int = 0
    """Rank in the footer, 1 first; 0: not shown there."""

    verb: str = ""
    """The word after `:`."""
    place: str = ""
    """Name of the screen that it opens."""
    takes: Argument = Argument.NONE
    """Its argument: with one, the method gets it as text."""
    leads: bool = False
    """Opens a strip: a second key does something to what is frozen then."""
    leader: str = ""
    """Id of the action whose strip it stands in: its key works there and nowhere else."""
    change: str = ""
    """Name of the operation in `core.verbs.VERBS` that it begins."""
    number: int = 0
    """Which of several like things it is about; the method that carries it out is then that of the id's first part."""

    @property
    def word(self) -> str:
        """What is typed after `:` for it."""
        return self.verb or self.id.replace(".", "-")

    @property
    def argument(self) -> Argument:
        """What may stand behind that word: a list takes a scope and a filter."""
        return Argument.LIST if self.place and self.takes is Argument.NONE else self.takes

    @property
    def method(self) -> str:
        """The action as Textual dispatches it."""
        if self.leads:
            return f"lead({self.id!r})"
        if self.change:
            return f"change({self.change!r})"
        if self.place:
            return f"go({self.place!r})"
        return f"{self.id.partition('.')[0]}({self.number})" if self.number else self.id.replace(".", "_")


TABS: tuple[tuple[int, str], ...] = (
    (1, "summary"),
    (2, "metrics"),
    (3, "disks, VMs, volumes"),
    (4, "interfaces, hosts, users"),
    (5, "devices, storage"),
    (6, "snapshots, networks"),
    (7, "tasks and events"),
    (8, "capabilities"),
    (9, "native form"),
)
"""Tabs of detail screens by number; not every kind of object has all of them."""
