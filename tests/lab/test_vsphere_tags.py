"""Tags that another administrator makes in a vCenter simulator: on the rows of machines and hosts, and off again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from novatui.backends.vsphere import tags
from novatui.core.errors import AuthFailed, NotSupported
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.simulated import Vcsim
from tests.lab.vsphere.tagging import tagger_of

pytestmark = pytest.mark.xdist_group("vcsim")

ONE, OTHER, HOST = "DC0_C0_RP0_VM0", "DC0_C0_RP0_VM1", "DC0_C0_H0"


@pytest.fixture(scope="module")
def server() -> Iterator[Vcsim]:
    with or_skip(lambda: Vcsim(datacenters=1, clusters=1, hosts=1, standalone=0, machines=2)) as one:
        yield one


def reference(probe: Probe, name: str, kind: str = "vm") -> str:
    return probe.sink.key_of(name, kind).partition(":")[2]


def of(probe: Probe, name: str, kind: str = "vm") -> Any:
    return probe.sink.named(name, kind).get("tags")


@pytest.mark.parametrize("auth", ["password", "token"])
def test_tags_come_and_go(server: Vcsim, auth: str) -> None:
    with connected(server, auth=auth) as probe, tagger_of(server) as tagger:
        probe.sink.until(lambda: of(probe, ONE) == [], "that there are none")
        first, second = tagger.make(f"prod-{auth}"), tagger.make(f"a database-{auth}")
        tagger.attach(first, "VirtualMachine", reference(probe, ONE))
        tagger.attach(second, "VirtualMachine", reference(probe, ONE))
        tagger.attach(first, "HostSystem", reference(probe, HOST, "host"))
        read = probe.driver._tags.read
        read()
        assert of(probe, ONE) == [f"a database-{auth}", f"prod-{auth}"]
        assert of(probe, HOST, "host") == [f"prod-{auth}"]
        assert of(probe, OTHER) == []
        probe.driver.refresh([probe.sink.key_of(ONE)])
        assert of(probe, ONE) == [f"a database-{auth}", f"prod-{auth}"]
        tagger.detach(second, "VirtualMachine", reference(probe, ONE))
        tagger.rename(first, f"live-{auth}")
        read()
        assert of(probe, ONE) == [f"prod-{auth}"], "a name is asked for again now and then only"
        probe.driver._tags._readings = tags.ANEW
        read()
        assert of(probe, ONE) == [f"live-{auth}"]
        tagger.delete(first)
        tagger.delete(second)
        read()
        assert of(probe, ONE) == of(probe, HOST, "host") == []


def test_nothing_is_told_twice(server: Vcsim) -> None:
    with connected(server) as probe:
        probe.sink.until(lambda: of(probe, ONE) == [], "that there are none")
        probe.sink.objects[probe.sink.key_of(ONE)]["tags"] = "untouched"
        probe.driver._tags.read()
        assert of(probe, ONE) == "untouched"


def test_a_machine_made_later_has_unknown_ones_until_they_are_read(server: Vcsim) -> None:
    with connected(server) as probe, client_of(server) as service:
        probe.sink.until(lambda: of(probe, ONE) == [], "that there are none")
        change.clone(service, ONE, "young")
        probe.sink.until(lambda: bool(probe.sink.named("young")), "a machine more")
        assert of(probe, "young") is None
        probe.driver._tags.read()
        assert of(probe, "young") == []
        change.delete(service, "young")
        probe.sink.until(lambda: not probe.sink.named("young"), "a machine less")


def test_a_session_that_was_ended_is_made_anew(server: Vcsim) -> None:
    with connected(server) as probe:
        probe.sink.until(lambda: of(probe, ONE) == [], "that there are none")
        rest = probe.driver._tags._rest
        rest._web.ask("DELETE", rest._dialect.session, None, {"vmware-api-session-id": rest._session})
        before = probe.sink.counts["CreateRestSession"]
        probe.driver._tags.read()
        assert probe.sink.counts["CreateRestSession"] == before + 1


def test_a_lone_host_is_not_asked() -> None:
    with or_skip(lambda: Vcsim(esx=True)) as alone, connected(alone) as probe:
        assert "CreateRestSession" not in probe.sink.counts
        assert probe.driver._tags._thread is None


# --- answers of other servers ----------------------------------------------------------------------------------------


class Answering:
    """Instead of a connection: what is answered, by method and path."""

    def __init__(self, answers: dict[tuple[str, str], tuple[int, bytes]]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str]] = []

    def ask(self, method: str, path: str, _body: object, _headers: object) -> tuple[int, bytes]:
        self.asked.append((method, path))
        return self.answers.get((method, path), (404, b""))

    def end(self) -> None:
        """Nothing is open."""


def with_answers(server: Vcsim, answers: dict[tuple[str, str], tuple[int, bytes]]) -> Any:
    probe = Probe(server)
    probe.driver.connect()
    probe.driver.load(["vm"])
    web = Answering(answers)
    probe.driver._tags._rest._web = web
    return probe, web


def test_the_newer_interface_is_spoken_where_there_is_one(server: Vcsim) -> None:
    tag = "urn:vmomi:InventoryServiceTag:1:GLOBAL"
    attached = "/api/cis/tagging/tag-association?action=list-attached-objects-on-tags"
    probe, web = with_answers(
        server,
        {
            ("POST", "/api/session"): (201, b'"s-1"'),
            ("GET", "/api/cis/tagging/tag"): (200, f'["{tag}", "gone"]'.encode()),
            ("POST", attached): (
                200,
                f'[{{"tag_id": "{tag}", "object_ids": [{{"type": "VirtualMachine", "id": "VM"}}]}},'
                '{"tag_id": "gone", "object_ids": [{"type": "VirtualMachine", "id": "VM"}]}]'.encode(),
            ),
            ("GET", f"/api/cis/tagging/tag/{tag}"): (200, b'{"name": "prod\\u001b[31m"}'),
        },
    )
    key = ("POST", attached)
    web.answers[key] = (200, web.answers[key][1].replace(b'"VM"', f'"{reference(probe, ONE)}"'.encode()))
    probe.driver._tags.read()
    (name,) = of(probe, ONE)
    assert name.startswith("prod")
    assert "\x1b" not in name
    probe.driver.close()


@pytest.mark.parametrize(("status", "error"), [(401, AuthFailed), (404, NotSupported)])
def test_a_server_that_refuses(server: Vcsim, status: int, error: type[Exception]) -> None:
    probe, _ = with_answers(server, {("POST", "/api/session"): (status, b"{}")})
    with pytest.raises(error):
        probe.driver._tags.read()
    assert of(probe, ONE) is None
    probe.driver.close()
