"""Changes as data: what is asked, and the native calls that will carry it out."""

from __future__ import annotations

import msgspec


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks for."""

    id: int
    """Number of the operation in the journal."""
    verb: str
    key: str
    arguments: dict[str, str] = {}


class Result(msgspec.Struct, frozen=True, tag="result"):
    """An argument that is the answer of an earlier call of the same plan."""

    call: str
    path: str = ""


class SecretName(msgspec.Struct, frozen=True, tag="secret"):
    """An argument that is a secret; only its name is ever printed."""

    name: str


Argument = str | int | float | bool | None | Result | SecretName


class NativeCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call as it goes over the wire."""

    id: str
    connection: str
    verb: str
    args: dict[str, Argument] = {}
    on_failure: str = "stop"
    """`stop` or `continue`."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The native calls of an operation, before they are sent."""

    calls: tuple[NativeCall, ...]
    warnings: tuple[str, ...] = ()
    inverse: Operation | None = None
    """The operation that takes it back; None when nothing does."""
