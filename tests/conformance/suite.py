"""The conformance suite: one class that every driver has to pass, and one small file per family that runs it.

A family's file is about 25 lines:

    pytest.importorskip("libvirt")

    class MockLab(Lab):
        def set_power(self, vm, state): ...                 # only what the lab can do; the rest stays a declared gap

    class TestMockHost(Conformance):
        kinds = frozenset({Kind.HOST, Kind.VM, ...})        # kinds that the world has as this family serves it
        lacks = {"TaskSource": "the mock driver has no jobs"}
        gaps = {
            "test_an_endpoint_that_hangs_is_noticed": Gap("lab", "it lives in this process"),
            "test_machine_column[tags]": Gap("not-offered", "libvirt has no tags"),
        }

        @pytest.fixture
        def lab(self, tmp_path):
            file = write_world(tmp_path)["atlas"]
            spec = ConnectionSpec(name="atlas", family=Family.LIBVIRT, driver="libvirt", uri=f"test://{file}")
            yield MockLab(load(), spec, hosts=("atlas",))

Every test gets its own lab unless the fixture has a wider scope; a lab of a wider scope must be as it was after each
test. Drivers are tested in this process through `recording.Recording`; `through_worker` uses a real worker.
"""

from __future__ import annotations

from tests.conformance.capabilities import CapabilityConformance
from tests.conformance.details import DetailConformance
from tests.conformance.inventory import InventoryConformance
from tests.conformance.metrics import MetricConformance
from tests.conformance.parts import DeviceConformance, NetworkConformance, SnapshotConformance, StorageConformance
from tests.conformance.placement import PlacementConformance
from tests.conformance.profiles import ProfileConformance
from tests.conformance.safety import SafetyConformance
from tests.conformance.session import SessionConformance
from tests.conformance.through_worker import WorkerConformance
from tests.conformance.work import WorkConformance


class Conformance(
    SessionConformance,
    InventoryConformance,
    MetricConformance,
    DetailConformance,
    WorkConformance,
    SnapshotConformance,
    DeviceConformance,
    StorageConformance,
    NetworkConformance,
    PlacementConformance,
    CapabilityConformance,
    ProfileConformance,
    SafetyConformance,
    WorkerConformance,
):
    """All of it. Subclass it as `Test…` in a family's file."""
