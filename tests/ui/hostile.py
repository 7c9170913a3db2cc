"""Texts that try to break a screen, and a fleet in which everything that can be named is named so."""

from __future__ import annotations

from novatui.core.connection import ConnectionSpec
from novatui.core.errors import Failure, Fault
from novatui.core.events import Severity
from novatui.core.inventory import FIELDS, Type, Value
from novatui.core.states import Family, Kind, Power
from novatui.core.tasks import TaskState
from tests.ui import world
from tests.ui.still import EVENING, StillFleet

ESCAPE = "\x1b"

TEXTS: tuple[str, ...] = (
    "vm[/]",
    "[red]x",
    "[bold",
    "[@click=app.quit]x[/]",
    f"{ESCAPE}]0;PWNED{chr(7)}",
    f"{ESCAPE}]52;c;UFdORUQ={ESCAPE}\\",
    f"{ESCAPE}[2J{ESCAPE}[31mPWNED",
    f"{chr(0x9B)}31mPWNED{chr(0x9D)}0;PWNED{chr(0x9C)}",
    f"{ESCAPE}P1000pPWNED{ESCAPE}\\",
    "line one\nline two\r\nline three\x0b\x0c\x85\u2028\u2029end",
    "tab\tbell\x07back\x08null\x00delete\x7f",
    "x" * 300,
    "日本語サーバー漢字" * 30,
    "שלום-עולם",
    "مرحبا-بالعالم",
    f"right{chr(0x202E)}left{chr(0x2066)}iso{chr(0x2069)}{chr(0x200F)}",
    "\U0001f600\U0001f468‍\U0001f469‍\U0001f467\U0001f1e9\U0001f1ea☺️",
    "z" + "́" * 200 + "a",
    "ก็็็็็็็็ क्षि ﷽ ﷺ",
    f"soft{chr(0xAD)}zero{chr(0x200B)}join{chr(0x2060)}mark{chr(0xFEFF)}",
    "\U000e0041\U000e0042\U000f0000",
    "ᅟᅠㅤﾠ",
    "%s %d {} {0} $HOME `id`",
    "' OR 1=1; --",
    "..",
    " ",
    "",
)

CONNECTIONS = ("vm[/]", "[red]x", "日本語", "שלום", "c" * 64)
"""Names that a configuration may give."""


def specs() -> list[ConnectionSpec]:
    families = list(Family)
    return [
        ConnectionSpec(
            name=name,
            family=families[at % len(families)],
            driver="demo",
            uri=f"demo://{TEXTS[4]}",
            label=TEXTS[at % len(TEXTS)],
            protected=at % 2 == 0,
            readonly=at % 3 == 0,
        )
        for at, name in enumerate(CONNECTIONS)
    ]


def _values(name: str, parent: str, home: str) -> dict[str, Value]:
    texts: dict[str, Value] = {field.name: name for field in FIELDS if field.type is Type.TEXT}
    lists: dict[str, Value] = {field.name: [name, name] for field in FIELDS if field.type is Type.TEXTS}
    return texts | lists | {"name": name, "parent": parent, "host": home, "power": Power.RUNNING.value}


def fleet() -> StillFleet:
    """Every kind of object in every connection, each named by one of TEXTS; tasks, events and failures, too."""
    made = StillFleet(specs())
    made.connect(*CONNECTIONS)
    kinds = [kind for kind in Kind if kind not in (Kind.CONNECTION, Kind.GROUP)]
    for at, conn in enumerate(CONNECTIONS):
        made.tell(conn, {"host:h": _values(TEXTS[at], "", "")})
        for nth, text in enumerate(TEXTS):
            kind = kinds[nth % len(kinds)]
            made.tell(conn, {f"{kind.value}:{nth}": _values(text, "host:h", "host:h")})
            made.tell(conn, {f"vm:m{nth}": _values(text, "host:h", "host:h")})
            made.measure(conn, {f"vm:m{nth}": world.load(text, 50.0)})
            _happen(made, conn, nth, text)
    made.lose(CONNECTIONS[-1], _failure(TEXTS[4]))
    made.listed(CONNECTIONS[0], ["vm"], {"host": _failure(TEXTS[0])})
    return made


def _failure(text: str) -> Failure:
    return Failure(fault=Fault.TIMEOUT, message=text, meaning=text, hint=text, code=text, native=text, subject=text)


def _happen(made: StillFleet, conn: str, nth: int, text: str) -> None:
    states = list(TaskState)
    made.hear(
        world.task(
            conn, id=f"{nth}{text}", verb=text, native_verb=text, key=f"vm:m{nth}", target=text, who=text, detail=text,
            state=states[nth % len(states)], started=EVENING - nth, failure=_failure(text),
        ),
        world.event(
            conn, id=f"{nth}{text}", at=EVENING - nth, key=f"vm:gone{nth}", subject=text, text=text, who=text,
            alarm=text, raised=nth % 2 == 0, severity=list(Severity)[nth % 3],
        ),
    )  # fmt: skip
