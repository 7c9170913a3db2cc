"""Every frame that may cross between the console and a worker, in either direction.

Readings carry `begun`, the sender's monotonic clock when the *request* began: per row and column group an older reading
never replaces a newer one. `Hello` carries what the receiver needs to place that clock beside its own.
"""

from __future__ import annotations

from novatui.core.capabilities import Fact
from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.detail import Detail
from novatui.core.errors import Failure
from novatui.core.events import Event
from novatui.core.inventory import Value
from novatui.core.states import Link
from novatui.core.tasks import Task
from novatui.wire.change_frames import (
    CallProgress,
    LockState,
    PlanAnswer,
    PlanRequest,
    Proceed,
    RunAnswer,
    RunRequest,
    Unlock,
)
from novatui.wire.frame import Frame
from novatui.wire.inspection_frames import (
    BaselineAnswer,
    BaselineRequest,
    HandoffAnswer,
    HandoffRequest,
    HistoryAnswer,
    HistoryRequest,
    PictureAnswer,
    PictureRequest,
    PostureAnswer,
    PostureRequest,
    ProbeAnswer,
    ProbeRequest,
    ProfileAnswer,
    ProfileRequest,
)
from novatui.wire.inspection_frames import InspectionAnswer as InspectionAnswer
from novatui.wire.inspection_frames import InspectionRequest as InspectionRequest
from novatui.wire.placement_frames import FitAnswer, FitRequest, NeedsAnswer, NeedsRequest

PROTOCOL = 7
"""Both ends must speak the same number; it grows with every change that an older end would misread."""

MAX_ROWS = 500
"""Most rows of one Rows, Remove or Samples frame: about 2 ms of decoding."""


# --- both ways ------------------------------------------------------------------------------------------------------


class Hello(Frame, frozen=True):
    """First frame of either side."""

    protocol: int
    version: str
    """Version of NovaTUI."""
    pid: int
    boot_id: str
    """Kernel's boot id: equal ids mean one machine, and therefore one monotonic clock."""
    monotonic: float
    clock: float
    """Epoch seconds, to correct the skew of a machine behind `via`."""


class Credit(Frame, frozen=True):
    """The receiver has room for this many more data frames (those of DATA)."""

    frames: int


class Stream(Frame, frozen=True):
    """Bytes of a guest console, either way."""

    stream: int
    data: bytes


class StreamCredit(Frame, frozen=True):
    """The receiver of a guest console has room for this many more bytes."""

    stream: int
    size: int


# --- console to worker ----------------------------------------------------------------------------------------------


class Open(Frame, frozen=True):
    """Connect, or connect again under a new generation."""

    spec: ConnectionSpec
    generation: int
    secrets: dict[str, str]
    """Resolved secrets by name (`password`, `token`, `key_passphrase` …). Never logged."""
    kinds: list[str]
    """Kinds of objects to load."""


class Close(Frame, frozen=True):
    """End a connection on purpose."""

    conn: str


class Watch(Frame, frozen=True):
    """What the console looks at now: which objects are to be measured, and how often at most."""

    conn: str
    keys: list[str] | None
    """Keys to measure; None: all of them."""
    interval: float
    """Seconds between two readings; never below the native period or the connection's budget. 0: measure nothing."""


class Refresh(Frame, frozen=True):
    """Read the inventory again now: of these objects, or the whole when empty."""

    conn: str
    keys: list[str]


class Kinds(Frame, frozen=True):
    """Rows of these kinds are wanted from now on: kinds that were not are listed at once, others are told no more."""

    conn: str
    kinds: list[str]


class DetailRequest(Frame, frozen=True):
    """Read one object in full."""

    conn: str
    request: int
    key: str
    parts: list[str]
    """Wanted parts: vm, snapshots, devices, volumes, leases, users, raw; empty for all of these that apply.

    `rates` comes only when it is named: it takes two readings, and alone it is a light one without properties. A worker
    that does not know a part leaves it out.
    """


class QuestionAnswer(Frame, frozen=True):
    """What a person answered; None: declined."""

    conn: str
    question: int
    answer: str | None


# --- worker to console ----------------------------------------------------------------------------------------------


class Rows(Frame, frozen=True):
    """Up to MAX_ROWS objects that share one field mask, by columns."""

    conn: str
    generation: int
    begun: float
    fields: list[str]
    """The field mask: columns that are not named are unchanged; a None in a column became unknown."""
    keys: list[str]
    columns: list[list[Value]]
    """One list for each name in `fields`, each as long as `keys`."""


class Remove(Frame, frozen=True):
    """These objects are gone."""

    conn: str
    generation: int
    begun: float
    keys: list[str]


class Samples(Frame, frozen=True):
    """One reading of metrics for up to MAX_ROWS objects."""

    conn: str
    generation: int
    begun: float
    keys: list[str]
    values: bytes
    """Little-endian float64, len(keys) rows of len(METRICS) columns; NaN is "no sample"."""
    codes: bytes
    """Little-endian u16 log codes of the ringed metrics, len(keys) rows of RINGED columns."""


class Past(Frame, frozen=True):
    """What was measured of some objects before they were looked at, as the product remembers it."""

    conn: str
    generation: int
    begun: float
    """When the last cell of each was measured."""
    step: float
    """Seconds from one cell to the next."""
    keys: list[str]
    codes: bytes
    """Little-endian u16 log codes of the ringed metrics: as many cells for each key, oldest first, RINGED columns."""


class LoadComplete(Frame, frozen=True):
    """The listing of this generation is complete for these scopes; unmentioned rows of them are gone."""

    conn: str
    generation: int
    begun: float
    """When the listing began: rows first seen after that are not judged."""
    scopes: list[str]
    """Kinds that were listed without error."""
    failures: dict[str, Failure]
    """Kinds that could not be listed: their rows turn stale."""


class ConnectionState(Frame, frozen=True):
    """Where the connection stands."""

    conn: str
    generation: int
    link: Link
    info: ConnectionInfo | None
    failure: Failure | None


class ConnectStep(Frame, frozen=True):
    """One step of connecting: resolve, connect, tls, auth, identify, list."""

    conn: str
    generation: int
    step: str
    ok: bool | None
    """None: skipped or not told apart by the product's library."""
    ms: float
    text: str


class TaskUpdate(Frame, frozen=True):
    """A task as it stands now."""

    conn: str
    generation: int
    begun: float
    task: Task


class EventRecord(Frame, frozen=True):
    """Something happened."""

    conn: str
    generation: int
    event: Event


class Facts(Frame, frozen=True):
    """Capability facts; a later fact of the same feature and scope replaces the earlier."""

    conn: str
    generation: int
    begun: float
    facts: list[Fact]


class DetailAnswer(Frame, frozen=True):
    """Answer of a DetailRequest: a detail or a failure."""

    conn: str
    request: int
    begun: float
    detail: Detail | None
    failure: Failure | None


class Question(Frame, frozen=True):
    """The product asks for something that only a person has."""

    conn: str
    question: int
    topic: str
    """password, totp, fingerprint, passphrase."""
    text: str
    secret: bool
    """The answer must not be shown while it is typed."""


class Stats(Frame, frozen=True):
    """Heartbeat of a worker, once a second while it works, every five when idle."""

    monotonic: float
    cpu: float
    """CPU seconds used by the process so far."""
    rss: int
    """Bytes."""
    calls: dict[str, float]
    """Calls in flight: `connection/lane/what` → seconds past its deadline (negative: still within it)."""
    counts: dict[str, int]
    """Native calls made so far, by `connection/name`."""


Any = (
    Hello
    | Credit
    | Stream
    | StreamCredit
    | Open
    | Close
    | Watch
    | Refresh
    | Kinds
    | DetailRequest
    | NeedsRequest
    | FitRequest
    | ProbeRequest
    | ProfileRequest
    | BaselineRequest
    | PostureRequest
    | HandoffRequest
    | PictureRequest
    | HistoryRequest
    | PlanRequest
    | RunRequest
    | Proceed
    | Unlock
    | QuestionAnswer
    | Rows
    | Remove
    | Samples
    | Past
    | LoadComplete
    | ConnectionState
    | ConnectStep
    | TaskUpdate
    | EventRecord
    | Facts
    | DetailAnswer
    | NeedsAnswer
    | FitAnswer
    | ProbeAnswer
    | ProfileAnswer
    | BaselineAnswer
    | PostureAnswer
    | HandoffAnswer
    | PictureAnswer
    | HistoryAnswer
    | PlanAnswer
    | CallProgress
    | RunAnswer
    | LockState
    | Question
    | Stats
)
"""Union of every frame, for the decoder."""

DATA = (Rows, Remove, Samples, Past, LoadComplete, TaskUpdate, EventRecord, Facts)
"""Frames that cost credit. Everything else is small, rare, or has a credit of its own."""
