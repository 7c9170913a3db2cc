"""Where a change of a machine's configuration applies: now, from the next start on, or both."""

from __future__ import annotations

import msgspec

from novatui.backends.libvirt.library import libvirt
from novatui.backends.libvirt.machine import Described, Machine
from novatui.core.errors import Conflict, InvalidInput, NotSupported
from novatui.core.operations import Operation
from novatui.core.verbs import Effect

_WORDS = {"both": (True, True), "live": (True, False), "persistent": (False, True)}


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """The running machine, the stored one, or both; what that means for whoever asked."""

    live: bool
    persistent: bool
    waits: str = ""
    """Why nothing happens before the next start of a machine that runs; empty when that is not so."""

    @property
    def flags(self) -> int:
        """virDomainModificationImpact."""
        live = libvirt.VIR_DOMAIN_AFFECT_LIVE if self.live else 0
        return live | (libvirt.VIR_DOMAIN_AFFECT_CONFIG if self.persistent else 0)

    @property
    def options(self) -> tuple[str, ...]:
        """The same for virsh."""
        return (*(("--live",) if self.live else ()), *(("--config",) if self.persistent else ()))

    @property
    def word(self) -> str:
        """The same as the argument `apply`, for the operation that takes it back."""
        return next(word for word, parts in _WORDS.items() if parts == (self.live, self.persistent))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know of it."""
        return (f"{self.waits}: it takes effect with the next start",) if self.waits else ()

    @property
    def effect(self) -> str:
        """A change that needs a restart weighs as much as the restart."""
        return Effect.HARD if self.waits else ""

    def of(self, machine: Machine) -> list[Described]:
        """What is changed: the running machine first."""
        parts = [machine.live if self.live else None, machine.stored if self.persistent else None]
        return [part for part in parts if part is not None]


def reach_of(machine: Machine, operation: Operation, *, not_live: str = "") -> Reach:
    """Where this operation applies; without a word it is wherever it can. `not_live` says why not while it runs."""
    word = operation.arguments.get("apply", "")
    if word and word not in _WORDS:
        raise InvalidInput(f"apply: one of {', '.join(_WORDS)}", subject="apply")
    live, persistent = _WORDS[word] if word else (machine.active and not not_live, machine.persistent)
    if live and not machine.active:
        raise Conflict(
            f"{machine.name} is {machine.native_state}",
            meaning="only a machine that runs can be changed live",
            hint="apply=persistent, or start it first",
            subject=machine.power.value,
        )
    if persistent and not machine.persistent:
        raise NotSupported(
            f"{machine.name} is not defined permanently",
            meaning="libvirt forgets it when it is off, so that there is nothing to change for its next start",
            hint="apply=live",
            subject="persistent",
        )
    if not_live and (live or not persistent):
        raise NotSupported(
            f"{machine.name}: {not_live}",
            meaning="that cannot be changed while it runs",
            hint="apply=persistent changes it from its next start on" if machine.persistent else "",
            subject="apply",
        )
    waits = (not_live or "it runs and only what is stored is changed") if machine.active and not live else ""
    return Reach(live=live, persistent=persistent, waits=waits)
