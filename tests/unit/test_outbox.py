"""What waits for credit stays small, keeps its order, and loses nothing but what is out of date."""

from __future__ import annotations

import struct
import threading
from math import isnan

from hypothesis import given
from hypothesis import strategies as st

from novatui.core import logcode
from novatui.core.capabilities import Answer, Evidence, Fact
from novatui.core.errors import Failure, Fault
from novatui.core.events import Event
from novatui.core.metrics import METRICS, POSITION, RINGED
from novatui.core.tasks import Task, TaskState
from novatui.wire import frames
from novatui.worker.outbox import Outbox
from novatui.worker.pending import MAX_NOTICES, ROWS_AT_ONCE

CONN = "lab"


def outbox(credit: int = 1000) -> Outbox:
    box = Outbox()
    box.begin(CONN, 1)
    box.grant(credit)
    return box


def drained(box: Outbox) -> list[frames.Frame]:
    """Everything that the outbox has to say now."""
    box.grant(10**6)
    return list(iter(box.poll, None))


def complete(begun: float, *scopes: str, failures: dict[str, Failure] | None = None) -> frames.LoadComplete:
    return frames.LoadComplete(CONN, 1, begun, list(scopes), failures or {})


def table(got: list[frames.Frame]) -> dict[str, dict[str, object]]:
    """What a receiver that applies the frames in order ends up with."""
    rows: dict[str, dict[str, object]] = {}
    for frame in got:
        if isinstance(frame, frames.Rows):
            for at, key in enumerate(frame.keys):
                rows.setdefault(key, {}).update({n: c[at] for n, c in zip(frame.fields, frame.columns, strict=True)})
        elif isinstance(frame, frames.Remove):
            for key in frame.keys:
                rows.pop(key, None)
    return rows


def test_rows_of_one_mask_share_frames_cut_to_size() -> None:
    box = outbox()
    box.rows(CONN, 1, 1.0, [(f"vm:{n}", {"name": f"n{n}"}) for n in range(501)])
    got = drained(box)
    assert [len(f.keys) for f in got if isinstance(f, frames.Rows)] == [200, 200, 101]
    assert table(got)["vm:500"] == {"name": "n500"}


def test_rows_are_grouped_by_mask() -> None:
    box = outbox()
    box.rows(CONN, 1, 1.0, [("vm:a", {"name": "a"}), ("host:b", {"name": "b", "cpus": 4}), ("vm:c", {"name": None})])
    got = [f for f in drained(box) if isinstance(f, frames.Rows)]
    assert [(f.fields, f.keys) for f in got] == [(["name"], ["vm:a", "vm:c"]), (["name", "cpus"], ["host:b"])]


def test_without_credit_nothing_goes_and_the_newest_value_of_each_column_stays() -> None:
    box = outbox(credit=0)
    box.rows(CONN, 1, 1.0, [("vm:a", {"name": "old", "vcpus": 1})])
    box.rows(CONN, 1, 3.0, [("vm:a", {"name": "new"})])
    box.rows(CONN, 1, 2.0, [("vm:a", {"name": "late", "vcpus": 2})])
    box.send(frames.Close(CONN))
    assert box.take() == frames.Close(CONN)
    assert box.poll() is None
    got = [f for f in drained(box) if isinstance(f, frames.Rows)]
    assert [(f.begun, f.fields, f.columns) for f in got] == [(2.0, ["vcpus"], [[2]]), (3.0, ["name"], [["new"]])]


def test_each_data_frame_costs_one_credit() -> None:
    box = outbox(credit=1)
    box.rows(CONN, 1, 1.0, [(f"vm:{n}", {"name": "x"}) for n in range(ROWS_AT_ONCE + 1)])
    assert isinstance(box.take(), frames.Rows)
    assert box.poll() is None
    box.grant(1)
    assert isinstance(box.take(), frames.Rows)


def test_a_removal_takes_older_rows_along_and_leaves_newer_ones() -> None:
    box = outbox(credit=0)
    box.rows(CONN, 1, 1.0, [("vm:gone", {"name": "x"}), ("vm:again", {"name": "old", "vcpus": 1})])
    box.rows(CONN, 1, 3.0, [("vm:again", {"name": "new"})])
    box.remove(CONN, 1, 2.0, ["vm:gone", "vm:again"])
    box.rows(CONN, 1, 1.5, [("vm:gone", {"name": "late"})])
    got = drained(box)
    assert isinstance(got[0], frames.Remove)
    assert table(got) == {"vm:again": {"name": "new"}}


def test_the_end_of_a_listing_waits_for_all_it_mentioned() -> None:
    box = outbox(credit=0)
    box.rows(CONN, 1, 1.0, [(f"vm:{n}", {"name": "x"}) for n in range(900)])
    box.complete(complete(1.0, "vm"))
    box.rows(CONN, 1, 2.0, [("vm:0", {"name": "newer"}), ("vm:later", {"name": "y"})])
    got = [f for f in drained(box) if isinstance(f, frames.Rows | frames.LoadComplete)]
    before = table(list(got[: got.index(complete(1.0, "vm"))]))
    assert before.keys() >= {f"vm:{n}" for n in range(900)}
    assert table(list(got))["vm:later"] == {"name": "y"}


def test_the_end_of_a_listing_is_replaced_only_by_one_that_says_as_much() -> None:
    box = outbox(credit=0)
    box.complete(complete(1.0, "vm", "host"))
    box.complete(complete(2.0, "snapshot"))
    box.complete(complete(3.0, "snapshot", failures={"device": Failure(fault=Fault.DENIED, message="no")}))
    assert [frame.begun for frame in drained(box) if isinstance(frame, frames.LoadComplete)] == [1.0, 3.0]
    box = outbox(credit=0)
    box.complete(complete(1.0, "vm"))
    box.complete(complete(2.0, "vm", "snapshot"))
    assert [frame.begun for frame in drained(box) if isinstance(frame, frames.LoadComplete)] == [2.0]


def test_a_row_without_columns_is_still_mentioned() -> None:
    box = outbox()
    box.rows(CONN, 1, 1.0, [("vm:a", {})])
    assert drained(box) == [frames.Rows(CONN, 1, 1.0, [], ["vm:a"], [])]


def test_samples_are_packed_little_endian_with_nan_for_absent() -> None:
    box = outbox()
    box.samples(CONN, 1, 1.0, [("vm:a", {"cpu.used": 12.5, "net.rx": None}), ("vm:b", {"mem.host": 7.0})])
    (frame,) = drained(box)
    assert isinstance(frame, frames.Samples)
    values = list(struct.iter_unpack(f"<{len(METRICS)}d", frame.values))
    codes = list(struct.iter_unpack(f"<{RINGED}H", frame.codes))
    assert (frame.keys, len(values), len(codes)) == (["vm:a", "vm:b"], 2, 2)
    assert values[0][POSITION["cpu.used"]] == 12.5
    assert values[1][POSITION["mem.host"]] == 7.0
    assert isnan(values[0][POSITION["net.rx"]])
    assert codes[0][0] == logcode.encode(12.5)
    assert codes[1] == (logcode.NO_SAMPLE,) * RINGED


def test_of_samples_the_newest_of_each_key_stays_and_a_removed_key_has_none() -> None:
    box = outbox(credit=0)
    for begun in (1.0, 3.0, 2.0):
        box.samples(CONN, 1, begun, [("vm:a", {"cpu.used": begun}), ("vm:b", {"cpu.used": begun})])
    box.remove(CONN, 1, 4.0, ["vm:b"])
    got = [f for f in drained(box) if isinstance(f, frames.Samples)]
    assert [(f.begun, f.keys) for f in got] == [(3.0, ["vm:a"])]


def test_tasks_and_facts_keep_the_newest_and_events_all_in_order() -> None:
    box = outbox(credit=0)
    for percent in (10.0, 20.0):
        task = Task(id="1", verb="migrate", state=TaskState.RUNNING, progress=percent)
        box.task(CONN, 1, percent, task)
        fact = Fact(feature="tpm", scope="", value=Answer.YES, evidence=Evidence(kind="asked", call=str(percent)))
        box.facts(CONN, 1, percent, [fact])
    for number in range(MAX_NOTICES + 5):
        box.event(CONN, 1, Event(id=str(number), at=0.0, seen=0.0, native_type="x"))
    got = drained(box)
    assert [f.task.progress for f in got if isinstance(f, frames.TaskUpdate)] == [20.0]
    assert [f.facts[0].evidence.call for f in got if isinstance(f, frames.Facts)] == ["20.0"]
    events = [f.event.id for f in got if isinstance(f, frames.EventRecord)]
    assert events == [str(n) for n in range(5, MAX_NOTICES + 5)]


def test_a_new_generation_has_nothing_of_the_old_one() -> None:
    box = outbox(credit=0)
    box.rows(CONN, 1, 1.0, [("vm:a", {"name": "old"})])
    box.begin(CONN, 2)
    box.rows(CONN, 1, 2.0, [("vm:b", {"name": "late"})])
    box.rows(CONN, 2, 3.0, [("vm:c", {"name": "new"})])
    assert table(drained(box)) == {"vm:c": {"name": "new"}}


def test_connections_and_kinds_of_data_take_turns() -> None:
    box = outbox()
    box.begin("other", 1)
    for conn in (CONN, "other"):
        box.rows(conn, 1, 1.0, [(f"vm:{n}", {"name": "x"}) for n in range(1000)])
        box.samples(conn, 1, 1.0, [(f"vm:{n}", {}) for n in range(1000)])
    order = [(type(f).__name__, getattr(f, "conn", "")) for f in drained(box)]
    assert order[:4] == [("Rows", CONN), ("Rows", "other"), ("Samples", CONN), ("Samples", "other")]


def test_heartbeats_that_nobody_reads_do_not_pile_up() -> None:
    box = Outbox()
    for second in range(100):
        box.send(frames.Stats(float(second), 0.0, 0, {}, {}))
    assert box.take() == frames.Stats(99.0, 0.0, 0, {}, {})
    assert box.poll() is None


def test_take_wakes_up_for_what_another_thread_puts() -> None:
    box = outbox()
    got: list[frames.Frame] = []
    taker = threading.Thread(target=lambda: got.append(box.take()), daemon=True)
    taker.start()
    box.rows(CONN, 1, 1.0, [("vm:a", {"name": "x"})])
    taker.join(30)
    assert table(got) == {"vm:a": {"name": "x"}}


KEYS = st.sampled_from(["vm:a", "vm:b", "vm:c"])
ROW = st.tuples(st.just("row"), KEYS, st.dictionaries(st.sampled_from(["name", "power"]), st.integers(), max_size=2))
STEPS = st.lists(st.one_of(ROW, st.tuples(st.just("remove"), KEYS), st.tuples(st.just("credit"), st.integers(1, 3))))


@given(STEPS)
def test_whatever_the_credit_the_receiver_ends_up_with_the_same(steps: list[tuple[object, ...]]) -> None:
    """Readings come in order of time here; the receiver's own ordering is the store's business."""
    box, got = outbox(credit=0), list[frames.Frame]()
    expected: dict[str, dict[str, object]] = {}
    for begun, step in enumerate(steps, start=1):
        match step:
            case ("row", str() as key, dict() as values):
                box.rows(CONN, 1, float(begun), [(key, values)])
                expected.setdefault(key, {}).update(values)
            case ("remove", str() as key):
                box.remove(CONN, 1, float(begun), [key])
                expected.pop(key, None)
            case ("credit", int() as credit):
                box.grant(credit)
                got.extend(iter(box.poll, None))
    assert table(got + drained(box)) == expected


def test_the_past_comes_after_the_samples_and_in_frames_of_one_shape() -> None:
    box = outbox(credit=0)
    minute: list[dict[str, float | None]] = [{"cpu.used": 1.0}, {}, {"cpu.used": 3.0, "mem.host": 9.0}]
    box.past(CONN, 1, 5.0, 2.0, [("vm:a", minute), ("vm:b", minute), ("vm:c", minute[:1]), ("vm:d", minute)])
    box.remove(CONN, 1, 6.0, ["vm:b"])
    box.samples(CONN, 1, 7.0, [("vm:a", {"cpu.used": 4.0})])
    got = [f for f in drained(box) if isinstance(f, frames.Samples | frames.Past)]
    assert [(type(f).__name__, f.keys) for f in got] == [
        ("Samples", ["vm:a"]),
        ("Past", ["vm:a"]),
        ("Past", ["vm:c"]),
        ("Past", ["vm:d"]),
    ]
    told = got[1]
    assert isinstance(told, frames.Past)
    assert (told.begun, told.step) == (5.0, 2.0)
    cells = list(struct.iter_unpack(f"<{RINGED}H", told.codes))
    assert [cell[0] for cell in cells] == [logcode.encode(value) for value in (1.0, None, 3.0)]
    assert len(told.codes) == 3 * 2 * RINGED
