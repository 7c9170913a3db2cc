"""The verbs of every screen that change something: they say what is meant, `ui.acting` does the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from novatui.actions.given import BadArgument, read_line
from novatui.core.states import Kind
from novatui.core.verbs import VERBS
from novatui.ui.commands import Wrong
from novatui.ui.place import Place
from novatui.ui.screens.framing import Framing

if TYPE_CHECKING:
    from novatui.ui.acting import Acting

NOWHERE = "nothing can be changed from here"


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
        self.acting().begin(verb, self.aim(), said, fill=asked and not said)

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

    def action_device_pane(self) -> None:
        """The devices of the machine or host that is meant; of a device, those of its host."""
        from novatui.ui.device_places import devices_of

        self.stage.navigation.open(devices_of(self.fleet, self.aim()))

    def action_passthrough(self, name: str = "") -> None:
        """The devices of the machine or host that is named, else of the one that is meant."""
        from novatui.ui.device_places import devices_named, devices_of

        place = devices_named(self.fleet, name) if name else devices_of(self.fleet, self.aim())
        self.stage.navigation.open(place)

    def _open_tab(self, tab: str, kinds: set[Kind]) -> None:
        ref = next((ref for ref in self.aim() if ref.kind in kinds), None)
        if ref is None:
            raise Wrong(f"this has no {tab}")
        self.stage.navigation.open(Place("detail", ref=str(ref), tab=tab))
