"""The verbs of every screen that change something: they say what is meant, `ui.acting` does the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from novatui.actions import snapshots
from novatui.actions.given import BadArgument, read_line
from novatui.actions.moving import host_of, named_host
from novatui.core.consoles import Way
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.core.verbs import VERBS
from novatui.ui.commands import Wrong
from novatui.ui.offers import machines_of
from novatui.ui.place import Place
from novatui.ui.screens.framing import Framing

if TYPE_CHECKING:
    from novatui.ui.acting import Acting

NOWHERE = "nothing can be changed from here"

SNAPSHOT = "snapshot"
"""Kind of the arguments that are snapshots."""


class Changing(Framing, inherit_bindings=False):
    """What is meant is what a strip froze, or what is marked, or what is under the cursor."""

    def acting(self) -> Acting:
        """What carries changes out. Wrong where nothing can be changed."""
        if self.stage.acting is None:
            raise Wrong(NOWHERE, "this console only looks")
        return self.stage.acting

    def check_aim(self) -> None:
        """Wrong where there is nothing to change."""
        self.acting()
        if not self.aim():
            raise Wrong("there is no object under the cursor", "move it to a machine, or mark some")

    def change(self, verb: str, text: str, *, asked: bool) -> None:
        """Begin an operation on what is meant. `text`: its arguments, as typed; `asked`: it was picked, not typed."""
        self.check_aim()
        try:
            said: Mapping[str, str] = read_line(VERBS[verb], text)
        except BadArgument as bad:
            raise Wrong(bad.message, bad.hint) from None
        said = self._with_hosts(verb, said)
        refs = self.aim()
        if SNAPSHOT in {given.kind for given in VERBS[verb].takes} and refs[0].kind is Kind.SNAPSHOT:
            self._change_snapshots(verb, refs, said, asked=asked)
            return
        known = self.part() if asked and not said and len(refs) == 1 else {}
        takes = {given.name for given in VERBS[verb].takes}
        given = {**{name: value for name, value in known.items() if name in takes}, **said}
        self.acting().begin(verb, machines_of(self.fleet, refs), given, fill=asked and not said)

    def _change_snapshots(self, verb: str, refs: Sequence[ObjectRef], said: Mapping[str, str], *, asked: bool) -> None:
        """One snapshot: what else it takes is asked for. Several: all of them in one run, without more words."""
        store = self.fleet.inventory
        slots = [slot for ref in refs if (slot := store.slot(ref.conn, ref.key)) is not None]
        found = snapshots.parts(store, slots)
        if not found:
            raise Wrong("nobody tells which machine it belongs to")
        if len(found) == 1:
            self.acting().begin(verb, [found[0].ref], {**found[0].arguments, **said}, fill=asked and not said)
        else:
            meant = [msgspec.structs.replace(part, arguments={**part.arguments, **said}) for part in found]
            self.acting().begin_each(verb, meant)

    def _with_hosts(self, verb: str, said: Mapping[str, str]) -> dict[str, str]:
        """Hosts are typed by their names, and meant by their references."""
        from novatui.ui.hosts import named

        kinds = {given.name: given.kind for given in VERBS[verb].takes}
        return {
            name: named(self.fleet, self.aim(), value) if kinds[name] == "host" and value else value
            for name, value in said.items()
        }

    def action_undo(self) -> None:
        """Plan the way back from the last change of this console."""
        if self.stage.acting is None:
            self.report(NOWHERE)
        else:
            self.stage.acting.undo()

    def action_results(self) -> None:
        """What became of the last change."""
        self.acting().show_results()

    def action_unlock(self, text: str = "") -> None:
        """Lift the protection of the connection of what is meant for a while."""
        words = text.split()
        conn = next((word.removeprefix("@") for word in words if word.startswith("@")), "")
        rest = " ".join(word for word in words if not word.startswith("@"))
        self.acting().unlocking.unlock(self._conn(conn), rest)

    def action_lock(self, conn: str = "") -> None:
        """Put the protection back."""
        self.acting().unlocking.lock(self._conn(conn.removeprefix("@")))

    def _conn(self, conn: str) -> str:
        self.acting()
        if conn:
            if conn not in self.fleet.connections:
                raise Wrong(f"there is no connection `{conn}`")
            return conn
        conns = {ref.conn for ref in self.aim()}
        if len(conns) != 1:
            raise Wrong("which connection?", "move the cursor to it, or to an object of it")
        return conns.pop()

    def action_snap_pane(self) -> None:
        """The snapshots of the machine that is meant."""
        self._open_tab("snapshots", {Kind.VM, Kind.CONTAINER})

    def action_snapshots_old(self) -> None:
        """Old snapshots of all machines, to be looked through and cleaned up."""
        days = f"{snapshots.OLD / 86400:.0f}d"
        self.stage.navigation.open(Place("snap", filter=f"age>{days}", sort="-created"))

    def action_console_webmks(self) -> None:
        """A one-time address of the screen of the machine that is meant, for a console in a browser."""
        from novatui.ui.handing import hand_off

        self._tell_wrong(lambda: hand_off(self, Way.WEBMKS))

    def action_console_vmrc(self) -> None:
        """The same for VMware Remote Console."""
        from novatui.ui.handing import hand_off

        self._tell_wrong(lambda: hand_off(self, Way.VMRC))

    def action_console_picture(self) -> None:
        """A picture of its screen, in a file."""
        from novatui.ui.handing import picture

        self._tell_wrong(lambda: picture(self))

    def _tell_wrong(self, do: Callable[[], None]) -> None:
        try:
            do()
        except Wrong as wrong:
            self.report(wrong.message, wrong.hint)

    def action_device_pane(self) -> None:
        """The devices of the machine or host that is meant; of a device, those of its host."""
        from novatui.ui.device_places import devices_of

        self.stage.navigation.open(devices_of(self.fleet, self.aim()))

    def action_passthrough(self, name: str = "") -> None:
        """The devices of the machine or host that is named, else of the one that is meant."""
        from novatui.ui.device_places import devices_named, devices_of

        place = devices_named(self.fleet, name) if name else devices_of(self.fleet, self.aim())
        self.stage.navigation.open(place)

    def action_posture(self, argument: str = "") -> None:
        """Judge how machines and hosts are set up: those named by scope and words, else what is marked, else what is
        listed here."""
        from novatui.ui.commands import destination
        from novatui.ui.posture_place import posture_of

        self.stage.navigation.open(destination(self.fleet, "posture", argument) if argument else posture_of(self))

    def action_where(self) -> None:
        """Ask where the machine that is meant can run."""
        ref = next((ref for ref in self.aim() if ref.kind in {Kind.VM, Kind.CONTAINER}), None)
        if ref is None:
            self.report("this is no machine", "move the cursor to one")
        else:
            self.stage.navigation.open(Place("where", ref=str(ref)))

    def action_evacuate(self, argument: str = "") -> None:
        """Empty the host that is named, or meant, or that the machine is on."""
        ref = named_host(self.fleet, argument) if argument else next(iter(self.aim()), None)
        host = ref if ref is None or ref.kind is Kind.HOST else host_of(self.fleet, ref)
        if host is None:
            self.report("this is no host", "name one, or move the cursor to one")
        else:
            self.stage.navigation.open(Place("evacuate", ref=str(host)))

    def action_blockers(self, argument: str = "") -> None:
        """What keeps the host, or those of the scope, that is named or meant from maintenance; `all`: every host."""
        from novatui.ui.report_scope import meant

        self.stage.navigation.open(Place("blockers", ref=meant(self.fleet, argument, self.aim())))

    def action_inventory(self, argument: str = "") -> None:
        """Devices of all hosts, or of those that are named."""
        from novatui.ui.report_scope import meant

        self.stage.navigation.open(Place("inventory", ref=meant(self.fleet, argument, ())))

    def _open_tab(self, tab: str, kinds: set[Kind]) -> None:
        ref = next((ref for ref in machines_of(self.fleet, self.aim()) if ref.kind in kinds), None)
        if ref is None:
            raise Wrong(f"this has no {tab}")
        self.stage.navigation.open(Place("detail", ref=str(ref), tab=tab))
