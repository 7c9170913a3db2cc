"""What the demo's products, hosts and machines can do, asked in the words of each family."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from novatui.backends.demo.placing import SILENCE_S, silent
from novatui.backends.demo.probing_asked import Asking
from novatui.backends.demo.probing_hosts import OF_HOST, host_fact
from novatui.backends.demo.probing_machines import machine_facts
from novatui.backends.demo.probing_words import CALLS
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Host, Machine
from novatui.core.capabilities import Fact, gather, unknown
from novatui.core.errors import NotFound
from novatui.core.features import FEATURES
from novatui.core.ids import key
from novatui.core.states import Kind


def facts_of(scene: Scene, scope: str, call: Callable[[], object]) -> list[Fact]:
    """One fact for each feature of the connection (empty scope), a host or a machine. NotFound when it is neither.

    `call` is called before each question; it raises when the fleet cannot be reached.
    """
    thing = scene.estate.find(scope) if scope else None
    asking = Asking(scene, scope, call)
    match thing:
        case None if not scope:
            return list(_of_connection(asking))
        case Host():
            return list(_of_host(asking, thing))
        case Machine():
            return machine_facts(asking, thing)
        case _:
            raise NotFound(f"no host and no machine: {scope}", subject=scope)


def _of_connection(asking: Asking) -> Iterator[Fact]:
    """What the product says for all, and of what differs from host to host how many have it."""
    hosts = asking.scene.estate.hosts
    for feature in FEATURES:
        slug = feature.slug
        if slug not in OF_HOST[asking.family]:
            yield asking.said(slug, hosts[0])
        else:
            yield gather(slug, [_quiet(asking, host, slug) or host_fact(asking, host, slug) for host in hosts])


def _of_host(asking: Asking, host: Host) -> Iterator[Fact]:
    if silent(asking.scene, host) and asking.scene.clock.speed:
        time.sleep(SILENCE_S)
    for feature in FEATURES:
        slug = feature.slug
        own = slug in OF_HOST[asking.family]
        yield _quiet(asking, host, slug) or (host_fact(asking, host, slug) if own else asking.said(slug, host))


def _quiet(asking: Asking, host: Host, slug: str) -> Fact | None:
    """The answer of the host that gives none."""
    if not silent(asking.scene, host):
        return None
    call, args = CALLS[asking.family]["devices"]
    evidence = asking.evidence(call, "", args, host)
    return unknown(slug, key(Kind.HOST, host.id), f"{host.name} did not answer within {SILENCE_S:.0f} s", evidence)
