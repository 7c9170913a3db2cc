"""On a Debian 12 with only python3 and make, `make demo` and `make test` do all set-up and work."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.acceptance.bare_debian import BUNDLE, PERSON, Answer, BareDebian, bare_debian, reason_to_skip
from tests.acceptance.terminal import Terminal

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(3600),
    pytest.mark.xdist_group("bare-debian"),
    pytest.mark.skipif(reason_to_skip() is not None, reason=str(reason_to_skip())),
]

CERTIFICATES = {"SSL_CERT_FILE": BUNDLE}
"""What an administrator gives to users of a machine without ca-certificates."""


@pytest.fixture
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareDebian]:
    with bare_debian(tmp_path_factory.mktemp("bare")) as made:
        yield made


def test_root_needs_nothing(debian: BareDebian) -> None:
    """The set-up installs what is missing, certificates and hypervisors included."""
    assert_demo_opens(debian, "root", {})
    assert_demo_lists(debian, "root", {})
    tested = debian.run("make test </dev/null", user="root", seconds=3000)
    assert_passed(tested)
    assert "setup: installing Debian packages: " in tested.output
    assert_nothing_to_do(debian, "root", {})


def test_user_without_certificates_is_told(debian: BareDebian) -> None:
    """Where the index's certificate is not one that uv brings along, only root can help, and the words say so."""
    answer = debian.run("make demo </dev/null", user=PERSON, seconds=600)
    filled = (debian.root / "home" / PERSON / "novatui" / ".venv" / "bin" / "novatui").exists()
    assert filled or "apt-get install --no-install-recommends ca-certificates" in answer.output


def test_user_without_sudo_gets_far(debian: BareDebian) -> None:
    """The demo works; the tests that need Debian packages are skipped, and the words say which packages and how."""
    assert_demo_opens(debian, PERSON, CERTIFICATES)
    assert_demo_lists(debian, PERSON, CERTIFICATES)
    tested = debian.run("make test </dev/null", user=PERSON, seconds=3000, environment=CERTIFICATES)
    assert_passed(tested)
    command = re.search(r"setup:   apt-get install --no-install-recommends (.*)", tested.output)
    assert command, tested.output
    assert {"libvirt-daemon-system", "libvirt-dev", "qemu-system-x86", "gcc", "cpio"} <= set(command[1].split())
    assert " skipped" in tested.output
    assert_nothing_to_do(debian, PERSON, CERTIFICATES)


def assert_demo_opens(debian: BareDebian, user: str, environment: dict[str, str]) -> None:
    """`make demo` on a terminal: the console comes up, and leaves by its own key."""
    with Terminal(debian.command("make demo", user=user, environment=environment)) as terminal:
        terminal.wait_for("NovaTUI", 300)
        terminal.wait_for("vc-east", 120)
        terminal.send("q")
        terminal.wait_for("Quit", 60)
        terminal.send("y")
        assert terminal.wait_for_exit(60) == 0, terminal.text


def assert_demo_lists(debian: BareDebian, user: str, environment: dict[str, str]) -> None:
    line = ".venv/bin/novatui ls -c 'demo://?vms=50' --json 2>/dev/null"
    answer = debian.run(line, user=user, seconds=120, environment=environment)
    assert answer.status == 0, answer.output
    assert len(json.loads(answer.output)["objects"]) >= 50  # and clones that come and go
    assert answer.left_running == []


def assert_passed(answer: Answer) -> None:
    closing = re.findall(r"^(?:=+ )?\d+ passed.* in [\d.]+s.*$", answer.output, re.MULTILINE)
    failures = answer.output.partition("= FAILURES =")[2][:12000]
    assert answer.status == 0, failures + answer.output[-3000:]
    assert len(closing) == 1, answer.output[-3000:]
    assert answer.left_running == []


def assert_nothing_to_do(debian: BareDebian, user: str, environment: dict[str, str]) -> None:
    """A second set-up finds everything in place and does not fill .venv again."""
    again = debian.run("make setup </dev/null", user=user, seconds=120, environment=environment)
    assert again.status == 0, again.output
    assert "filling" not in again.output
    assert "installing" not in again.output
