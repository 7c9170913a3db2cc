"""A worker that carries out changes as a test asks for, written from the frames alone: `python -m tests.changeworker`.

It has the machines 0 … n-1, `off` at first, and every operation of the catalogue. What it does to them is appended
to the file of the option `made`, one line a call, on disk before the answer: the product's own log, which knows
nothing of the journal. `tests.changeworker` shares no code with the worker of the product.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping

from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.errors import Aborted, Conflict, Denied, Failure, NotFound, OutcomeUnknown
from novatui.core.operations import Argument, Expectation, NativeCall, Operation, Plan, Result, SecretName
from novatui.core.states import Family, Link
from novatui.core.tasks import Task, TaskState
from novatui.core.verbs import VERBS
from novatui.wire import frames
from novatui.wire.channel import FrameReader, encode
from novatui.wire.greeting import hello

COMMAND = (sys.executable, "-m", "tests.changeworker")

AFTER = {
    "power.start": "running",
    "power.resume": "running",
    "power.off": "off",
    "power.shutdown": "off",
    "power.pause": "paused",
}
BACK = {"power.start": "power.off", "power.pause": "power.resume", "power.resume": "power.pause"}


def spec(name: str = "lab", **options: str) -> ConnectionSpec:
    """A connection to it. Options: `objects`, `made` (file), `ro`, `protected`, `role`, `on_call` (what happens when a
    call is let go: `fail`, `hang`, `die`, `slow`, `doubt`, `long`: it ends when its task is cancelled), `only` (the one
    machine to which that happens), `calls` (how many a plan has), `effect` (what it says that it weighs), `within`
    (seconds in which it is to be seen), `snapshots` (names of those that each machine has at first), `blind` (tells no
    rows again), `stop` (the process stops before it waits to be
    let go), `unlistable` (every listing after the first fails).
    """
    return ConnectionSpec(name=name, family=Family.LIBVIRT, driver="change", uri="change://", options=options)


class Product:
    """The machines of one connection."""

    def __init__(self, given: ConnectionSpec) -> None:
        self.options = given.options
        self.power = {str(at): "off" for at in range(int(given.options.get("objects", "3")))}
        self.notes: dict[str, object] = dict.fromkeys(self.power, "")
        names = given.options.get("snapshots", "").split()
        self.snapshots = {id: list(names) for id in self.power}

    def fingerprint(self, id: str) -> str:
        return f"{self.power.get(id)}/{self.notes.get(id)}/{' '.join(self.snapshots.get(id, []))}"

    def make(self, call: NativeCall) -> None:
        """Do it, and write into the product's own log that it was done."""
        if path := self.options.get("made"):
            with open(path, "a") as file:
                file.write(json.dumps([call.verb, plain(call.args)]) + "\n")
                file.flush()
                os.fsync(file.fileno())
        id, verb = str(call.args["vm"]), call.verb.rstrip("+").replace("_", ".", 1).lower()
        self.notes[id] = call.args.get("text", self.notes[id])
        self.power[id] = AFTER.get(verb, self.power[id])
        if verb == "snap.delete" and "snapshots" in self.options:
            self.snapshots[id].remove(str(call.args["snapshot"]))


class ChangeWorker:
    def __init__(self, descriptor: int) -> None:
        self.channel = socket.socket(fileno=descriptor)
        self.sending = threading.Lock()
        self.specs: dict[str, ConnectionSpec] = {}
        self.products: dict[str, Product] = {}
        self.generations: dict[str, int] = {}
        self.unlocked: dict[str, float] = {}
        self.jobs: dict[str, threading.Event] = {}
        self.proceeds: dict[tuple[int, str], tuple[threading.Event, list[bool]]] = {}

    def say(self, frame: frames.Frame) -> None:
        with self.sending:
            self.channel.sendall(encode(frame))

    def serve(self) -> None:
        self.say(hello())
        reader = FrameReader()
        while data := self.channel.recv(65536):
            for frame in reader.feed(data):
                self.receive(frame)
        os._exit(0)

    def receive(self, frame: frames.Frame) -> None:
        match frame:
            case frames.Open():
                self.open(frame)
            case frames.Refresh() if not self.products[frame.conn].options.get("blind"):
                self.rows(frame.conn)
            case frames.PlanRequest():
                self.plan(frame)
            case frames.RunRequest():
                threading.Thread(target=self.run, args=(frame,), daemon=True).start()
            case frames.Proceed():
                event, answer = self.proceeds[frame.request, frame.call]
                answer.append(frame.go)
                event.set()
            case frames.Unlock():
                self.unlocked[frame.conn] = time.monotonic() + frame.seconds
                self.lock(frame.conn)
                if frame.seconds:
                    threading.Timer(frame.seconds, self.lock, [frame.conn]).start()
            case frames.Close():
                self.say(frames.ConnectionState(frame.conn, self.generations[frame.conn], Link.CLOSED, None, None))
            case _:
                pass

    def open(self, frame: frames.Open) -> None:
        name = frame.spec.name
        self.specs[name], self.generations[name] = frame.spec, frame.generation
        self.products.setdefault(name, Product(frame.spec))
        self.unlocked.pop(name, None)
        info = ConnectionInfo(product="change 1.0", verbs=tuple(VERBS), roles=("InventorySource",))
        self.say(frames.ConnectionState(name, frame.generation, Link.LOADING, info, None))
        begun = time.monotonic()
        if frame.generation > 1 and "unlistable" in frame.spec.options:
            failure = Denied("no list today").failure
            self.say(frames.LoadComplete(name, frame.generation, begun, ["host"], {"vm": failure}))
        else:
            self.rows(name)
            self.say(frames.LoadComplete(name, frame.generation, begun, ["vm", "host"], {}))
        self.say(frames.ConnectionState(name, frame.generation, Link.UP, info, None))
        self.lock(name)

    def lock(self, name: str) -> None:
        options = self.specs[name].options
        left = self.unlocked.get(name, 0.0) - time.monotonic()
        self.say(
            frames.LockState(
                name,
                ro="ro" in options,
                protected="protected" in options or self.specs[name].protected,
                role=options.get("role", "admin"),
                reasons=[],
                unlocked=left if left > 0 else None,
            )
        )

    def rows(self, name: str) -> None:
        begun, product = time.monotonic(), self.products[name]
        ids = list(product.power)
        keys = [f"vm:{id}" for id in ids]
        self.say(
            frames.Rows(
                name,
                self.generations[name],
                begun,
                ["name", "power", "host", "snapshots"],
                keys,
                [
                    [f"vm {id}" for id in ids],
                    [product.power[id] for id in ids],
                    [f"host:{int(id) % 2}" for id in ids],
                    [len(product.snapshots[id]) for id in ids],
                ],
            )
        )
        hosts = [["host 0", "host 1"]]
        self.say(frames.Rows(name, self.generations[name], begun, ["name"], ["host:0", "host:1"], hosts))

    def plan(self, frame: frames.PlanRequest) -> None:
        product, operation = self.products[frame.conn], frame.operation
        id = operation.key.partition(":")[2]
        failure = self.obstacle(product, id, operation)
        if failure:
            self.say(frames.PlanAnswer(frame.conn, frame.request, None, [], failure))
            return
        count = int(product.options.get("calls", "1"))
        calls = [self.call(frame.conn, operation, id, at) for at in range(1, count + 1)]
        after = AFTER.get(operation.verb)
        back = BACK.get(operation.verb)
        plan = Plan(
            calls=(),
            effect=product.options.get("effect", ""),
            commands=(f"change {operation.verb} {id}",),
            inverse=Operation(verb=back, key=operation.key) if back else None,
            irreversible="" if back else "what was in memory",
            expects=self.expects(product, operation, id, after),
            state=product.fingerprint(id),
        )
        self.say(frames.PlanAnswer(frame.conn, frame.request, plan, calls, None))

    def expects(self, product: Product, operation: Operation, id: str, after: str | None) -> tuple[Expectation, ...]:
        within = float(product.options.get("within", "20"))
        if operation.verb == "snap.delete" and "snapshots" in product.options:
            left = str(len(product.snapshots[id]) - 1)
            return (Expectation(key=operation.key, field="snapshots", values=(left,), within=within),)
        return (Expectation(key=operation.key, field="power", values=(after,), within=within),) if after else ()

    def obstacle(self, product: Product, id: str, operation: Operation) -> Failure | None:
        if id not in product.power and operation.verb != "task.cancel":
            return NotFound("no such machine").failure
        wanted = operation.arguments.get("snapshot", "") if operation.verb == "snap.delete" else ""
        if "snapshots" in product.options and wanted and wanted not in product.snapshots[id]:
            return NotFound(f"there is no snapshot {wanted}").failure
        states = VERBS[operation.verb].states
        if states and product.power[id] not in states:
            return Conflict(f"it is {product.power[id]}", subject=product.power[id]).failure
        return None

    def call(self, conn: str, operation: Operation, id: str, at: int) -> NativeCall:
        args: dict[str, Argument] = {"vm": id, **operation.arguments}
        if at > 1:
            args["after"] = Result(str(at - 1), "job")
        if operation.verb == "edit.notes":
            args["password"] = SecretName("guest")
        verb = operation.verb.replace(".", "_").title() + "+" * (at - 1)
        return NativeCall(id=str(at), connection=conn, verb=verb, args=args)

    def run(self, frame: frames.RunRequest) -> None:
        product = self.products[frame.conn]
        failure = self.closed(frame)
        for call in frame.calls:
            if failure is None:
                failure = self.one(product, frame, call)
            else:
                self.progress(frame, call, "skipped")
        id = frame.key.partition(":")[2]
        if not product.options.get("blind"):
            self.rows(frame.conn)
        self.say(frames.RunAnswer(frame.conn, frame.request, frame.operation, product.fingerprint(id), failure))

    def closed(self, frame: frames.RunRequest) -> Failure | None:
        options = self.specs[frame.conn].options
        locked = "protected" in options and self.unlocked.get(frame.conn, 0.0) < time.monotonic()
        return Denied("locked", subject="locked").failure if locked or "ro" in options else None

    def one(self, product: Product, frame: frames.RunRequest, call: NativeCall) -> Failure | None:
        args = {name: "job" if isinstance(value, Result) else value for name, value in call.args.items()}
        event, answer = self.proceeds[frame.request, call.id] = threading.Event(), list[bool]()
        self.progress(frame, call, "resolved", args)
        if "stop" in product.options:
            os.kill(os.getpid(), signal.SIGSTOP)
        event.wait()
        if answer != [True]:
            failure = Denied("it was not let go").failure
            self.progress(frame, call, "failed", args, failure)
            return failure
        self.progress(frame, call, "sent", args)
        filled = {n: frame.secrets[v.name] if isinstance(v, SecretName) else v for n, v in args.items()}
        resolved = NativeCall(id=call.id, connection=call.connection, verb=call.verb, args=filled)
        concerned = product.options.get("only", filled["vm"]) == filled["vm"]
        how = product.options.get("on_call", "") if concerned else ""
        failure = self.happen(product, resolved, "" if call.verb == "Task_Cancel" else how)
        state = "unknown" if how == "doubt" else "failed" if failure else "done"
        self.progress(frame, call, state, args, failure)
        return failure

    def happen(self, product: Product, call: NativeCall, how: str) -> Failure | None:
        if how == "die":
            os._exit(9)
        if how == "fail":
            return Conflict("the product said no", code="E42").failure
        product.make(call)
        if call.verb == "Task_Cancel":
            self.jobs[str(call.args["task"])].set()
        if how == "long":
            return self.work(call)
        if how == "hang":
            threading.Event().wait()
        if how == "slow":
            time.sleep(0.5)
        if how == "doubt":
            return OutcomeUnknown("no answer").failure
        return None

    def work(self, call: NativeCall) -> Failure:
        id = f"job-{call.args['vm']}"
        cancelled = self.jobs[id] = threading.Event()
        self.task(call, id, TaskState.RUNNING)
        cancelled.wait()
        self.task(call, id, TaskState.CANCELLED)
        return Aborted("cancelled").failure

    def task(self, call: NativeCall, id: str, state: TaskState) -> None:
        task = Task(id=id, verb="work", key=f"vm:{call.args['vm']}", state=state, started=time.time(), cancellable=True)
        generation = self.generations[call.connection]
        self.say(frames.TaskUpdate(call.connection, generation, time.monotonic(), task))

    def progress(
        self,
        frame: frames.RunRequest,
        call: NativeCall,
        state: str,
        args: Mapping[str, Argument] | None = None,
        failure: Failure | None = None,
    ) -> None:
        said = frames.CallProgress(
            frame.conn, frame.request, frame.operation, call.id, state, dict(args or {}), None, failure
        )
        self.say(said)


def plain(args: Mapping[str, Argument]) -> dict[str, object]:
    return {name: value for name, value in args.items() if not isinstance(value, Result | SecretName)}


if __name__ == "__main__":
    ChangeWorker(int(sys.argv[sys.argv.index("--fd") + 1])).serve()
