"""Every key of `config.toml`.

The text under a field is its documentation: the commented example is made of it.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from novatui.config.alarms import Alarms, default_alarms
from novatui.config.decode import Name
from novatui.config.secrets import SecretRef
from novatui.config.targets import Target, Via
from novatui.config.tls import Tls
from novatui.core.states import Family

Seconds = Annotated[float, Meta(ge=0.1, le=3600)]

Auth = Literal[
    "auto", "password", "token", "certificate", "session", "kerberos", "negotiate", "ntlm", "basic", "credssp"
]

AUTH_OF_FAMILY: dict[Family, frozenset[Auth]] = {
    Family.LIBVIRT: frozenset({"auto"}),
    Family.VSPHERE: frozenset({"auto", "password", "token", "certificate", "session"}),
    Family.HYPERV: frozenset({"auto", "negotiate", "kerberos", "ntlm", "basic", "certificate", "credssp"}),
    Family.XCPNG: frozenset({"auto", "password"}),
    Family.PROXMOX: frozenset({"auto", "password", "token"}),
}
"""Ways to log in that each product has."""


class Connection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One hypervisor, pool, cluster or vCenter. The name behind the dot is how you call it everywhere."""

    uri: Annotated[Target, Meta(examples=["vsphere://administrator@vsphere.local@vc.example.org"])]
    """Where it is and which product: a libvirt URI as libvirt writes it, or vsphere:// hyperv:// xcpng://
    proxmox:// demo:// with user, host and port. Never with a password."""
    group: str = ""
    """Label under which the tree gathers connections: a site, a customer, a stage. Empty: none."""
    tags: tuple[str, ...] = ()
    """Words for filters (`tag:lab`)."""
    color: Literal["", "red", "yellow", "green", "cyan", "blue", "magenta"] = ""
    """Colour that the name of this connection is drawn in wherever it stands, as the theme has it. Never the
    only sign of anything; without colours it changes nothing. Empty: none."""
    protected: bool = False
    """Production: red frame, every change needs an unlock with a ticket and the stricter confirmation."""
    ro: bool = False
    """Look, do not touch: every call that could change something is refused below the screen, in the
    worker."""
    readonly: Literal["enforced", "socket"] = "enforced"
    """How `ro` is kept. `enforced`: only known reading calls pass. `socket` (libvirt only, implies `ro`):
    libvirt's read-only socket is used; what it refuses to tell stays unknown."""
    user: str = ""
    """Account, when the URI does not name one. For Proxmox with realm, and token if any:
    `monitor@pve!novatui`."""
    password: Annotated[SecretRef, Meta(examples=["keyring:novatui/prod"])] | None = None
    """Password, or the secret of the API token, by reference: keyring:SERVICE/USER, env:NAME, cmd:COMMAND
    (first line of its output, no shell), file:PATH (yours, mode 0600), prompt. The secret itself is
    accepted only in a file that is yours with mode 0600 or 0400. Not given: asked when it is needed."""
    auth: Auth = "auto"
    """How to log in. `auto`: what the product and the other keys suggest. vSphere: password, token,
    certificate, session. Hyper-V: negotiate, kerberos, ntlm, basic (only over TLS), certificate, credssp.
    Proxmox: password, token."""
    cert: Annotated[str, Meta(examples=["~/.config/novatui/client.pem"])] = ""
    """Client certificate, PEM file, for `auth = "certificate"`, or for qemu+tls:// beside `tls = "ca:FILE"`."""
    key: str = ""
    """Private key of the client certificate, PEM file. Empty: it is in the same file."""
    key_password: Annotated[SecretRef, Meta(examples=["prompt"])] | None = None
    """Password of the private key, written like `password`."""
    jea: str = ""
    """Hyper-V only: name of the session configuration (JEA endpoint) to use. Empty: the full one."""
    tls: Tls = Tls()
    """Which server certificate is believed. `system`: the machine's authorities, or a fingerprint stored by
    `novatui config trust NAME`. `ca:FILE`: these authorities (PEM). `pin:SHA256`: exactly this certificate;
    several with commas. `insecure`: any, for tests. libvirt: over qemu+tls:// only, where a pin is checked
    beside the authorities, never instead of them; a folder in the URI (`?pkipath=`) does as well."""
    tls_min: Literal["1.2", "1.3"] = "1.2"
    """Oldest TLS version accepted. 1.3 is used wherever the server has it."""
    migrate_uri: str = ""
    """libvirt only: how the other hosts reach this one when a machine moves here, such as
    qemu+ssh://root@kvm-12.example.org/system. Empty: as this console reaches it,
    or, where that would mean another machine there, over ssh by the name that the host gives itself."""
    via: Annotated[Via, Meta(examples=["ssh://admin@jump.example.org"])] | None = None
    """Run the worker on another machine, over ssh: `ssh://[user@]host[:port]`. It needs novatui there
    (`?novatui=PATH` when the account does not find it) and a key that asks nothing."""
    connect_timeout: Seconds = 15.0
    """Seconds until an attempt to connect counts as failed."""
    call_timeout: Seconds = 15.0
    """Seconds until a short call counts as stuck. A full listing has four times as long, a round of metrics
    two thirds of it. Long jobs are watched by their progress instead."""
    interval: Annotated[Seconds, Meta(examples=[20.0])] | None = None
    """Seconds between two rounds of metrics. Not given: the product's own period."""

    @property
    def locked(self) -> bool:
        """True when nothing may be changed."""
        return self.ro or self.readonly == "socket"


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """NovaTUI's settings.

    Later ones win: built-in, /etc/novatui/config.toml, this file, --config FILE, NOVATUI_* environment
    variables (NOVATUI_RO=1, NOVATUI_CONNECTIONS__PROD__RO=1), command line.
    """

    ro: bool = False
    """Look, do not touch, on every connection."""
    timeout: Seconds = 30.0
    """Seconds that a command without screen waits for each connection."""
    max_workers: Annotated[int, Meta(ge=1, le=64)] = 8
    """Worker processes at most; past that, connections of one family share one."""
    theme: Annotated[str, Meta(examples=["light"])] = ""
    """Colours of the console: ansi (the terminal's own sixteen), colorblind, contrast, dark, light, mono, or
    a file of yours in `themes/` beside this one. Empty: what suits the terminal. NO_COLOR wins."""
    restore_session: bool = True
    """Begin the console where its last session on the same connections ended: list, filter, sort, cursor, folds."""
    log_level: Literal["error", "warning", "info", "debug"] = "warning"
    """How much goes to the log file. Secrets never do."""
    alarms: Alarms = msgspec.field(default_factory=default_alarms)
    connections: dict[Name, Connection] = {}

    def is_locked(self, name: str) -> bool:
        """True when nothing may be changed on this connection."""
        return self.ro or self.connections[name].locked

    def secret_variables(self) -> frozenset[str]:
        """Environment variables that hold secrets; child processes are started without them."""
        refs = [ref for one in self.connections.values() for ref in (one.password, one.key_password)]
        return frozenset(ref.place for ref in refs if ref is not None and ref.kind == "env")
