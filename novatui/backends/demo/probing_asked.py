"""Questions of the demo: each goes out once, takes a while, and is the evidence of what follows from it."""

from __future__ import annotations

from collections.abc import Callable

from novatui.backends.demo.dice import Dice, noise
from novatui.backends.demo.probing_words import CALLS, SAID
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Host, Machine
from novatui.core.capabilities import Answer, Evidence, Fact, unknown


class Asking:
    """All questions of one probe."""

    def __init__(self, scene: Scene, scope: str, call: Callable[[], object]) -> None:
        self.scene, self.scope = scene, scope
        self.family = scene.site.family
        self._call = call
        self._gone_out: dict[tuple[str, str], tuple[float, float]] = {}
        """By call and arguments: when it went out, and how long it took."""

    def evidence(self, call: str, excerpt: str, args: str, on: Host | Machine) -> Evidence:
        """The question with what of its answer is told; one that went out already is not repeated."""
        node = on.name if isinstance(on, Host) else self.scene.estate.hosts[on.host].name
        wanted = call.format(node=node, vm=on.id), args.format(node=node, vm=on.name)
        if wanted not in self._gone_out:
            self._call()
            took = round(1.5 + 9 * noise(Dice(*wanted).below(2**30), 1.0), 1)
            self._gone_out[wanted] = (self.scene.clock.now(), took)
        at, ms = self._gone_out[wanted]
        return Evidence(kind="asked", call=wanted[0], args=wanted[1], at=at, ms=ms, excerpt=excerpt)

    def asked(self, what: str, excerpt: str, on: Host | Machine) -> Evidence:
        """The same by what the family's call is to tell of: `devices`, `machine` …"""
        call, args = CALLS[self.family][what]
        return self.evidence(call, excerpt, args, on)

    def said(self, slug: str, on: Host | Machine) -> Fact:
        """What the product says of this feature wherever it is asked."""
        said = SAID[self.family][slug]
        if not said.call and not said.source:
            return unknown(slug, self.scope, said.reason)
        evidence = (
            self.evidence(said.call, said.excerpt, said.args, on)
            if said.call
            else Evidence(kind="declared", source=said.source)
        )
        return self.fact(slug, said.value, evidence, said.note, said.reason)

    def fact(
        self, slug: str, value: Answer, evidence: Evidence | None, note: str = "", reason: str = "", blocks: str = ""
    ) -> Fact:
        """A fact of the scope that is probed."""
        return Fact(
            feature=slug, scope=self.scope, value=value, note=note, reason=reason, blocks=blocks, evidence=evidence
        )
