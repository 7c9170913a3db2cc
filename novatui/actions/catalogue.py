"""The one catalogue of verbs and keys: footer, help and bindings are printed from it, nothing else declares a key."""

from __future__ import annotations

from collections.abc import Iterable

from novatui.actions.action import TABS, Action, Argument, Scope, Section
from novatui.actions.catalogue_capabilities import CAPABILITIES, POSTURE
from novatui.actions.catalogue_changes import CHANGES
from novatui.actions.catalogue_hosts import HOSTS
from novatui.actions.catalogue_migrations import MIGRATIONS
from novatui.actions.catalogue_reports import REPORTS
from novatui.actions.keynames import FORBIDDEN, NAMES, shown
from novatui.actions.typed import TYPED

__all__ = [
    "ACTIONS",
    "DIALOGS",
    "ELSEWHERE",
    "FORBIDDEN",
    "NAMES",
    "TABS",
    "Action",
    "Argument",
    "Scope",
    "Section",
    "in_footer",
    "in_scope",
    "in_strip",
    "shown",
    "verbs",
]

LISTS: tuple[tuple[str, str], ...] = (
    ("vm", "machines"),
    ("host", "hosts"),
    ("cluster", "clusters"),
    ("conn", "connections"),
    ("ds", "datastores"),
    ("net", "networks"),
    ("pool", "resource pools"),
    ("snap", "all snapshots"),
    ("dev", "host devices"),
    ("folder", "datacenters, folders"),
    ("template", "templates"),
)
"""Word and title of each list of objects."""

SILENCES = (
    ("hour", "1", "for an hour"),
    ("hours", "8", "for 8 hours"),
    ("day", "d", "for a day"),
    ("week", "w", "for a week"),
    ("end", "u", "no longer"),
)
"""How long alarms are silenced: word, key, title."""

CURVES = (("c", "cpu"), ("m", "memory"), ("d", "disk"), ("n", "net"), ("w", "wait"), ("l", "latency"))
"""Key and title of each metric that the curves in tables can show."""

ACTIONS: tuple[Action, ...] = (
    Action(id="move.down", keys=("j", "down"), title="down", section=Section.MOVE, scope=Scope.MOVE),
    Action(id="move.up", keys=("k", "up"), title="up", section=Section.MOVE, scope=Scope.MOVE),
    Action(id="move.in", keys=("l", "right"), title="unfold", section=Section.MOVE, scope=Scope.ROWS),
    Action(id="move.out", keys=("h", "left"), title="fold, to parent", section=Section.MOVE, scope=Scope.ROWS),
    Action(id="move.first", keys=("g", "home"), title="first row", section=Section.MOVE, scope=Scope.MOVE),
    Action(id="move.last", keys=("G", "end"), title="last row", section=Section.MOVE, scope=Scope.MOVE),
    Action(id="page.down", keys=("ctrl+f", "pagedown"), title="page down", section=Section.MOVE, scope=Scope.MOVE),
    Action(id="page.up", keys=("ctrl+u", "pageup"), title="page up", section=Section.MOVE, scope=Scope.MOVE),
    Action(id="open", keys=("enter",), title="open", section=Section.MOVE, scope=Scope.ROWS, footer=2),
    Action(id="back", keys=("escape",), title="back", section=Section.MOVE, scope=Scope.FRAME),
    Action(id="pane.next", keys=("tab",), title="next pane", section=Section.MOVE, scope=Scope.PANES, footer=6),
    Action(id="pane.previous", keys=("shift+tab",), title="previous pane", section=Section.MOVE, scope=Scope.PANES),
    *(
        Action(id=f"tab.{nr}", keys=(str(nr),), title=title, section=Section.TAB, scope=Scope.DETAIL, number=nr)
        for nr, title in TABS
    ),
    Action(id="wrap", keys=("W",), title="wrap lines", section=Section.VIEW, scope=Scope.DETAIL, footer=14),
    Action(id="filter", keys=("slash",), title="filter", section=Section.FIND, scope=Scope.FILTERED, footer=3),
    Action(id="scope", keys=("at",), title="only what is here", section=Section.FIND, scope=Scope.FLEET),
    Action(
        id="sort",
        keys=("s",),
        title="sort",
        section=Section.FIND,
        scope=Scope.FLEET,
        footer=7,
        takes=Argument.COLUMN,
    ),
    Action(id="command", keys=("colon",), title="command", section=Section.FIND, scope=Scope.FRAME, footer=4),
    Action(id="palette", keys=("semicolon",), title="find a verb", section=Section.FIND, scope=Scope.FRAME),
    Action(id="jump", keys=("apostrophe",), title="jump to object", section=Section.FIND, scope=Scope.FRAME),
    Action(id="mark", keys=("space",), title="mark", section=Section.MARK, scope=Scope.ROWS, footer=1),
    Action(id="mark.range", keys=("V",), title="mark to here", section=Section.MARK, scope=Scope.ROWS),
    Action(id="mark.invert", keys=("asterisk",), title="invert marks", section=Section.MARK, scope=Scope.ROWS),
    Action(id="mark.clear", keys=("U",), title="clear marks", section=Section.MARK, scope=Scope.ROWS),
    Action(id="pin", keys=("w",), title="pin to the top", section=Section.MARK, scope=Scope.FLEET),
    Action(id="pane.zoom", keys=("z",), title="zoom pane", section=Section.VIEW, scope=Scope.FLEET, footer=15),
    Action(id="tree.toggle", keys=("T",), title="tree", section=Section.VIEW, scope=Scope.FLEET, footer=8),
    Action(
        id="saved",
        keys=(),
        title="saved list",
        section=Section.FIND,
        scope=Scope.FRAME,
        verb="view",
        takes=Argument.VIEW,
    ),
    Action(
        id="forget", keys=(), title="forget saved list", section=Section.FIND, scope=Scope.FRAME, takes=Argument.VIEW
    ),
    Action(id="clock.utc", keys=("C",), title="UTC or local time", section=Section.VIEW, scope=Scope.FRAME),
    Action(id="overlay", keys=("O", "f12"), title="speed overlay", section=Section.VIEW, scope=Scope.EVERYWHERE),
    Action(
        id="theme",
        keys=(),
        title="next theme",
        section=Section.VIEW,
        scope=Scope.EVERYWHERE,
        verb="theme",
        takes=Argument.THEME,
    ),
    Action(id="feed.follow", keys=("f",), title="follow", section=Section.VIEW, scope=Scope.FEED, footer=5),
    Action(id="feed.mine", keys=("T",), title="mine only", section=Section.VIEW, scope=Scope.FEED, footer=7),
    Action(id="alarm.known", keys=("a",), title="acknowledge", section=Section.ALARM, scope=Scope.ALARMS, footer=5),
    Action(id="alarm.server", keys=("s",), title="server", section=Section.ALARM, scope=Scope.ALARMS, footer=6),
    Action(id="alarm.silence", keys=("z",), title="silence", section=Section.ALARM, scope=Scope.ALARMS, footer=7),
    *(
        Action(
            id=f"silence.{word}",
            keys=(key,),
            title=title,
            section=Section.ALARM,
            scope=Scope.ALARMS,
            leader="alarm.silence",
        )
        for word, key, title in SILENCES
    ),
    Action(
        id="tasks",
        keys=("t",),
        title="tasks & events",
        section=Section.OTHER,
        scope=Scope.FRAME,
        verb="task",
        place="task",
    ),
    Action(id="events", keys=(), title="events", section=Section.OTHER, scope=Scope.FRAME, verb="ev", place="ev"),
    Action(
        id="alarms",
        keys=("exclamation_mark",),
        title="alarms",
        section=Section.OTHER,
        scope=Scope.FRAME,
        verb="alarm",
        place="alarm",
    ),
    Action(id="last", keys=("minus",), title="last place", section=Section.MOVE, scope=Scope.FRAME, verb="last"),
    Action(id="top", keys=(), title="top movers", section=Section.OTHER, scope=Scope.FRAME, verb="top", place="top"),
    *(
        Action(id=f"list.{word}", keys=(), title=title, section=Section.VIEW, scope=Scope.FRAME, verb=word, place=word)
        for word, title in LISTS
    ),
    Action(
        id="add",
        keys=(),
        title="add a connection",
        section=Section.OTHER,
        scope=Scope.FRAME,
        verb="add",
        place="add",
    ),
    Action(
        id="reload",
        keys=(),
        title="reload the config",
        section=Section.OTHER,
        scope=Scope.FRAME,
        verb="reload",
    ),
    Action(
        id="save",
        keys=(),
        title="save list NAME, or connection",
        section=Section.OTHER,
        scope=Scope.OBJECTS,
        verb="save",
        takes=Argument.NAME,
    ),
    Action(id="look", keys=("v",), title="view", section=Section.VIEW, scope=Scope.FRAME, leads=True),
    Action(id="export", keys=("E",), title="export", section=Section.OTHER, scope=Scope.LISTED, leads=True),
    Action(
        id="export.csv",
        keys=("c",),
        title="CSV",
        section=Section.OTHER,
        scope=Scope.LISTED,
        leader="export",
        takes=Argument.FILE,
    ),
    Action(
        id="export.json",
        keys=("j",),
        title="JSON",
        section=Section.OTHER,
        scope=Scope.LISTED,
        leader="export",
        takes=Argument.FILE,
    ),
    Action(
        id="export.md",
        keys=("m",),
        title="Markdown",
        section=Section.OTHER,
        scope=Scope.LISTED,
        leader="export",
        takes=Argument.FILE,
    ),
    Action(id="mouse", keys=("M",), title="mouse", section=Section.VIEW, scope=Scope.FRAME, leader="look"),
    Action(id="next.theme", keys=("T",), title="theme", section=Section.VIEW, scope=Scope.FRAME, leader="look"),
    Action(id="why", keys=("b",), title="why it failed", section=Section.VIEW, scope=Scope.FRAME, leader="look"),
    Action(id="error", keys=("e",), title="error", section=Section.VIEW, scope=Scope.FRAME, leader="look"),
    Action(id="copy", keys=("y",), title="copy", section=Section.OTHER, scope=Scope.FRAME, leads=True),
    Action(id="copy.name", keys=("n",), title="name", section=Section.OTHER, scope=Scope.OBJECTS, leader="copy"),
    Action(id="copy.uuid", keys=("u",), title="uuid", section=Section.OTHER, scope=Scope.OBJECTS, leader="copy"),
    Action(id="copy.ref", keys=("r",), title="reference", section=Section.OTHER, scope=Scope.OBJECTS, leader="copy"),
    Action(id="copy.ip", keys=("i",), title="ip address", section=Section.OTHER, scope=Scope.OBJECTS, leader="copy"),
    Action(id="copy.line", keys=("l",), title="line", section=Section.OTHER, scope=Scope.FRAME, leader="copy"),
    Action(id="copy.error", keys=("e",), title="whole error", section=Section.OTHER, scope=Scope.FRAME, leader="copy"),
    Action(id="pager", keys=("vertical_line",), title="page the text", section=Section.OTHER, scope=Scope.FRAME),
    Action(id="leave", keys=("ctrl+c",), title="leave the console", section=Section.OTHER, scope=Scope.EVERYWHERE),
    Action(id="log", keys=(), title="log", section=Section.OTHER, scope=Scope.FRAME, verb="log", place="log"),
    Action(id="refresh", keys=("r",), title="read again", section=Section.OTHER, scope=Scope.OBJECTS, footer=9),
    Action(
        id="reconnect",
        keys=("R",),
        title="reconnect",
        section=Section.OTHER,
        scope=Scope.OBJECTS,
        takes=Argument.CONNECTION,
    ),
    Action(id="where.checks", keys=("enter",), title="all checks", section=Section.OTHER, scope=Scope.WHERE, footer=1),
    Action(id="where.move", keys=("l",), title="move it there", section=Section.OTHER, scope=Scope.WHERE, footer=2),
    Action(id="where.sort", keys=("s",), title="next order", section=Section.OTHER, scope=Scope.WHERE, footer=5),
    Action(id="help", keys=("question_mark",), title="help", section=Section.OTHER, scope=Scope.FRAME, footer=11),
    Action(id="quit", keys=("q",), title="quit", section=Section.OTHER, scope=Scope.FRAME, footer=10),
    Action(id="columns", keys=("o",), title="columns", section=Section.VIEW, scope=Scope.FLEET, leader="look"),
    Action(id="lines", keys=(), title="lines of words", section=Section.VIEW, scope=Scope.FLEET),
    *(
        Action(
            id=f"curve.{number}",
            keys=(key,),
            title=title,
            section=Section.CURVES,
            scope=Scope.FLEET,
            number=number,
            leader="look",
            verb=f"curve-{title}",
        )
        for number, (key, title) in enumerate(CURVES, 1)
    ),
    Action(id="curve.time", keys=("t",), title="1 or 10 min", section=Section.CURVES, scope=Scope.FLEET, leader="look"),
    Action(id="chart.cpu", keys=("c",), title="cpu", section=Section.CHART, scope=Scope.CHART, footer=1),
    Action(id="chart.memory", keys=("m",), title="memory", section=Section.CHART, scope=Scope.CHART, footer=2),
    Action(id="chart.disk", keys=("d",), title="disk", section=Section.CHART, scope=Scope.CHART, footer=3),
    Action(id="chart.net", keys=("n",), title="net", section=Section.CHART, scope=Scope.CHART, footer=5),
    Action(id="chart.zoom", keys=("z",), title="one or all", section=Section.CHART, scope=Scope.CHART, footer=6),
    Action(id="chart.window", keys=("W",), title="10 min or day", section=Section.CHART, scope=Scope.CHART, footer=7),
    Action(id="read.left", keys=("left", "h"), title="read back", section=Section.CHART, scope=Scope.CHART, footer=8),
    Action(id="read.right", keys=("right", "l"), title="read on", section=Section.CHART, scope=Scope.CHART),
    Action(
        id="chart.closer",
        keys=("plus", "up", "k"),
        title="shorter time",
        section=Section.CHART,
        scope=Scope.CHART,
        footer=12,
    ),
    Action(
        id="chart.wider",
        keys=("underscore", "down", "j"),
        title="longer time",
        section=Section.CHART,
        scope=Scope.CHART,
    ),
    Action(
        id="chart.earlier",
        keys=("less_than_sign", "pageup"),
        title="earlier",
        section=Section.CHART,
        scope=Scope.CHART,
    ),
    Action(
        id="chart.later",
        keys=("greater_than_sign", "pagedown"),
        title="later",
        section=Section.CHART,
        scope=Scope.CHART,
    ),
    Action(id="chart.live", keys=("G", "end"), title="back to now", section=Section.CHART, scope=Scope.CHART),
    Action(id="chart.fit", keys=("f",), title="fit the scale", section=Section.CHART, scope=Scope.CHART, footer=18),
    Action(id="chart.history", keys=("H",), title="history", section=Section.CHART, scope=Scope.CHART, footer=13),
    Action(id="movers.cpu", keys=("c",), title="cpu", section=Section.MOVERS, scope=Scope.MOVERS, footer=3),
    Action(id="movers.memory", keys=("m",), title="memory", section=Section.MOVERS, scope=Scope.MOVERS, footer=5),
    Action(id="movers.disk", keys=("d",), title="disk", section=Section.MOVERS, scope=Scope.MOVERS, footer=6),
    Action(id="movers.net", keys=("n",), title="net", section=Section.MOVERS, scope=Scope.MOVERS, footer=7),
    Action(id="movers.wait", keys=("W",), title="cpu wait", section=Section.MOVERS, scope=Scope.MOVERS, footer=8),
    Action(id="movers.latency", keys=("L",), title="latency", section=Section.MOVERS, scope=Scope.MOVERS, footer=12),
    Action(id="add.try", keys=("enter",), title="try it", section=Section.ADD, scope=Scope.ADD, footer=1),
    Action(id="add.edit", keys=("e",), title="edit", section=Section.ADD, scope=Scope.ADD, footer=5),
    Action(id="add.other", keys=("a",), title="other address", section=Section.ADD, scope=Scope.ADD, footer=2),
    Action(id="add.demo", keys=("d",), title="demo", section=Section.ADD, scope=Scope.ADD, footer=3),
    Action(id="add.import", keys=("i",), title="import", section=Section.ADD, scope=Scope.ADD, footer=6),
    Action(id="add.look", keys=("r",), title="look again", section=Section.ADD, scope=Scope.ADD, footer=7),
    *CHANGES,
    *MIGRATIONS,
    *CAPABILITIES,
    *POSTURE,
    *HOSTS,
    *REPORTS,
    *TYPED,
)
"""Every action. Never bound: ctrl-s, ctrl-q, ctrl-z, ctrl-\\ (the terminal's), ctrl-a, ctrl-b (tmux's), ctrl-h, ctrl-i,
ctrl-j, ctrl-m (backspace, tab and enter in disguise)."""

DIALOGS = frozenset(
    {
        Scope.PICKER, Scope.COLUMNS, Scope.DIALOG, Scope.QUESTION, Scope.FORM, Scope.TRIAL, Scope.ASK,
        Scope.ARGUMENTS, Scope.CONFIRM, Scope.RESULTS, Scope.WHY, Scope.CHECKS,
        Scope.EVIDENCE,
    }
)  # fmt: skip
"""Scopes of dialogs: each shows its keys itself."""

ELSEWHERE = DIALOGS | {Scope.TEXT, Scope.FILTER, Scope.COMMAND}
"""Scopes of what is typed and of dialogs: their actions are keys and no verbs."""


def verbs() -> list[Action]:
    """The actions that can be named behind `:` and in the palette, in the order of the catalogue."""
    return [action for action in ACTIONS if action.scope not in ELSEWHERE]


def in_scope(*scopes: Scope) -> list[Action]:
    """The actions that work in any of these scopes, in the order of the catalogue."""
    return [action for action in ACTIONS if action.scope in scopes]


def in_strip(leader: Action, scopes: Iterable[Scope]) -> list[Action]:
    """What can follow the key of a leader on a screen with these scopes."""
    return [action for action in in_scope(*scopes) if action.leader == leader.id]


def in_footer(actions: Iterable[Action]) -> list[Action]:
    """The actions that the footer shows, most important first."""
    return sorted((action for action in actions if action.footer), key=lambda action: action.footer)
