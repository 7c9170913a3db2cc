"""One call of a client: who serves which method, and what is checked before it is served."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyVmomi import vim, vmodl

from tests.lab.vsphere.soap.state import Site, Thing
from tests.lab.vsphere.soap.wire import Request

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.sessions import Session
    from tests.lab.vsphere.soap.vcenter import Vcenter

Handler = Callable[["Call"], Any]
HANDLERS: dict[str, Handler] = {}
ANONYMOUS = "System.Anonymous"
current = threading.local()
"""`current.session`: whose call this thread serves; a property may depend on it."""


@dataclass
class Call:
    """A call that is being served, with the site's lock held."""

    vc: Vcenter
    this: Thing
    given: Any
    request: Request
    session: Session | None
    peer: str
    agent: str
    answer_headers: dict[str, str]

    @property
    def site(self) -> Site:
        return self.vc.site

    @property
    def user(self) -> str:
        return self.session.user if self.session else ""

    def thing(self, ref: Any) -> Thing:
        """The object of an argument."""
        return self.site.find(ref)

    def require(self, privilege: str, thing: Thing | None = None) -> None:
        """A privilege that depends on the arguments; NoPermission."""
        self.vc.rights.require(self.user, thing or self.this, privilege)


def serves(*names: str) -> Callable[[Handler], Handler]:
    """Register a function for methods by their wire names; it runs with the lock held and returns the result."""

    def keep(handler: Handler) -> Handler:
        for name in names:
            HANDLERS[name] = handler
        return handler

    return keep


def carry_out(call: Call) -> Any:
    """Check and serve a call; a fault is raised."""
    request, method = call.request, call.request.method
    handler = HANDLERS.get(request.name)
    fits = request.name == "Fetch" or call.this.is_a(method.type)
    if handler is None or not fits:
        words = f"The method {request.name} is not served by this simulator."
        raise vmodl.fault.MethodNotFound(receiver=call.this.ref, method=request.name, msg=words)
    _check_rights(call)
    if request.name in call.this.private.get("disabled", ()):
        raise vim.fault.MethodDisabled(source="backup", msg=f"The method {request.name} is disabled by 'backup'.")
    current.session = call.session
    if "ASSUMED" in (handler.__doc__ or ""):
        call.vc.assumed[request.name] += 1
    return handler(call)


def _check_rights(call: Call) -> None:
    """*API*: each method names the privilege that it needs on its object and on arguments; pyVmomi's metadata has
    them."""
    needed = getattr(call.request.method, "privId", None)
    if call.session is None and call.request.name != "Fetch" and needed not in (None, ANONYMOUS):
        raise not_authenticated(call.this)
    if (
        call.session is None
        and call.request.name == "Fetch"
        and not call.this.is_a(vim.ServiceInstance | vim.SessionManager)
    ):
        raise not_authenticated(call.this)
    wanted = [(call.this, needed)]
    for parameter in call.request.method.params:
        value = getattr(call.given, parameter.name)
        if getattr(parameter, "privId", None) and value is not None:
            refs = value if isinstance(value, list) else [value]
            wanted += [(call.thing(ref), parameter.privId) for ref in refs if isinstance(ref, vim.ManagedEntity)]
    for thing, privilege in wanted:
        if call.session and privilege and privilege != "dynamic":
            call.vc.rights.require(call.session.user, thing, privilege)


def not_authenticated(thing: Thing) -> Exception:
    words = "The session is not authenticated."
    return vim.fault.NotAuthenticated(object=thing.ref, privilegeId="System.View", msg=words)
