"""What is done with the device under the cursor: given to a machine, taken back, shared out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from novatui.actions.catalogue import Action, Scope
from novatui.actions.guard import Code
from novatui.core.ids import ObjectRef
from novatui.ui import fuzzy
from novatui.ui.commands import Wrong
from novatui.ui.device_tree import Line
from novatui.ui.dialogs.picker import Choice, pick
from novatui.ui.foreseeing import Wanted
from novatui.ui.host_devices import HostDevices
from novatui.ui.place import Place
from novatui.ui.screens.filtered import FilteredScreen
from novatui.ui.stage import Stage


class GivingScreen(FilteredScreen, inherit_bindings=False):
    """A subclass shows `self.pool` and says which line is under the cursor."""

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self.pool = HostDevices(stage.fleet, ObjectRef.parse(place.ref), stage.look.monotonic, self.pool_changed)
        self.chosen: ObjectRef | None = None
        """The machine that was picked to give devices to."""
        self._over = 0
        """Operations on devices that have ended."""
        self._usual: tuple[object, ObjectRef | None] = (None, None)
        """The machine that speaks for all, and the reading that it was looked for in."""

    # What a subclass gives

    def pool_changed(self) -> None:
        """There is something new to draw."""
        raise NotImplementedError

    def under(self) -> Line | None:
        """The line under the cursor."""
        raise NotImplementedError

    def target_changed(self) -> None:
        """Another machine is to have devices."""
        raise NotImplementedError

    # Who is meant

    @property
    def target(self) -> ObjectRef | None:
        """The machine that a device goes to, when that is settled."""
        return self.pool.machine or self.chosen

    def holder(self) -> ObjectRef | None:
        """The machine that has the device under the cursor, if it is in the inventory."""
        one = self.under()
        device = one.real if one is not None else None
        if device is None or not device.holder:
            return None
        slot = self.fleet.inventory.slot(self.pool.ref.conn, device.holder)
        return None if slot is None else self.fleet.inventory.ref(slot)

    def subject(self) -> int | None:
        """The machine that has the device, else what the pane is about."""
        holder = self.holder()
        return self.pool.slot if holder is None else self.fleet.inventory.slot(holder.conn, holder.key)

    def aim_for(self, leader: str) -> list[ObjectRef]:
        """What is done with devices is for the host, whose machines they go to."""
        host = self.pool.host
        if leader != "devices" or host is None:
            return super().aim_for(leader)
        return [self.fleet.inventory.ref(host)]

    def wanted_plan(self) -> Wanted | None:
        """What would be done with the line under the cursor first: that is looked at before anybody asks for it."""
        one, host = self.under(), self.pool.host
        if one is None or one.device is None or host is None:
            return None
        if one.mdev is not None and self.stage.acting is not None and self._makes_types():
            said = {"device": one.device.id, "type": one.mdev.id}
            return self._wanted("device.mdev_create", self.fleet.inventory.ref(host), said)
        holder, said = self.holder(), {"device": one.mdev.id if one.mdev is not None else one.device.id}
        if holder is not None and holder == (self.target or holder):
            return self._wanted("device.detach", holder, said)
        machine = self.target or self._any_machine()
        return None if machine is None else self._wanted("device.attach", machine, said)

    def _wanted(self, verb: str, ref: ObjectRef, said: Mapping[str, str]) -> Wanted:
        name = self.pool.name(self.fleet.inventory.slot(ref.conn, ref.key))
        return Wanted(verb=verb, ref=ref, name=name, arguments=tuple(said.items()))

    def _any_machine(self) -> ObjectRef | None:
        """One of the host: what an attached device blocks is much the same for all of them."""
        devices = self.pool.devices
        if self._usual[0] is not devices:
            self._usual = devices, next(iter(self.pool.machines()), None)
        return self._usual[1]

    def offered(self, *scopes: Scope) -> list[Action]:
        """Where the pane is about one machine there is no other to choose."""
        found = super().offered(*scopes)
        return found if self.pool.machine is None else [one for one in found if one.id != "give.machine"]

    def ended(self) -> bool:
        """Since the last call an operation of this console on devices has come to its end."""
        acting = self.stage.acting
        done = acting.gate.history() if acting is not None else ()
        over = sum(1 for one in done if one.verb.startswith("device.") and one.over)
        before, self._over = self._over, over
        return over != before

    # Doing it

    def change(self, verb: str, text: str, *, asked: bool) -> None:
        """An operation on the device under the cursor; one that was typed with its arguments is as everywhere."""
        if not verb.startswith("device.") or text:
            super().change(verb, text, asked=asked)
            return
        self.acting()
        one = self.under()
        if one is None or one.device is None:
            raise Wrong("there is no device under the cursor", "move it to one")
        match verb:
            case "device.attach":
                self._give(one)
            case "device.detach":
                self._take_back(one)
            case "device.mdev_create":
                self._make_type(one)
            case "device.mdev_remove":
                self._remove_made(one)
            case _:
                self._set_functions(one)

    def _give(self, one: Line) -> None:
        if one.real is None and self._makes_types():
            raise Wrong("a type is no device yet", f"{self.key('device.mdev_create')} makes one of it")
        if self.target is None:
            self._pick(f"Give {one.title} to", lambda: self._give(one))
            return
        if one.real is not None:
            self._begin("device.attach", self.target, {"device": one.real.id})
        elif one.mdev is not None:
            self._begin("device.attach", self.target, {"device": one.mdev.id})

    def _makes_types(self) -> bool:
        """A person makes mediated devices here; elsewhere the product does when a machine that has one starts."""
        refused = self.acting().gate.check("device.mdev_create", self._host())
        return refused is None or refused.code is not Code.OFFERED

    def _take_back(self, one: Line) -> None:
        holder = self.holder()
        if holder is None or one.real is None:
            raise Wrong(f"no machine has {one.title}", "there is nothing to take back")
        self._begin("device.detach", holder, {"device": one.real.id})

    def _make_type(self, one: Line) -> None:
        assert one.device is not None
        types = [each.id for each in one.device.mdev_types]
        if not types:
            raise Wrong(f"{one.title} makes no mediated devices", "its driver on the host offers no types")
        said = {"device": one.device.id}
        if one.mdev is not None or len(types) == 1:
            said["type"] = one.mdev.id if one.mdev is not None else types[0]
        self._begin("device.mdev_create", self._host(), said)

    def _remove_made(self, one: Line) -> None:
        if one.real is None or one.real.device_class != "mdev":
            raise Wrong(f"{one.title} is no mediated device", "move the cursor to one that was made")
        self._begin("device.mdev_remove", self._host(), {"device": one.real.id}, fill=False)

    def _set_functions(self, one: Line) -> None:
        device = one.real
        if device is not None and device.device_class == "vf":
            device = next((each for each in self.pool.devices if each.id == device.parent), device)
        if device is None or device.functions_max is None:
            raise Wrong(f"{one.title} has no virtual functions (SR-IOV)", "move the cursor to a card that has")
        refused = self.acting().gate.check("device.vfs", self._host())
        if refused is not None and refused.code is Code.OFFERED:
            hint = f"there, as root: echo N > /sys/bus/pci/devices/{device.address}/sriov_numvfs"
            raise Wrong("the host's kernel sets the number of VFs", hint if device.address else refused.reason)
        self._begin("device.vfs", self._host(), {"device": device.id})

    def _begin(self, verb: str, ref: ObjectRef, said: Mapping[str, str], *, fill: bool = True) -> None:
        self.acting().begin(verb, [ref], said, fill=fill)

    def _host(self) -> ObjectRef:
        host = self.pool.host
        if host is None:
            raise Wrong("the host of it is not known", "its devices can only be taken back")
        return self.fleet.inventory.ref(host)

    # Choosing a machine

    def action_give_attach(self) -> None:
        """Give the device under the cursor to a machine."""
        try:
            self.change("device.attach", "", asked=True)
        except Wrong as wrong:
            self.report(wrong.message, wrong.hint)

    def action_give_machine(self) -> None:
        """Choose the machine that devices are to go to."""
        if self.pool.machine is not None:
            self.report("this pane is about one machine", "`:passthrough` on its host is about all of them")
        else:
            self._pick("Give devices to", lambda: None)

    def _pick(self, title: str, then: Callable[[], None]) -> None:
        machines = self.pool.machines()
        if not machines:
            self.report(f"{self.pool.name(self.pool.host)} has no machines", "devices go to machines of their host")
            return
        names = [(self.pool.holder(ref.key), ref) for ref in machines]

        def find(typed: str) -> Sequence[Choice]:
            judge = fuzzy.fit(typed) if typed.strip() else None
            return [
                Choice(name, power or "?", lambda ref=ref: self._choose(ref, then))
                for (name, power), ref in names
                if judge is None or judge(name.casefold()) is not None
            ]

        pick(self, title, find)

    def _choose(self, ref: ObjectRef, then: Callable[[], None]) -> None:
        self.chosen = ref
        self.target_changed()
        try:
            then()
        except Wrong as wrong:
            self.report(wrong.message, wrong.hint)
