"""Failures as data: what happened, what it means, what to try, and the product's own words."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Fault(StrEnum):
    """Kinds of failure. Each decides how the console reacts; the text decides what the person reads."""

    AUTH_FAILED = "auth_failed"
    UNREACHABLE = "unreachable"
    TLS_UNTRUSTED = "tls_untrusted"
    TIMEOUT = "timeout"
    NOT_SUPPORTED = "not_supported"
    DENIED = "denied"
    BUSY = "busy"
    CONFLICT = "conflict"
    NOT_FOUND = "not_found"
    ABORTED = "aborted"
    INVALID_INPUT = "invalid_input"
    OUTCOME_UNKNOWN = "outcome_unknown"
    BACKEND_FAULT = "backend_fault"
    MISSING_LIBRARY = "missing_library"


FINAL: frozenset[Fault] = frozenset(
    {
        Fault.AUTH_FAILED,
        Fault.TLS_UNTRUSTED,
        Fault.INVALID_INPUT,
        Fault.MISSING_LIBRARY,
        Fault.NOT_SUPPORTED,
        Fault.DENIED,
    }
)
"""Faults that trying again does not cure: a person has to act (and retrying may lock an account)."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One failure, as it crosses the wire and is shown."""

    fault: Fault
    message: str
    """What happened, one sentence."""
    meaning: str = ""
    """What it means for the person, one sentence; empty when the message says it all."""
    hint: str = ""
    """What to try, one sentence or command."""
    code: str = ""
    """The product's own error code, as it writes it."""
    native: str = ""
    """The product's own text, complete."""
    subject: str = ""
    """Who or what is concerned: the missing privilege, the holder of a lock, the state in conflict, the fields."""

    @property
    def final(self) -> bool:
        """True when only a person can cure it."""
        return self.fault in FINAL

    def __str__(self) -> str:
        tail = f" [{self.code}]" if self.code else ""
        return f"{self.message}{tail}"


class NovaError(Exception):
    """The one exception that drivers and the console raise on purpose; it carries its failure as data."""

    fault = Fault.BACKEND_FAULT

    def __init__(
        self,
        message: str,
        *,
        meaning: str = "",
        hint: str = "",
        code: str = "",
        native: str = "",
        subject: str = "",
    ) -> None:
        super().__init__(message)
        self.failure = Failure(
            fault=self.fault,
            message=message,
            meaning=meaning,
            hint=hint,
            code=code,
            native=native,
            subject=subject,
        )


class AuthFailed(NovaError):
    """Credentials were refused."""

    fault = Fault.AUTH_FAILED


class Unreachable(NovaError):
    """No connection, or it was lost."""

    fault = Fault.UNREACHABLE


class TlsUntrusted(NovaError):
    """The peer's certificate is not the one we trust."""

    fault = Fault.TLS_UNTRUSTED


class Timeout(NovaError):
    """No answer within the deadline of this class of call."""

    fault = Fault.TIMEOUT


class NotSupported(NovaError):
    """The product, this version of it or this driver of it has no such thing."""

    fault = Fault.NOT_SUPPORTED


class Denied(NovaError):
    """The account lacks a privilege (named in `subject`)."""

    fault = Fault.DENIED


class Busy(NovaError):
    """Somebody holds the object (named in `subject`)."""

    fault = Fault.BUSY


class Conflict(NovaError):
    """The object's state does not allow it (state in `subject`)."""

    fault = Fault.CONFLICT


class NotFound(NovaError):
    """The object is gone or never was."""

    fault = Fault.NOT_FOUND


class Aborted(NovaError):
    """Cancelled on purpose."""

    fault = Fault.ABORTED


class InvalidInput(NovaError):
    """What was asked makes no sense (fields in `subject`)."""

    fault = Fault.INVALID_INPUT


class OutcomeUnknown(NovaError):
    """The request left, the answer never came: it may or may not have been done."""

    fault = Fault.OUTCOME_UNKNOWN


class BackendFault(NovaError):
    """The product failed in its own way; its text says how."""

    fault = Fault.BACKEND_FAULT


class MissingLibrary(NovaError):
    """The family's Python library is not installed; the hint says how to get it."""

    fault = Fault.MISSING_LIBRARY
