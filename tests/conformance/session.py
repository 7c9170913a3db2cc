"""Conformance of Session: connecting, what is told of it, endings, and which failure is which."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from novatui.backends.driver import ROLES, InventorySource, MetricSource, Session
from novatui.core.errors import AuthFailed, NovaError, Timeout, Unreachable
from novatui.core.text import clean
from tests.conformance.base import Base, make, running
from tests.conformance.lab import Lab
from tests.conformance.legal import check_failure
from tests.conformance.recording import PATIENCE, Recording

STEPS = {"resolve", "connect", "tls", "auth", "identify", "list"}


class SessionConformance(Base):
    def test_connect_says_what_answered(self, lab: Lab, sink: Recording) -> None:
        driver = make(lab, sink)
        info = driver.connect()
        try:
            assert info.product
            assert info.transport
            assert info.period > 0
            assert info.privileges
        finally:
            driver.close()

    def test_connect_tells_its_steps(self, driver: Session, sink: Recording) -> None:
        assert sink.steps
        assert {step.name for step in sink.steps} <= STEPS
        assert all(step.ok is not False for step in sink.steps)
        assert all(step.ms >= 0 for step in sink.steps)

    def test_has_every_role_that_it_does_not_declare_to_lack(self, driver: Session) -> None:
        absent = {role.__name__ for role in ROLES if not isinstance(driver, role)}
        assert absent == set(self.lacks)

    def test_nobody_at_the_endpoint_is_unreachable(self, lab: Lab, sink: Recording, tmp_path: Path) -> None:
        driver = make(lab, sink, lab.nowhere(tmp_path))
        with pytest.raises(Unreachable) as caught:
            driver.connect()
        check_failure(caught.value.failure)
        assert any(step.ok is False for step in sink.steps)
        driver.close()

    def test_refused_credentials_are_auth_failed(self, lab: Lab, sink: Recording) -> None:
        spec, secrets = lab.wrong_secrets()
        driver = make(lab, sink, spec, secrets)
        with pytest.raises(AuthFailed) as caught:
            driver.connect()
        check_failure(caught.value.failure)
        assert caught.value.failure.final
        assert not any(secret in str(caught.value.failure) for secret in secrets.values() if secret)
        driver.close()

    def test_close_can_be_repeated(self, lab: Lab, sink: Recording) -> None:
        driver = make(lab, sink)
        driver.connect()
        driver.close()
        driver.close()

    def test_close_without_connect(self, lab: Lab, sink: Recording) -> None:
        make(lab, sink).close()

    def test_calls_after_close_are_unreachable(self, lab: Lab, sink: Recording) -> None:
        driver = make(lab, sink)
        driver.connect()
        driver.close()
        with pytest.raises(Unreachable):
            self.role(driver, InventorySource).load({"vm"})

    def test_an_endpoint_that_ends_is_noticed(self, lab: Lab, loaded: Session, sink: Recording) -> None:
        self.role(loaded, InventorySource).watch()
        lab.stop()
        _until_lost(loaded, sink)

    def test_a_new_connection_after_the_endpoint_is_back(self, lab: Lab, loaded: Session, sink: Recording) -> None:
        lab.stop()
        loaded.close()
        lab.start()
        again = Recording()
        driver = make(lab, again)
        driver.connect()
        try:
            self.role(driver, InventorySource).load({"vm"})
            told = {clean(str(values["name"])) for values in again.table.values()}
            assert told == {clean(vm.name) for vm in lab.vms}
        finally:
            driver.close()

    def test_an_endpoint_that_hangs_is_noticed(self, lab: Lab, loaded: Session, sink: Recording) -> None:
        """By the keepalive of the product; the deadlines of the worker are tested elsewhere."""
        self.role(loaded, InventorySource).watch()
        lab.freeze()
        try:
            _until_lost(loaded, sink)
        finally:
            lab.thaw()

    def test_ping_is_quiet_while_all_is_well(self, driver: Session) -> None:
        driver.ping()

    def test_failures_of_calls_are_ours(self, lab: Lab, loaded: Session) -> None:
        """A lost connection raises NovaError, never what a library raises."""
        lab.stop()
        calls: list[Callable[[], object]] = [lambda: self.role(loaded, InventorySource).load({"vm"})]
        if isinstance(loaded, MetricSource):
            calls.append(lambda: loaded.sample(None))
        for call in calls:
            with pytest.raises(NovaError) as caught:
                call()
            check_failure(caught.value.failure)
            assert isinstance(caught.value, Unreachable), caught.value.failure

    def test_some_machine_runs(self, lab: Lab) -> None:
        """The world as it is served has what the rest of the suite relies on."""
        assert running(lab)


def _until_lost(driver: Session, sink: Recording) -> None:
    """Wait until the connection is told to be lost, or until calls fail as those of a lost one."""
    failed: list[NovaError] = []

    def ask() -> None:
        try:
            if isinstance(driver, InventorySource):
                driver.load({"vm"})
        except NovaError as error:
            failed.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    deadline = time.monotonic() + PATIENCE
    while not (sink.losses or failed) and time.monotonic() < deadline:
        asking.join(0.1)
    assert sink.losses or failed, "nobody noticed"
    for failure in [*sink.losses, *(error.failure for error in failed)]:
        check_failure(failure)
    assert all(isinstance(error, Unreachable | Timeout) for error in failed), failed
