"""libvirt's errors as failures: kinds, words, and when a connection counts as lost."""

from __future__ import annotations

import pytest

from novatui.core.connection import ConnectionSpec
from novatui.core.errors import Fault
from novatui.core.states import Family

pytest.importorskip("libvirt")

from novatui.backends.libvirt.errors import explain, explain_open, lost
from novatui.backends.libvirt.uris import resolve


class Refusal(Exception):
    """What libvirt raises, as far as it is looked at."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message

    def get_error_code(self) -> int:
        return self.code

    def get_error_message(self) -> str:
        return self.message


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (3, Fault.NOT_SUPPORTED),
        (5, Fault.NOT_SUPPORTED),
        (67, Fault.NOT_SUPPORTED),
        (84, Fault.NOT_SUPPORTED),
        (68, Fault.BUSY),
        (42, Fault.NOT_FOUND),
        (72, Fault.NOT_FOUND),
        (55, Fault.CONFLICT),
        (45, Fault.AUTH_FAILED),
        (78, Fault.ABORTED),
        (86, Fault.CONFLICT),
        (29, Fault.DENIED),
        (88, Fault.DENIED),
        (27, Fault.INVALID_INPUT),
        (1, Fault.BACKEND_FAULT),
        (38, Fault.BACKEND_FAULT),
        (9999, Fault.BACKEND_FAULT),
    ],
)
def test_kinds(code: int, fault: Fault) -> None:
    failure = explain(Refusal(code, "its words"), alive=True).failure
    assert (failure.fault, failure.code, failure.native) == (fault, str(code), "its words")


def test_internal_errors_mean_a_lost_link_only_when_the_link_is_dead() -> None:
    for code in (1, 38):
        assert explain(Refusal(code, "client socket is closed"), alive=False).failure.fault is Fault.UNREACHABLE
        assert explain(Refusal(code, "x"), alive=True).failure.fault is Fault.BACKEND_FAULT
    assert explain(Refusal(42, "Domain not found"), alive=False).failure.fault is Fault.NOT_FOUND


def test_the_holder_of_a_lock_is_named() -> None:
    text = "cannot acquire state change lock (held by monitor=remoteDispatchDomainSnapshotCreateXML)"
    assert explain(Refusal(68, text), alive=True).failure.subject == text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Failed to connect socket to '/run/libvirt/libvirt-sock': Permission denied", Fault.DENIED),
        ("Failed to connect socket to '/run/libvirt/libvirt-sock': No such file or directory", Fault.UNREACHABLE),
        ("unable to connect to server at 'h:16509': Connection refused", Fault.UNREACHABLE),
        ("Unable to read TLS certificate", Fault.TLS_UNTRUSTED),
        ("Failed to acquire pid file '/r/run/qemu/driver.pid': Resource temporarily unavailable", Fault.CONFLICT),
        ("something else", Fault.UNREACHABLE),
    ],
)
def test_why_a_connection_cannot_be_made(text: str, fault: Fault) -> None:
    failure = explain_open(Refusal(38, text)).failure
    assert failure.fault is fault
    assert failure.native == text
    assert failure.message != text or fault is Fault.UNREACHABLE


@pytest.mark.parametrize(
    ("text", "fault", "hint"),
    [
        ("Cannot recv data: Host key verification failed.: Connection reset by peer", Fault.TLS_UNTRUSTED, "ssh op@h"),
        ("Cannot recv data: op@h: Permission denied (publickey).: reset", Fault.AUTH_FAILED, "ssh-copy-id op@h"),
        ("Cannot recv data: ssh: Could not resolve hostname h", Fault.UNREACHABLE, "DNS"),
        (
            "Cannot recv data: error: Failed to connect socket to '/run/libvirt/libvirt-sock': Permission denied",
            Fault.DENIED,
            "on h: sudo usermod -aG libvirt op",
        ),
        ("Cannot recv data: sh: 1: nc: not found: reset", Fault.UNREACHABLE, "on h: apt install"),
        (
            "End of file while reading data: virt-ssh-helper: Failed to connect socket to '/x': No such file",
            Fault.UNREACHABLE,
            "on h: sudo systemctl",
        ),
        ("something else", Fault.UNREACHABLE, ""),
    ],
)
def test_over_ssh_either_ssh_or_the_far_libvirt_said_no(text: str, fault: Fault, hint: str) -> None:
    spec = ConnectionSpec(name="x", family=Family.LIBVIRT, driver="libvirt", uri="qemu+ssh://op@h/system")
    failure = explain_open(Refusal(38, text), resolve(spec)).failure
    assert failure.fault is fault
    assert hint in failure.hint
    assert failure.native == text, "ssh's own words are kept"


def test_a_missing_driver_is_no_lost_connection() -> None:
    """A split libvirt without its network driver says so to each question about networks."""
    refusal = Refusal(5, "no connection driver available for network:///session")
    assert explain(refusal, alive=True).failure.fault is Fault.NOT_SUPPORTED
    assert explain_open(refusal).failure.fault is Fault.INVALID_INPUT


def test_refused_credentials_are_told_as_such_at_the_opening() -> None:
    assert explain_open(Refusal(45, "authentication failed: bad password")).failure.fault is Fault.AUTH_FAILED


def test_every_close_reason_has_words() -> None:
    assert "keepalive" in lost(2).failure.meaning
    assert lost(17).failure.meaning == "close reason 17"
    assert lost(1).failure.fault is Fault.UNREACHABLE
