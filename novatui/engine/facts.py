"""What connections, hosts and machines can do as far as it is known, and how old that is; asked when looked at."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec

from novatui.core.capabilities import Answer, Fact, Sheet, gather
from novatui.core.errors import NovaError
from novatui.core.features import FEATURES
from novatui.core.ids import ObjectRef, split_key
from novatui.core.states import Kind, Link
from novatui.engine.connection import Connection
from novatui.engine.inspecting import InspectionRequests
from novatui.engine.inventory_store import InventoryStore
from novatui.wire import frames

ROLE = "CapabilityProbe"

FRESH = 600.0
"""Seconds for which an answer is not asked for again by itself."""

WANTED = 50
"""Questions that wait or are out at the same time when many objects are looked at."""

RETRY = 30.0
"""Seconds after which a question that got no answer is put again by itself."""


class Facts:
    """Sheets by object. Belongs to the event loop."""

    def __init__(
        self,
        connections: Mapping[str, Connection],
        inventory: InventoryStore,
        inspecting: InspectionRequests,
        announce: Callable[[], None],
    ) -> None:
        """`announce` is called when `drain` has something to tell."""
        self._connections = connections
        self._inventory = inventory
        self._inspecting = inspecting
        self._announce = announce
        self._sheets: dict[ObjectRef, Sheet] = {}
        self._tried: dict[ObjectRef, float] = {}
        """Monotonic time of the last question that got no answer."""
        self._probes: dict[ObjectRef, asyncio.Task[Sheet]] = {}
        self._up: dict[str, int] = {}
        """Generation of each connection in which its sheets were compared with its version."""
        self._changed: set[ObjectRef] = set()
        self.learned: Callable[[str], object] | None = None
        """Called with the connection when there is something new to be kept."""
        inventory.observers.append(self._forget_gone)

    # --- what is known ---------------------------------------------------------------------------------------------

    def sheet(self, ref: ObjectRef) -> Sheet | None:
        """What is known of one connection, host or machine; None when nothing was ever asked."""
        sheet = self._sheets.get(ref)
        if sheet is None or not self._is_stale(sheet):
            return sheet
        return msgspec.structs.replace(sheet, stale=True)

    def sheets(self, conn: str | None = None) -> list[Sheet]:
        """All that is known of one connection and what belongs to it, or of everything."""
        known = [self.sheet(ref) for ref in self._sheets if conn is None or ref.conn == conn]
        return [sheet for sheet in known if sheet is not None]

    def answer(self, ref: ObjectRef, feature: str) -> str | None:
        """What is known of one feature, also when it is old; None when it is unknown."""
        sheet = self._sheets.get(ref)
        fact = sheet.facts.get(feature) if sheet is not None else None
        return None if fact is None or fact.value is Answer.UNKNOWN else fact.value.value

    def column(self, refs: Collection[ObjectRef]) -> dict[str, Fact]:
        """The facts of several objects gathered into one for each feature; what was never asked counts as unknown."""
        sheets = [self._sheets.get(ref) or Sheet(ref=ref) for ref in refs]
        return {feature.slug: gather(feature.slug, [s.fact(feature.slug) for s in sheets]) for feature in FEATURES}

    def probing(self, ref: ObjectRef) -> bool:
        """True while it is being asked, or waits for its turn."""
        return ref in self._probes

    @property
    def asking(self) -> bool:
        """True while anything is being asked."""
        return bool(self._probes)

    def due(self, ref: ObjectRef) -> bool:
        """True when `probe` would ask: never answered, too long ago, of another version, or failed a while ago."""
        tried = self._tried.get(ref)
        if tried is not None:
            return time.monotonic() - tried >= RETRY
        sheet = self._sheets.get(ref)
        if sheet is None or sheet.at is None or self._is_of_other_version(sheet):
            return True
        return abs(time.time() - sheet.at) >= FRESH  # a clock that was set back makes nothing fresh for long

    # --- asking ----------------------------------------------------------------------------------------------------

    async def probe(self, ref: ObjectRef, *, fresh: bool = False) -> Sheet:
        """The sheet of an object, asked for if it is due, or in any case when `fresh`.

        Never asked twice at once: who asks meanwhile gets the same answer. A failure is told in the sheet.
        """
        running = self._probes.get(ref)
        if running is None:
            known = self.sheet(ref)
            if known is not None and not fresh and not self.due(ref):
                return known
            running = self._begin(ref)
        return await asyncio.shield(running)

    def want(self, refs: Iterable[ObjectRef]) -> None:
        """Ask in the background for those that are due, WANTED at a time: call it again when some are known."""
        for ref in refs:
            if len(self._probes) >= WANTED:
                break
            if not self.probing(ref) and self._is_up(ref) and self.due(ref):
                self._begin(ref)

    def _is_up(self, ref: ObjectRef) -> bool:
        connection = self._connections.get(ref.conn)
        return connection is not None and connection.link is Link.UP

    def _begin(self, ref: ObjectRef) -> asyncio.Task[Sheet]:
        task = self._probes[ref] = asyncio.get_running_loop().create_task(self._ask(ref))
        task.add_done_callback(lambda _: self._over(ref, task))
        self._tell(ref)
        return task

    def _over(self, ref: ObjectRef, task: asyncio.Task[Sheet]) -> None:
        if self._probes.get(ref) is task:
            del self._probes[ref]
            self._tell(ref)

    async def _ask(self, ref: ObjectRef) -> Sheet:
        scope = "" if ref.kind is Kind.CONNECTION else ref.key
        begun = time.time()
        try:
            answer = await self._inspecting.ask(
                ref.conn, ROLE, lambda number: frames.ProbeRequest(ref.conn, number, scope), frames.ProbeAnswer
            )
        except NovaError as error:
            return self._failed(ref, error)
        product, version = self._product(ref) or ("", "")
        sheet = Sheet(
            ref=ref,
            product=product,
            version=version,
            facts={fact.feature: fact for fact in answer.found or ()},
            at=max(begun, time.time() - answer.ms / 1000),
            ms=answer.ms,
            calls=answer.calls,
        )
        self._tried.pop(ref, None)
        self._learn(sheet)
        return sheet

    def _learn(self, sheet: Sheet) -> None:
        self._sheets[sheet.ref] = sheet
        if self.learned is not None:
            self.learned(sheet.ref.conn)

    def _failed(self, ref: ObjectRef, error: NovaError) -> Sheet:
        """What was known stays, and is not shown as current."""
        known = self._sheets.get(ref) or Sheet(ref=ref)
        sheet = msgspec.structs.replace(known, failure=error.failure)
        connection = self._connections.get(ref.conn)
        if connection is not None and connection.link in {Link.UP, Link.LOADING}:
            self._sheets[ref] = sheet
            self._tried[ref] = time.monotonic()
        return msgspec.structs.replace(sheet, stale=True)

    # --- ages ------------------------------------------------------------------------------------------------------

    def _is_stale(self, sheet: Sheet) -> bool:
        connection = self._connections.get(sheet.ref.conn)
        if connection is None or connection.link is not Link.UP or sheet.failure is not None:
            return True
        return self._is_of_other_version(sheet)

    def _is_of_other_version(self, sheet: Sheet) -> bool:
        now = self._product(sheet.ref)
        if now is None or sheet.at is None:
            return False
        product, version = now
        return version != sheet.version or (bool(product and sheet.product) and product != sheet.product)

    def _product(self, ref: ObjectRef) -> tuple[str, str] | None:
        """Product (empty while it is not known) and version that answer for it now; None without a connection.

        A host may have another product than its connection, and be upgraded while that stays up.
        """
        connection = self._connections.get(ref.conn)
        if connection is None or connection.info is None:
            return None
        if ref.kind is not Kind.HOST:
            return connection.info.product, connection.info.version
        slot = self._inventory.slot(ref.conn, ref.key)
        product = None if slot is None else self._inventory.value(slot, "product")
        return product if isinstance(product, str) else "", connection.info.version

    # --- what comes in ---------------------------------------------------------------------------------------------

    def told(self, frame: frames.Facts) -> None:
        """The driver tells facts by itself: they take the place of those known of the same object."""
        now, product = time.time(), self._product
        for fact in frame.facts:
            ref = _ref(frame.conn, fact.scope)
            if ref is None:
                continue
            known = self._sheets.get(ref)
            if known is None:
                name, version = product(ref) or ("", "")
                known = Sheet(ref=ref, product=name, version=version, at=now)
            self._learn(msgspec.structs.replace(known, facts={**known.facts, fact.feature: fact}))
            self._tell(ref)

    def recall(self, sheets: Iterable[Sheet]) -> None:
        """What was known before the console was started; what has been asked since counts more."""
        for sheet in sheets:
            if sheet.ref not in self._sheets:
                self._sheets[sheet.ref] = sheet
                self._tell(sheet.ref)
                connection = self._connections.get(sheet.ref.conn)
                if connection is not None and connection.link is Link.UP:
                    self._ask_anew_if_upgraded(sheet)

    def stands(self, connection: Connection) -> None:
        """A connection stands elsewhere. One that is up in another version than its sheets is asked again."""
        if connection.link is not Link.UP or self._up.get(connection.name) == connection.generation:
            return
        self._up[connection.name] = connection.generation
        for ref, sheet in list(self._sheets.items()):
            if ref.conn == connection.name:
                self._tried.pop(ref, None)
                self._ask_anew_if_upgraded(sheet)

    def _ask_anew_if_upgraded(self, sheet: Sheet) -> None:
        """Machines are asked again when somebody looks at them."""
        ref = sheet.ref
        if ref.kind in {Kind.CONNECTION, Kind.HOST} and self._is_of_other_version(sheet) and not self.probing(ref):
            self._begin(ref)

    def forget(self, conn: str) -> None:
        """The connection is no more."""
        self._up.pop(conn, None)
        self._drop(ref for ref in {*self._sheets, *self._probes} if ref.conn == conn)

    def drain(self) -> set[ObjectRef]:
        """Objects whose sheets changed, or whose question began or ended, since the last drain."""
        changed, self._changed = self._changed, set()
        return changed

    def stop(self) -> None:
        """Wait for no more answers."""
        for task in list(self._probes.values()):
            task.cancel()

    def _tell(self, ref: ObjectRef) -> None:
        self._changed.add(ref)
        self._announce()

    def _forget_gone(self, touched: Collection[int], gone: Collection[int]) -> None:  # noqa: ARG002
        if gone and self._sheets:
            self._drop(ref for ref in self._sheets if self._is_gone(ref))

    def _is_gone(self, ref: ObjectRef) -> bool:
        """Its connection listed all of its kind, and it is not among them."""
        connection = self._connections.get(ref.conn)
        listed = connection is not None and ref.kind.value in connection.loaded
        return listed and self._inventory.slot(ref.conn, ref.key) is None

    def _drop(self, refs: Iterable[ObjectRef]) -> None:
        for ref in list(refs):
            if task := self._probes.pop(ref, None):
                task.cancel()
            self._tried.pop(ref, None)
            if self._sheets.pop(ref, None) is not None:
                self._changed.add(ref)


def _ref(conn: str, scope: str) -> ObjectRef | None:
    """What a scope of a connection is; None when it is nothing."""
    if not scope:
        return ObjectRef(conn, Kind.CONNECTION, conn)
    try:
        return ObjectRef(conn, *split_key(scope))
    except ValueError:
        return None
