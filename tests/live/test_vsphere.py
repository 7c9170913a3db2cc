"""A real vCenter or ESXi host, looked at only, where NOVATUI_LIVE_VSPHERE_URL names one (docs/real-servers.md).

    NOVATUI_LIVE_VSPHERE_URL=vsphere://monitor@vsphere.local@vc.example.org \\
    NOVATUI_LIVE_VSPHERE_SECRET=keyring:novatui/vc NOVATUI_LIVE_VSPHERE_TLS=ca:vc.pem \\
    pytest tests/live/test_vsphere.py

The connection is read-only, and the last test holds every call against the list of those that change nothing.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim

from novatui.backends.registry import driver_class
from novatui.backends.vsphere.reading import READING
from novatui.config.redact import Redactor
from novatui.config.secrets import parse_secret, resolve
from novatui.core.connection import ConnectionSpec
from novatui.core.errors import NovaError
from novatui.core.features import FEATURES
from novatui.core.states import Family
from novatui.core.text import clean
from tests.acceptance.program import Program
from tests.lab.vsphere.driven import KINDS, Recorder
from tests.lab.vsphere.shown import KINDS as SHOWN
from tests.lab.vsphere.shown import expected, lone_hosts, told
from tests.lab.vsphere.walk import Seen, walk

URL = os.environ.get("NOVATUI_LIVE_VSPHERE_URL", "")
SECRET = os.environ.get("NOVATUI_LIVE_VSPHERE_SECRET", "env:NOVATUI_LIVE_VSPHERE_PASSWORD")
TLS = os.environ.get("NOVATUI_LIVE_VSPHERE_TLS", "system")
SECONDS = 300.0

pytestmark = [
    pytest.mark.skipif(not URL, reason="NOVATUI_LIVE_VSPHERE_URL names no vCenter or ESXi host"),
    pytest.mark.xdist_group("live-vsphere"),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def password() -> str:
    return resolve(parse_secret(SECRET), Redactor()).reveal()


@pytest.fixture
def program(password: str, tmp_path: Path) -> Program:
    made = Program(tmp_path, {"VC_PASSWORD": password})
    made.configure(f'[connections.vc]\nuri = "{URL}"\npassword = "env:VC_PASSWORD"\ntls = "{TLS}"\nro = true\n')
    return made


@pytest.fixture(scope="module")
def service(password: str) -> Iterator[vim.ServiceInstance]:
    """Another client. Who the server is was checked by ours: a pin is none of this library's business."""
    user, _, address = urlsplit(URL).netloc.rpartition("@")
    host, _, port = address.partition(":")
    word, _, file = TLS.partition(":")
    context = ssl.create_default_context(cafile=file if word == "ca" else None)
    if word in ("pin", "insecure"):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    made = SmartConnect(host=host, port=int(port or 443), user=user, pwd=password, sslContext=context)
    yield made
    Disconnect(made)


@pytest.fixture(scope="module")
def driver(password: str) -> Iterator[Any]:
    """The driver in this process, loaded, with a sink that counts its calls by name."""
    word, _, said = TLS.partition(":")
    trust = {"ca": {"tls_ca": said}, "pin": {"tls_pin": said}, "insecure": {"tls_insecure": "1"}}.get(word, {})
    user, _, address = urlsplit(URL).netloc.rpartition("@")
    spec = ConnectionSpec(
        name="vc", family=Family.VSPHERE, driver="vsphere", uri=f"vsphere://{address}", options={"user": user} | trust
    )
    made: Any = driver_class("vsphere")(spec, {"password": password}, Recorder())
    try:
        made.connect()
        made.load(KINDS)
        yield made
    finally:
        made.close()


def test_doctor_finds_nothing_wrong(program: Program) -> None:
    answer = program.run("doctor", seconds=SECONDS)
    assert answer.code == 0, answer.out + answer.err


def test_ls_lists_what_a_walk_finds(program: Program, service: vim.ServiceInstance) -> None:
    """Whatever was the same before and after the listing: others work on a real server."""
    before = _rows(walk(service))
    kinds = [word for kind in sorted({*SHOWN.values(), "template"}) for word in ("--kind", kind)]
    answer = program.run("ls", "--json", *kinds, seconds=SECONDS)
    assert (answer.code, answer.err) == (0, "")
    after = _rows(walk(service))
    steady = {one: row for one, row in before.items() if after.get(one) == row}
    listed = told(answer.json["objects"])
    assert {one: listed.get(one) for one in steady} == steady
    assert not set(listed) - set(before) - set(after), "it lists what is not there"


def test_a_running_machine_is_shown_with_its_load(program: Program, service: vim.ServiceInstance) -> None:
    on = {"runtime.powerState": "poweredOn", "runtime.connectionState": "connected"}
    running = [one for one in walk(service).values() if on.items() <= one.facts.items()]
    if not running:
        pytest.skip("no machine runs there")
    answer = program.run("show", f"vc:vm:{running[0].reference}", "--json", seconds=SECONDS)
    assert (answer.code, answer.err) == (0, "")
    assert answer.json["metrics"]["cpu.used"] >= 0
    assert answer.json["metrics"]["mem.used"] > 0


def test_every_capability_has_its_evidence(program: Program) -> None:
    answer = program.run("caps", "--json", seconds=SECONDS)
    assert answer.code == 0, answer.err
    facts = answer.json["facts"]
    assert {fact["feature"] for fact in facts} == {feature.slug for feature in FEATURES}
    for fact in facts:
        assert fact.get("reason") if fact["value"] == "unknown" else fact["evidence"], fact


def test_whatever_is_read_is_read_by_calls_that_change_nothing(driver: Any) -> None:
    """One object of each kind in full, and everything else that the console asks for when a person looks around."""
    sink: Recorder = driver.sink
    assert driver.tasks() is not None
    driver.sample(None)
    vm, host, store = (next(iter(sink.of_kind(kind)), "") for kind in ("vm", "host", "datastore"))
    for kind in KINDS:
        if found := next(iter(sink.of_kind(kind)), ""):
            assert driver.detail(found, ()).key == found
    of_a_machine = (driver.snapshots, driver.posture, driver.probe, driver.fingerprint)
    of_a_host = (driver.devices, driver.posture, driver.profile, driver.probe)
    for key, questions in {vm: of_a_machine, host: of_a_host, store: (driver.volumes,)}.items():
        for ask in questions if key else ():
            _told(ask, key)
    if vm and host:
        _told(lambda key: driver.fits(driver.needs(key), [host]), vm)
    driver.probe("")
    assert set(sink.counts) <= READING
    assert not sink.losses


def _rows(seen: dict[str, Seen]) -> dict[str, Any]:
    shown = expected(seen, lone_hosts(seen))
    return {one: row._replace(name=clean(row.name)) for one, row in shown.items()}


def _told(ask: Callable[[str], object], key: str) -> None:
    """Wait for an answer; an account may lack a privilege, which is told in words."""
    with suppress(NovaError):
        ask(key)
