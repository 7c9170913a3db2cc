"""Making the native calls of a change: each by its wire name, exactly once, on a connection that is made for it.

Nothing here is tried twice. A connection that cannot be made is told before anything was sent; whatever breaks later
leaves it open whether the server has done it, and is told as that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyVmomi import VmomiSupport, vmodl
from pyVmomi.SoapAdapter import SoapStubAdapter

from novatui.backends.driver import Sink
from novatui.backends.vsphere.errors import from_exception
from novatui.backends.vsphere.nativecalls import Native, prepared
from novatui.backends.vsphere.session import CALL_S, Opened
from novatui.backends.vsphere.taskfollowing import Follower
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import BackendFault, Fault, NovaError, OutcomeUnknown
from novatui.core.operations import Argument, NativeCall, SecretName


class Invocations:
    """Sends native calls."""

    def __init__(self, opened: Opened, sink: Sink) -> None:
        self._opened = opened
        self._sink = sink
        self._follower = Follower(opened, sink)

    def invoke(self, call: NativeCall, secrets: Mapping[str, str]) -> dict[str, Argument]:
        """Make this call and wait for its end. What it made is the answer's part without a name; that of a task also
        has the task's id as `task`."""
        arguments = {name: _filled(value, secrets) for name, value in call.args.items()}
        method, this, parameters = prepared(call.verb, arguments, self._opened.stub.version)
        stub = self._ready()
        try:
            self._sink.call(call.verb)
            told = _sent(method, stub, this, parameters)
        finally:
            stub.DropConnections()
        if not method.task:
            return _answer(told)
        task = Ref("Task", told._moId)
        return _answer(self._follower.follow(task, call.verb)) | {"task": task.id}

    def end(self) -> None:
        """Nobody waits for a task any more."""
        self._follower.end()

    def _ready(self) -> SoapStubAdapter:
        """A stub whose one connection stands. NovaError: nothing was sent."""
        opened = self._opened
        stub = SoapStubAdapter(
            host=opened.endpoint.host,
            port=opened.endpoint.port,
            path="/sdk",
            version=opened.stub.version,
            sslContext=opened.context,
            poolSize=1,
            httpConnectionTimeout=CALL_S,
        )
        stub.cookie = opened.stub.cookie
        try:
            stub.ReturnConnection(stub.GetConnection())
        except Exception as error:  # noqa: BLE001 - sockets and TLS raise several
            raise from_exception(error) from None
        return stub


def _sent(method: Native, stub: SoapStubAdapter, this: Any, parameters: list[Any]) -> Any:
    """The server's answer. A fault is its refusal; of anything else nobody knows what it did."""
    info = VmomiSupport.GetWsdlMethod("urn:vim25", method.name).info
    try:
        return stub.InvokeMethod(type(this)(this._moId, stub), info, parameters)
    except vmodl.MethodFault as refusal:
        raise _refused(method.name, from_exception(refusal)) from None
    except Exception as error:  # noqa: BLE001 - sockets, HTTP and the parser raise several
        raise _unknown(method.name, error) from None


def _refused(verb: str, error: NovaError) -> NovaError:
    """The server's no. Where it says that the session is over it has done nothing, and the link is not broken."""
    failure = error.failure
    if failure.fault is not Fault.UNREACHABLE:
        return error
    return BackendFault(
        f"{verb} was not carried out: the session at the server has ended",
        meaning="nothing was changed",
        hint="it is made anew by itself; do it again then",
        code=failure.code,
        native=failure.native,
    )


def _unknown(verb: str, error: Exception) -> NovaError:
    try:
        failure = from_exception(error).failure
    except Exception:  # noqa: BLE001 - one that nobody has met yet
        failure = BackendFault("something broke", native=f"{type(error).__name__}: {error}").failure
    return OutcomeUnknown(
        f"nobody knows whether {verb} was carried out",
        meaning=f"it was sent, and then: {failure.message}",
        hint="look at the object before it is done again; nothing is repeated by itself",
        code=failure.code,
        native=failure.native,
    )


def _filled(value: Argument, secrets: Mapping[str, str]) -> Argument:
    return secrets[value.name] if isinstance(value, SecretName) else value


def _answer(made: Any) -> dict[str, Argument]:
    """What later calls may want: the reference or the word that was returned."""
    match made:
        case Ref():
            return {"": made.id}
        case VmomiSupport.ManagedObject():
            return {"": str(made._moId)}
        case str() | int() | float():
            return {"": made}
        case _:
            return {}
