"""What vSphere's faults mean: one table, for faults that pyVmomi raises and for those that our own reader finds."""

from __future__ import annotations

import http.client
import re
import ssl
from collections.abc import Mapping
from typing import Any
from xml.parsers.expat import ExpatError

from pyVmomi import vmodl

from novatui.backends.vsphere.updates import Broken, Fault
from novatui.core.errors import (
    Aborted,
    AuthFailed,
    BackendFault,
    Busy,
    Conflict,
    Denied,
    InvalidInput,
    NotFound,
    NotSupported,
    NovaError,
    Timeout,
    TlsUntrusted,
    Unreachable,
)
from novatui.core.text import clean

AUTHENTICATION = frozenset({"InvalidLogin", "InvalidLocale", "NoClientCertificate", "PasswordExpired"})
SESSION_LOST = frozenset({"NotAuthenticated", "InvalidCollectorVersion"})
BUSY = frozenset({"TaskInProgress", "ConcurrentAccess", "ResourceInUse", "VmConfigFileLocked", "FileLocked"})
STATE = frozenset(
    {"InvalidPowerState", "InvalidState", "InvalidHostState", "InvalidHostConnectionState", "InvalidDatastoreState"}
)
MISSING = frozenset({"MethodNotFound", "NotSupported", "NotImplemented", "VersionNotSupported"})
GONE = frozenset({"ManagedObjectNotFound", "NotFound", "FileNotFound"})
INPUT = frozenset(
    {"InvalidArgument", "InvalidProperty", "InvalidType", "InvalidName", "DuplicateName", "InvalidRequest"}
)
RESTRICTED = "RestrictedByAdministrator"

_STATUS = re.compile(r"[1-5]\d\d\b")
"""What pyVmomi raises, and we, begins with the status of HTTP."""


def from_fault(fault: Fault) -> NovaError:
    """A fault of a reply that our own reader read."""
    return _explain(fault.type, clean(fault.text), fault.fields)


def from_exception(error: Exception) -> NovaError:
    """What pyVmomi or the connection below it raised."""
    if isinstance(error, NovaError):
        return error
    if isinstance(error, vmodl.MethodFault):
        return _from_vmodl(error)
    if isinstance(error, TimeoutError):
        return Timeout("the server did not answer in time", native=clean(str(error)), code=type(error).__name__)
    if isinstance(error, ssl.SSLCertVerificationError):
        return TlsUntrusted("the server's certificate cannot be checked", native=clean(str(error)))
    if isinstance(error, http.client.HTTPException) and _STATUS.match(str(error)):
        return unserved(str(error))
    if isinstance(error, (OSError, http.client.HTTPException)):
        return Unreachable("the connection to the server broke", native=clean(str(error)), code=type(error).__name__)
    if isinstance(error, (Broken, ExpatError)):
        return BackendFault("the server answered what is no SOAP", native=clean(str(error)))
    if isinstance(error, (AttributeError, TypeError, KeyError, ValueError)):
        # pyVmomi loses a whole answer to a word that it does not know (backends' notes: AttributeError of an enum).
        return BackendFault(
            "the server's answer cannot be read",
            meaning="it holds a word that the library pyVmomi does not know",
            hint="a newer pyvmomi may know it",
            native=clean(f"{type(error).__name__}: {error}"),
        )
    raise error


def unserved(status: str) -> NovaError:
    """The server answers with a status of HTTP (`503 Service Unavailable`) where an answer of the API is due."""
    return Unreachable(
        f"the server does not serve: HTTP {clean(status)}",
        meaning="its service is starting or overloaded, or something in front of it does not reach it",
        hint="a vCenter takes minutes to start; it is tried again by itself",
        native=clean(status),
        code=status[:3],
    )


def _from_vmodl(error: vmodl.MethodFault) -> NovaError:
    kind = type(error).__name__.rpartition(".")[2]
    fields = {
        name: _plain(getattr(error, name, None)) for name in ("privilegeId", "existingState", "requestedState", "name")
    }
    told = [clean(each.message) for each in getattr(error, "faultMessage", None) or [] if getattr(each, "message", "")]
    words = " ".join([clean(getattr(error, "msg", "") or ""), *told]).strip()
    return _explain(kind, words, {name: value for name, value in fields.items() if value})


def _plain(value: Any) -> str:
    return "" if value is None else clean(str(value))


def _explain(kind: str, words: str, fields: Mapping[str, Any]) -> NovaError:
    given = {"native": words or kind, "code": kind}
    if kind in AUTHENTICATION:
        return AuthFailed(
            "the server refused the account or its password",
            hint="the account's name takes its domain, as in administrator@vsphere.local; on a host it is root",
            **given,
        )
    if kind in SESSION_LOST:
        return Unreachable("the session at the server has ended", meaning="it is made anew by itself", **given)
    if kind == "NoPermission":
        privilege = str(fields.get("privilegeId", ""))
        return Denied(f"the account lacks the privilege {privilege or '(unnamed)'}", subject=privilege, **given)
    if kind in STATE:
        return _state(fields, given)
    if kind in BUSY:
        return Busy("something else is being done with it", meaning=words, **given)
    if kind == RESTRICTED:
        return Busy("the server's administrator has limited this", meaning=words, **given)
    if kind == "RequestCanceled":
        return Aborted("it was cancelled", **given)
    if kind in MISSING:
        return NotSupported("this server does not offer it", meaning=words, **given)
    if kind in GONE:
        return NotFound("it does not exist any more", meaning=words, **given)
    if kind in INPUT:
        return InvalidInput(
            words or f"the server refused what it was given: {kind}", subject=str(fields.get("name", "")), **given
        )
    return BackendFault(words or f"the server answered {kind or 'with a fault'}", **given)


def _state(fields: Mapping[str, Any], given: Mapping[str, str]) -> NovaError:
    is_now, wanted = fields.get("existingState"), fields.get("requestedState")
    if is_now and wanted:
        return Conflict(f"it is {is_now}; wanted was {wanted}", subject=str(is_now), **given)
    return Conflict("its state does not allow it", meaning=given["native"], **given)
