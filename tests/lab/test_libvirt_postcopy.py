"""Post-copy and tcp between two hosts of root, through the driver: armed, asked for, switched, and never cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

pytest.importorskip("libvirt")

from novatui.core.errors import Fault
from novatui.core.migration import Phase
from novatui.core.tasks import TaskState
from tests.lab.fixtures import or_skip
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt.rootful import BRIDGE, RootfulPair
from tests.lab.libvirt_driver_probe import connected
from tests.lab.test_libvirt_migrate import MIB, NAME, Voyage, refused

pytestmark = [pytest.mark.libvirt, pytest.mark.long, pytest.mark.timeout(600)]


@pytest.fixture
def voyage() -> Iterator[Voyage]:
    with ExitStack() as stack:
        pair = or_skip(lambda: stack.enter_context(RootfulPair()))
        guest = pair.first.start_guest(GuestSpec(NAME, bridge=BRIDGE, memory_mib=192, dirty=(64, 64)))
        with connected(pair.first.uri, "host", "vm") as probe:
            made = Voyage(pair.first, pair.second, guest, probe)
            made.address = pair.second.tcp_uri
            yield made


def test_it_switches_when_it_is_asked_to_and_there_is_no_way_back(voyage: Voyage) -> None:
    """At 1 MiB/s after the switch there is time to look."""
    way = {"post_copy": "yes", "bandwidth": str(8 * MIB), "data_uri": f"tcp://{voyage.there.address}"}
    voyage.go(voyage.plan("migrate.live", **way))
    reading = voyage.until(lambda reading: (reading.iteration or 0) >= 1 and reading.left, "memory is sent")
    assert reading.armed == ("peer-to-peer", "post-copy")
    assert reading.destination == voyage.there.address
    voyage.here.virsh("migrate-setspeed", NAME, "1", "--postcopy")
    task = voyage.told[-1].id
    assert voyage.do("migrate.postcopy").losses
    switched = voyage.until(lambda reading: reading.phase == Phase.POST_COPY, "it has switched")
    assert (switched.guest_paused, switched.requested) == (False, "")
    voyage.until(lambda reading: reading.bandwidth_limit == MIB, "the limit that holds now is told")
    for verb, arguments in (("migrate.pause", {}), ("migrate.postcopy", {}), ("task.cancel", {"task": task})):
        assert refused(voyage, verb, **arguments).failure.fault is Fault.CONFLICT
    faster = voyage.do("migrate.bandwidth", bandwidth=str(900 * MIB))
    assert faster.calls[0].args["flags"] == 1
    error = voyage.arrive()
    assert error is None, error.failure
    end = voyage.ended()
    assert end.state is TaskState.DONE
    assert end.migration is not None
    assert end.migration.post_copy_requests is not None
    assert voyage.where() == "there"
