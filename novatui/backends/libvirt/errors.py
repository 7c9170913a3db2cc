"""libvirt's errors as the console's failures: what happened, what it means, what to try.

Codes are virErrorNumber of libvirt's virterror.h; they are stable across versions. [1] and [38] stand for plain
failures as well as for a lost link, so a link counts as lost only when the connection itself says it is dead.
"""

from __future__ import annotations

from collections.abc import Sequence

from novatui.backends.libvirt.library import libvirt
from novatui.backends.libvirt.refusals import refusal
from novatui.backends.libvirt.uris import Address
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
    TlsUntrusted,
    Unreachable,
)
from novatui.core.ssh_words import ssh_failure

INTERNAL = 1
NO_CONNECT = 5
SYSTEM = 38
NOTHING_OF_THE_KIND = {"3", "5"}
"""Codes of failures that say: this libvirt has no such thing at all (VIR_ERR_NO_SUPPORT, VIR_ERR_NO_CONNECT)."""

_LOST = {INTERNAL, SYSTEM, 5, 6, 39, 40}

_MEANINGS: dict[int, tuple[type[NovaError], str, str]] = {
    3: (NotSupported, "this libvirt driver does not have the function", ""),
    5: (NotSupported, "the host's libvirt has no driver for it", "install the libvirt package that brings the driver"),
    8: (InvalidInput, "", ""),
    27: (InvalidInput, "the XML has a mistake", ""),
    28: (Conflict, "a machine of that name or uuid is there already", ""),
    29: (Denied, "the connection is read-only", "open it without `readonly`"),
    31: (Denied, "the daemon refuses this to the account", ""),
    35: (InvalidInput, "the name, or the machine's configuration, does not allow it", ""),
    37: (Conflict, "a network of that name or uuid is there already", ""),
    42: (NotFound, "the machine is gone", ""),
    43: (NotFound, "the network is gone", ""),
    45: (AuthFailed, "libvirt refused the credentials", "check the user name and the password or certificate"),
    49: (NotFound, "the storage pool is gone", ""),
    50: (NotFound, "the volume is gone", ""),
    53: (NotFound, "the device is gone", ""),
    55: (Conflict, "the object's state does not allow it", ""),
    57: (NotFound, "the interface is gone", ""),
    66: (NotFound, "the secret is not defined", ""),
    67: (NotSupported, "this host or its configuration cannot do it", ""),
    68: (Busy, "another operation holds the machine", "wait for it, or look at its job"),
    72: (NotFound, "the snapshot is gone", ""),
    74: (NotSupported, "this machine, or this version of libvirt, has no such way", ""),
    77: (Conflict, "libvirt holds this for risky", ""),
    78: (Aborted, "", ""),
    79: (AuthFailed, "the authentication was cancelled", ""),
    80: (NotFound, "there is no such metadata", ""),
    83: (Busy, "a block job works on the machine", "wait for it, or cancel its task"),
    84: (NotSupported, "this version of libvirt cannot do it here", ""),
    86: (Conflict, "the guest agent does not answer", "install or start qemu-guest-agent in the guest"),
    87: (Busy, "the resource is in use", ""),
    88: (Denied, "the account has no right to it", ""),
    90: (Conflict, "a volume of that name is there already", ""),
    91: (NotSupported, "the host's processor lacks what the machine asks for", "give the machine a processor model"),
    94: (AuthFailed, "no kind of authentication that we offer is accepted", ""),
    97: (Conflict, "the guest agent gave no sensible answer", "restart qemu-guest-agent in the guest"),
    99: (NotFound, "the machine has no such device", "it may have been taken away meanwhile: look again"),
    103: (NotFound, "the checkpoint is gone", ""),
    104: (NotFound, "no backup runs", ""),
}
"""By code: kind of failure, what it means, what to try. Any other code is a fault of the product, in its own words."""

_FAR_SIDE: tuple[tuple[str, type[NovaError], str, str, str], ...] = (
    (
        "permission denied",
        Denied,
        "the account may not use libvirt's socket on {host}",
        "ssh let it in, libvirt did not",
        "on {host}: sudo usermod -aG libvirt {user}, then reconnect",
    ),
    (
        "not found",
        Unreachable,
        "libvirt is not installed on {host}",
        "ssh let us in, but there is no program that leads on to libvirt",
        "on {host}: apt install libvirt-daemon-system (Fedora: dnf install libvirt-daemon-kvm)",
    ),
    (
        "failed to connect socket",
        Unreachable,
        "no libvirt daemon listens on {host}",
        "ssh let us in; the daemon is not installed or not running",
        "on {host}: sudo systemctl start libvirtd (or virtqemud.socket)",
    ),
)
"""What comes from behind an ssh login, in the same form; the first that fits counts."""

_OPENING: tuple[tuple[str, type[NovaError], str, str, str], ...] = (
    ("unable to resolve address", Unreachable, "the host name is not known", "", "check the spelling and the DNS"),
    (
        "permission denied",
        Denied,
        "the account may not use libvirt's socket",
        "",
        "join the group that owns the socket (usually `libvirt`) and log in again",
    ),
    (
        "failed to connect socket",
        Unreachable,
        "no libvirt daemon listens on its socket",
        "the daemon is not installed or not running",
        "systemctl start libvirtd (or virtqemud)",
    ),
    ("connection refused", Unreachable, "the host refuses the connection", "nothing listens on that port", ""),
    ("timed out", Unreachable, "the host did not answer in time", "", ""),
    ("no route to host", Unreachable, "the host cannot be reached", "", ""),
    (
        "unable to read tls confirmation",
        AuthFailed,
        "the host does not accept our certificate",
        "after the TLS handshake it hung up: we showed no certificate, or one of an authority unknown to it",
        'give `cert` and `key` beside tls = "ca:FILE", or a folder with all three in the address: `?pkipath=/folder`',
    ),
    (
        "certificate",
        TlsUntrusted,
        "the TLS certificates do not fit",
        "",
        'give the authority with tls = "ca:FILE", or a folder with its cacert.pem in the address: `?pkipath=/folder`',
    ),
    (
        "pid file",
        Conflict,
        "another process uses this embed root",
        "one embed root serves one process at a time",
        "end the other process or choose another root",
    ),
    (
        "cannot open another",
        Conflict,
        "this process already has another embed root open",
        "one process serves one embed root",
        "",
    ),
)
"""What `open` says, by a piece of its text: kind of failure, message, meaning, hint. The first that fits counts."""


def explain(error: libvirt.libvirtError, *, alive: bool) -> NovaError:
    """The failure of a call on a connection that is alive or not."""
    code = error.get_error_code() or 0
    native = (error.get_error_message() or str(error)).strip()
    if not alive and code in _LOST:
        return Unreachable(
            "the connection to libvirt was lost",
            meaning="the daemon ended, or the network between here and there failed",
            code=str(code),
            native=native,
        )
    if (known := refusal(code, native)) is not None:
        return known
    fault, meaning, hint = _MEANINGS.get(code, (BackendFault, "", ""))
    subject = native if fault in {Busy, Conflict} else ""
    return fault(native or "libvirt failed", meaning=meaning, hint=hint, code=str(code), native=native, subject=subject)


def explain_open(error: libvirt.libvirtError, address: Address | None = None) -> NovaError:
    """Why a connection could not be made. ssh's own words are part of libvirt's text, and stay."""
    code = error.get_error_code() or 0
    native = (error.get_error_message() or str(error)).strip()
    lowered = native.lower()
    if address is not None and address.transport == "ssh" and (found := _over_ssh(native, address)) is not None:
        return found
    for piece, fault, message, meaning, hint in _OPENING:
        if piece in lowered:
            return fault(message, meaning=meaning, hint=hint, code=str(code), native=native)
    if code == NO_CONNECT:
        return InvalidInput(
            "libvirt has no driver for this address",
            meaning="the driver's name is wrong, or its package is not installed",
            code=str(code),
            native=native,
            subject="uri",
        )
    if code in {INTERNAL, SYSTEM}:
        return Unreachable("libvirt could not connect", meaning=native, code=str(code), native=native)
    return explain(error, alive=True)


def _over_ssh(native: str, address: Address) -> NovaError | None:
    """The same for ssh: either it did not let us in, or libvirt on the far side did not."""
    if (known := ssh_failure(native, address.host, address.user, address.port)) is not None:
        return known
    user = address.user or "USER"
    for piece, fault, message, meaning, hint in _FAR_SIDE:
        if piece in native.lower():
            host = address.host
            return fault(
                message.format(host=host), meaning=meaning, hint=hint.format(host=host, user=user), native=native
            )
    return None


CLOSE_REASONS: Sequence[str] = (
    "an error on the link",
    "the daemon closed the link or ended",
    "no sign of life within the keepalive time",
    "the link was closed on this side",
)
"""By virConnectCloseReason."""


def lost(reason: int) -> NovaError:
    """The failure that a close callback reports."""
    text = CLOSE_REASONS[reason] if 0 <= reason < len(CLOSE_REASONS) else f"close reason {reason}"
    return Unreachable("the connection to libvirt was lost", meaning=text, code=f"close {reason}")
