"""What ssh says, and what a person is told to type."""

from __future__ import annotations

import pytest

from novatui.core.errors import Fault
from novatui.core.ssh_words import ssh_failure
from novatui.engine.via import failure_of_end


@pytest.mark.parametrize(
    ("said", "fault", "typed"),
    [
        ("ann@kvm1: Permission denied (publickey,password).", Fault.AUTH_FAILED, "ssh-copy-id -p 2222 ann@kvm1"),
        ("ann@kvm1: Permission denied (publickey).", Fault.AUTH_FAILED, "ssh-add"),
        ("Host key verification failed.", Fault.TLS_UNTRUSTED, "`ssh -p 2222 ann@kvm1` once"),
        (
            "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
            Fault.TLS_UNTRUSTED,
            "ssh-keygen -R kvm1",
        ),
        (
            'sign_and_send_pubkey: signing failed for ED25519 "k" from agent: agent refused operation\n'
            "ann@kvm1: Permission denied (publickey).",
            Fault.AUTH_FAILED,
            "touch the key",
        ),
        ("Received disconnect from 10.0.0.1: Too many authentication failures", Fault.AUTH_FAILED, "IdentitiesOnly"),
        ("@ WARNING: UNPROTECTED PRIVATE KEY FILE! @\nPermission denied (publickey).", Fault.AUTH_FAILED, "chmod 600"),
        ("ssh: Could not resolve hostname kvm1: Name or service not known", Fault.UNREACHABLE, "~/.ssh/config"),
        ("/home/a/.ssh/config: line 3: Bad configuration option: usr", Fault.INVALID_INPUT, "~/.ssh/config"),
        ("Bad owner or permissions on /home/a/.ssh/config", Fault.INVALID_INPUT, "chmod 600 ~/.ssh/config"),
        ("ssh: connect to host kvm1 port 2222: Connection refused", Fault.UNREACHABLE, "Port"),
    ],
)
def test_each_failure_tells_what_to_type(said: str, fault: Fault, typed: str) -> None:
    known = ssh_failure(said, "kvm1", "ann", 2222)
    assert known is not None
    failure = known.failure
    assert failure.fault is fault
    assert typed in failure.hint
    assert failure.native == said
    assert "{" not in failure.message + failure.hint + failure.meaning
    assert failure_of_end("ssh://ann@kvm1:2222", 255, said.splitlines()) == failure, "the same for a worker behind ssh"


def test_unknown_words_are_left_alone() -> None:
    assert ssh_failure("it rains", "kvm1") is None
    assert ssh_failure("", "kvm1") is None


def test_a_login_without_user_and_port_is_the_host() -> None:
    known = ssh_failure("Host key verification failed.", "kvm1")
    assert known is not None
    assert "`ssh kvm1` once" in known.failure.hint
