"""What is found out of abilities on one connection: capability facts, host profiles, posture; with one questioner."""

from __future__ import annotations

from collections.abc import Sequence

from novatui.backends.driver import Sink
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.postures import Postures
from novatui.backends.vsphere.probing import Probing
from novatui.backends.vsphere.profile_cpu import baseline_of
from novatui.backends.vsphere.profiles import profile_of
from novatui.backends.vsphere.questions import Questions
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.updates import Ref
from novatui.core.capabilities import Fact
from novatui.core.errors import NotFound
from novatui.core.hostprofile import Baseline, HostProfile
from novatui.core.ids import split_key
from novatui.core.posture import Posture
from novatui.core.states import Kind
from novatui.core.text import clean


class Inspections:
    """Beside everything else, on a connection of its own. NotFound when an object is not there."""

    def __init__(self, opened: Opened, sink: Sink, inventory: Inventory, conn: str) -> None:
        self._conn = conn
        self._product = clean(opened.content.about.fullName or "")
        self._inventory = inventory
        self._questions = Questions(opened, sink)
        self._probing = Probing(self._questions, inventory)
        self._postures = Postures(self._questions, inventory.name_of)

    def probe(self, scope: str) -> list[Fact]:
        """See `CapabilityProbe`."""
        return self._probing.probe(scope)

    def profile(self, host: str) -> HostProfile:
        """See `ProfileSource`."""
        return profile_of(self._questions, self._host(host), host, self._conn, self._product)

    def baseline(self, processors: Sequence[str]) -> Baseline:
        """See `ProfileSource`."""
        return baseline_of(self._questions, processors)

    def posture(self, key: str) -> Posture:
        """See `PostureSource`."""
        try:
            kind, native = split_key(key)
        except ValueError as error:
            raise NotFound(str(error), subject=key) from None
        if kind is Kind.VM:
            return self._postures.machine(key, Ref("VirtualMachine", native))
        return self._postures.host(key, self._host(key))

    def end(self) -> None:
        """Nothing is asked any more."""
        self._questions.end()

    def _host(self, key: str) -> Ref:
        ref = self._inventory.refs([key])[key]
        if ref is None or ref.type != "HostSystem":
            raise NotFound(f"no host {key}", subject=key)
        return ref
