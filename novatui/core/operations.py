"""Changes as data: what is asked, the native calls that will carry it out, and what is to be seen afterwards."""

from __future__ import annotations

import msgspec

from novatui.core.text import clean


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks for, of one object."""

    verb: str
    """Name in `core.verbs.VERBS`."""
    key: str
    arguments: dict[str, str] = {}
    """As `VERBS` describes them; sizes in bytes."""
    id: int = 0
    """Number of the operation in the journal; 0 as long as it is not written there."""


class Result(msgspec.Struct, frozen=True, tag="result"):
    """An argument that is the answer of an earlier call of the same plan."""

    call: str
    path: str = ""
    """Name of the wanted part of that answer."""


class SecretName(msgspec.Struct, frozen=True, tag="secret"):
    """An argument that is a secret; only its name is ever printed."""

    name: str


Argument = str | int | float | bool | None | Result | SecretName


class NativeCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call as it goes over the wire."""

    id: str
    """Number within the plan: "1", "2" …"""
    connection: str
    verb: str
    """The product's own name of the call: `virDomainCreateWithFlags`, `RevertToSnapshot_Task`."""
    args: dict[str, Argument] = {}
    """By the product's own names of its arguments."""
    on_failure: str = "stop"
    """`stop`: the calls behind it are skipped. `continue`: they are sent all the same."""
    long: bool = False
    """It may take minutes: it lives by keepalive and progress, not by a deadline."""


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """What the inventory is to show when the change has worked."""

    key: str
    field: str
    """Name of a column of `core.inventory.FIELDS`."""
    values: tuple[str, ...]
    """Any of these, as text; empty: the object is gone."""
    within: float
    """Seconds after the last call."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """An operation as it would be carried out now. Making one changes nothing."""

    calls: tuple[NativeCall, ...]
    commands: tuple[str, ...] = ()
    """The same as lines for the product's own command line; empty where it has none."""
    warnings: tuple[str, ...] = ()
    """What a person should know before: sentences."""
    losses: tuple[str, ...] = ()
    """What cannot be had back: sentences."""
    costs: tuple[str, ...] = ()
    """Time and space it takes, where that can be told: sentences."""
    effect: str = ""
    """`core.verbs.Effect` when it weighs more or less here than the verb does by itself; empty: the verb's own."""
    inverse: Operation | None = None
    """The operation that takes it back; None when nothing does."""
    irreversible: str = ""
    """Why nothing takes it back, or what does not come back with the inverse."""
    expects: tuple[Expectation, ...] = ()
    state: str = ""
    """Fingerprint of what the plan rests on: it differs when somebody has changed the object."""


def described(call: NativeCall) -> str:
    """A call in one line for people: arguments in order, results and secrets named, hostile text made harmless."""
    return clean(f"{call.verb}({', '.join(f'{name}={_value(value)}' for name, value in call.args.items())})")


def shown(value: Argument) -> str | int | float | bool | None:
    """An argument for people and for JSON: «result of 1», «secret»."""
    match value:
        case Result():
            return f"«result of {value.call}»"
        case SecretName():
            return "«secret»"
        case _:
            return value


def _value(value: Argument) -> str:
    match value:
        case Result() | SecretName():
            return str(shown(value))
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case _:
            return str(value)
