"""A worker whose drivers behave as badly as a test asks for: `python -m tests.oddworker` stands in for the real one.

Each step of a connection (`connect`, `load`, `sample`, `detail`, `close` …) does what the option of that name says.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import sys
import threading
import time
from collections.abc import Collection

from novatui.backends.driver import (
    CapabilityProbe,
    DetailSource,
    InventorySource,
    Loaded,
    MetricSource,
    Session,
)
from novatui.core.capabilities import Answer, Evidence, Fact
from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.detail import Detail
from novatui.core.errors import AuthFailed, Failure, Fault, NotFound, Unreachable
from novatui.core.inventory import Row
from novatui.core.states import Family, Kind
from novatui.worker.calls import Limits
from novatui.worker.main import main

COMMAND = (sys.executable, "-m", "tests.oddworker")
"""For `Fleet`, `Links` and `Supervisor`: the program to start as worker."""

LIMITS = Limits(connect=3.0, list=100.0, read=2.0, sample=2.0, close=1.0)


def spec(name: str, **options: str) -> ConnectionSpec:
    """A connection whose driver behaves as `options` say; `objects` is the size of its inventory."""
    return ConnectionSpec(name=name, family=Family.LIBVIRT, driver="odd", uri="odd://", options=options)


def misbehave(how: str, driver: Session) -> None:
    """Do it. `ok` is nothing; a word may carry a number: `sleep:2`, `spin:20`."""
    word, _, number = how.partition(":")
    match word:
        case "pause":
            ctypes.CDLL(None).pause()
        case "pause_holding_the_lock":
            ctypes.PyDLL(None).pause()
        case "spin":
            spin_holding_the_lock(float(number))
        case "sleep":
            time.sleep(float(number))
        case "crash":
            ctypes.string_at(0)
        case "leave":
            os._exit(int(number))
        case "garbage":
            os.write(int(sys.argv[sys.argv.index("--fd") + 1]), b"\xff" * 100)
        case "raise":
            raise ZeroDivisionError("driver bug with [markup]")
        case "refuse":
            raise AuthFailed("wrong password")
        case "lose":
            raise Unreachable("cut")
        case "lost":
            driver.sink.lost(Failure(fault=Fault.UNREACHABLE, message="close callback"))
        case "ask":
            answer = driver.sink.ask("totp", "code?", secret=True)
            if answer != "123456":
                raise AuthFailed(f"wrong code {answer}")
        case "once":  # the first process to come here does it, the others do not
            flag, then = number.split(",")
            try:
                os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return
            misbehave(then, driver)
        case "":
            pass
        case _:
            raise AssertionError(how)


def spin_holding_the_lock(seconds: float) -> None:
    """Compute inside one C call, about so long: no other thread of the process runs meanwhile."""
    begun = time.perf_counter()
    sum(itertools.repeat(1, 5_000_000))
    rate = 5_000_000 / (time.perf_counter() - begun)
    sum(itertools.repeat(1, int(rate * seconds)))


class OddDriver(Session, InventorySource, MetricSource, DetailSource, CapabilityProbe):
    """Its objects are the machines 0 … n-1; every sample is the number of the reading."""

    period = 0.1
    relist = 3600.0

    def do(self, step: str) -> None:
        misbehave(self.spec.options.get(step, ""), self)

    def connect(self) -> ConnectionInfo:
        self.sink.step("connect", True, 1.0, "there")
        self.do("connect")
        self.readings = itertools.count(1)
        product = self.spec.options.get("product", "odd")
        return ConnectionInfo(product=product, version=product, user=self.secrets.get("password", ""))

    def load(self, kinds: Collection[str]) -> Loaded:
        begun = self.sink.now()
        self.do("load")
        count = int(self.spec.options.get("objects", "3"))
        self.sink.rows(begun, (Row(Kind.VM, str(at), {"name": f"vm {at}", "vcpus": 1}) for at in range(count)))
        loaded = Loaded()
        loaded.done("vm")
        return loaded

    def watch(self) -> None:
        self.do("watch")
        if self.spec.options.get("flood"):
            threading.Thread(target=self.flood, daemon=True).start()

    def flood(self) -> None:
        """Change every object without pause; `flood` is how often."""
        for turn in range(1, int(self.spec.options["flood"]) + 1):
            begun = self.sink.now()
            objects = range(int(self.spec.options["objects"]))
            self.sink.rows(begun, [Row(Kind.VM, str(at), {"vcpus": turn}) for at in objects])
            self.sink.samples(begun, [(f"vm:{at}", {"cpu.used": float(turn)}) for at in objects])
        self.sink.call("flood is over")

    def refresh(self, keys: Collection[str]) -> None:
        self.sink.rows(self.sink.now(), [Row(Kind.VM, key.partition(":")[2], {"vcpus": 2}) for key in keys])

    def sample(self, keys: Collection[str] | None) -> None:
        begun = self.sink.now()
        self.sink.call("sample")
        self.do("sample")
        wanted = ["vm:0", "vm:1", "vm:2"] if keys is None else keys
        reading = float(next(self.readings))
        self.sink.samples(begun, [(key, {"cpu.used": reading}) for key in wanted])

    def detail(self, key: str, parts: Collection[str]) -> Detail:
        self.do("detail")
        if key == "vm:missing":
            raise NotFound("no such machine")
        return Detail(key=key, raw=f"raw of {key}")

    def probe(self, scope: str) -> list[Fact]:
        """One fact. What it does of a scope alone is the option of its name behind `probe`: `probe host:a`."""
        begun = time.time()
        self.sink.call("ask")
        self.do("probe")
        self.do(f"probe {scope}")
        evidence = Evidence(kind="asked", call="ask", args=scope, at=begun, ms=1.0)
        return [Fact(feature="tpm", scope=scope, value=Answer.YES, evidence=evidence)]

    def close(self) -> None:
        self.do("close")
        if path := self.spec.options.get("closed_file"):
            with open(path, "w") as file:
                file.write("closed")


def driver_class(name: str) -> type[Session]:
    assert name == "odd"
    return OddDriver


if __name__ == "__main__":
    main(driver_class=driver_class, limits=LIMITS, command=COMMAND)
