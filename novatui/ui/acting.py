"""A change from its key to its result: what is missing is asked, the plan is shown, what comes of it is told."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from textual.app import App
from textual.worker import Worker

from novatui.actions.bulk import Run
from novatui.actions.confirm import NONE, Confirmation
from novatui.actions.drain import Drain
from novatui.actions.drain_book import DrainBook, cut_off
from novatui.actions.gate import Gate
from novatui.actions.given import missing
from novatui.actions.guard import Code
from novatui.actions.outcome import Outcome
from novatui.actions.parts import Part
from novatui.actions.proposal import Aim, Proposal
from novatui.core.errors import NovaError
from novatui.core.ids import ObjectRef
from novatui.core.verbs import VERBS, Effect, Verb
from novatui.ui.asking import SAFETY, asked_of, short, title_of
from novatui.ui.commands import Wrong
from novatui.ui.copying import in_full
from novatui.ui.offers import judge
from novatui.ui.options import Known
from novatui.ui.place import Place
from novatui.ui.unlocking import Unlocking

if TYPE_CHECKING:
    from novatui.core.reasons import Fit
    from novatui.ui.dialogs.confirm import Answer
    from novatui.ui.dialogs.results import ResultsDialog
    from novatui.ui.stage import Stage


MOVES = frozenset({"migrate.live", "migrate.offline"})


class Acting:
    """One per console that may change something. Everything that it does goes through the gate."""

    def __init__(self, app: App[Any], stage: Stage, gate: Gate) -> None:
        self._app = app
        self._stage = stage
        self.gate = gate
        self.unlocking = Unlocking(app, stage, gate, self.work)
        self._last: tuple[str, Run] | None = None
        """What the last change was called, and how it goes."""
        self._shown: ResultsDialog | None = None
        self._fits: dict[ObjectRef, Fit] = {}
        """What hosts answered to the last form that asked for one."""

    def start(self) -> None:
        """Look for what an earlier console left behind, and tell of it."""
        self.work(self._adopt())

    async def _adopt(self) -> None:
        await self.gate.start()
        found, broken = self.gate.adopted.operations, self.gate.adopted.broken
        top = self._stage.navigation.top
        if broken is not None:
            top.report(
                f"the journal is broken at {broken}", "A shows it; what follows that record is not to be trusted"
            )
        elif found:
            names = ", ".join(f"{one.task} {short(VERBS[one.verb])} {one.name}" for one in found[:2])
            more = f" and {len(found) - 2} more" if len(found) > 2 else ""
            hint = "an earlier console ended under way; nothing is repeated, t shows them"
            top.report(f"outcome unknown: {names}{more}", hint)

    @property
    def going(self) -> str:
        """Which changes are under way, in words; empty for none."""
        count = sum(not one.over for run in self.gate.runs for one in run.results)
        if not count:
            return ""
        return f"{count} change{'s' if count > 1 else ''} of yours under way: what has not begun yet is left out."

    # Beginning

    def begin(self, verb: str, refs: Sequence[ObjectRef], said: Mapping[str, str], *, fill: bool) -> None:
        """Begin an operation on objects that are frozen from here on. Wrong when it makes no sense for any of them.

        `fill`: everything that it takes is asked for, not only what is missing.
        """
        verdict = judge(self.gate, self._stage.fleet, verb, refs)
        refused = verdict.first
        if refused is not None and not verdict.allowed and refused.code is not Code.LOCKED:
            raise Wrong(refused.reason, refused.hint)  # what only has to be unlocked can be looked at before
        if VERBS[verb].takes and (fill or missing(VERBS[verb], said)):
            self._fill_in(verb, refs, said)
        else:
            self._propose(verb, refs, said)

    def begin_each(self, verb: str, parts: Sequence[Part], what: str = "snapshots") -> None:
        """Begin an operation on parts of objects, each with arguments of its own. What it cannot be done to is named in
        the dialog, with the reason, and left. `what`: what several of the parts are called."""
        safe = {SAFETY: "yes"} if any(given.name == SAFETY for given in VERBS[verb].takes) else {}

        def plan(said: Mapping[str, str]) -> Awaitable[Proposal]:
            meant = [msgspec.structs.replace(part, arguments={**part.arguments, **said}) for part in parts]
            return self.gate.propose_each(verb, meant)

        title = f"{len(parts)} {what}" if len(parts) > 1 else parts[0].name
        self._ask(f"{short(VERBS[verb])} {title}", plan, safe)

    def empty(self, drain: Drain, book: DrainBook, begun: Callable[[Run], None]) -> None:
        """Ask about a plan for a whole host, take its lease, and carry it out; `begun` hears of the run.
        One that did not come through keeps its lease, so that what is left can be taken up."""

        def plan(_: Mapping[str, str]) -> Awaitable[Proposal]:
            return self.gate.propose_each("migrate.live", drain.parts(), whole=drain.name)

        async def carry(proposal: Proposal, confirmation: Confirmation) -> None:
            await book.take(drain, str(self.gate.journal.who["user"]), time.time())
            self.gate.limit_moves(drain.at_once)
            run = self.gate.run(proposal, confirmation)
            begun(run)
            await self._follow(f"evacuate {drain.name}", run)
            if not cut_off(drain, run.results):
                await book.end(drain)

        self._ask(f"evacuate {drain.name}", plan, {}, carry=lambda *said: self.work(carry(*said)))

    def _fill_in(self, verb: str, refs: Sequence[ObjectRef], said: Mapping[str, str]) -> None:
        from novatui.ui.dialogs.arguments import ArgumentsForm

        asked = VERBS[verb].known_to(self._stage.fleet.connections[refs[0].conn].spec.family)
        form = ArgumentsForm(self._stage, self._title(asked, refs), asked, said)

        def filled(given: Mapping[str, str] | None) -> None:
            finding.cancel()
            if given is not None:
                self._propose(verb, refs, given)

        self._app.push_screen(form, filled)
        finding = self.work(self._find_out(form, verb, refs))

    async def _find_out(self, form: Any, verb: str, refs: Sequence[ObjectRef]) -> None:
        from novatui.ui.options import known

        found = await known(self._stage.fleet, self._stage.look, verb, refs)
        form.tell(found)
        if len(refs) == 1 and any(given.kind == "host" for given in VERBS[verb].takes):
            await self._ask_hosts(form, found, refs[0])

    async def _ask_hosts(self, form: Any, found: dict[str, Known], ref: ObjectRef) -> None:
        """Whether it can run there: each host is offered with its answer, as they come."""
        from novatui.ui.hosts import offered

        self._fits = {}
        async for one in self._stage.fleet.where(ref):
            self._fits[one.host] = one.fit
            if not form.is_attached:
                return
            form.tell(found | {"to": Known(offered(self._stage.fleet, [ref], self._fits))})

    def _propose(self, verb: str, refs: Sequence[ObjectRef], said: Mapping[str, str]) -> None:
        """Plan it; what needs no word of a person is carried out at once, everything else is asked for."""
        known = VERBS[verb]
        if known.effect is Effect.RELIEF and len(refs) == 1:
            self._stage.navigation.top.report(f"{self._title(known, refs)}: planning", bad=False)
            self.work(self._at_once(verb, refs, said))
            return
        safe = {**said, SAFETY: "yes"} if any(given.name == SAFETY for given in known.takes) else dict(said)
        self._ask(
            self._title(known, refs),
            lambda arguments: self.gate.propose(verb, refs, arguments),
            safe,
        )

    async def _at_once(self, verb: str, refs: Sequence[ObjectRef], said: Mapping[str, str]) -> None:
        proposal = await self.gate.propose(verb, refs, said)
        if proposal.level == NONE and proposal.planned and proposal.locked is None:
            self._run(proposal, Confirmation(yes=True))
        elif not proposal.planned and len(proposal.aims) == 1 and (failure := proposal.aims[0].failure) is not None:
            self._fail(f"{title_of(proposal)}: {failure}", failure.hint, in_full(failure, refs[0].conn))
        else:
            self._ask(title_of(proposal), None, said, proposal)

    def cancel(self, ref: ObjectRef, task: str) -> None:
        """Cancel a task: that of this console at once."""
        refused = self.gate.check("task.cancel", ref)
        top = self._stage.navigation.top
        if refused is not None and refused.code is not Code.LOCKED:
            top.report(refused.reason, refused.hint)
        else:
            self.work(self._at_once("task.cancel", [ref], {"task": task}))

    def ask(self, verb: str, refs: Sequence[ObjectRef], said: Mapping[str, str]) -> None:
        """Plan it and show the calls, also where the guard would ask nothing: one key sends nothing."""
        self._ask(self._title(VERBS[verb], refs), lambda arguments: self.gate.propose(verb, refs, arguments), said)

    def undo(self) -> None:
        """Plan the way back from the last change, and ask."""
        self._ask("undo the last change", lambda _: self.gate.undo(), {})

    def _title(self, verb: Verb, refs: Sequence[ObjectRef]) -> str:
        store = self._stage.fleet.inventory
        slot = store.slot(refs[0].conn, refs[0].key)
        name = f"{len(refs)} objects" if len(refs) > 1 else store.name(slot) if slot is not None else refs[0].id
        return f"{short(verb)} {name}"

    # Asking

    def _ask(
        self,
        title: str,
        plan: Any,
        said: Mapping[str, str],
        proposal: Proposal | None = None,
        carry: Callable[[Proposal, Confirmation], object] | None = None,
    ) -> None:
        """Open the dialog at once; it asks when `plan(arguments)` has come, or with the proposal that is there."""
        from novatui.ui.dialogs.confirm import ConfirmDialog

        asking = _Asking(self, title, plan, dict(said), carry or self._run)
        dialog = asking.dialog = ConfirmDialog(self._stage, title, asking.replan)
        self._app.push_screen(dialog, asking.answered)
        if proposal is not None:
            asking.put(proposal)
        else:
            self.work(asking.plan())

    # Carrying out

    def _run(self, proposal: Proposal, confirmation: Confirmation) -> None:
        if proposal.verb.name in MOVES and len(proposal.planned) == 1:
            self._note_checks(proposal.planned[0])
        run = self.gate.run(proposal, confirmation)
        title = title_of(proposal)
        self._last = (title, run)
        run.on_change = self._changed
        if proposal.verb.name in MOVES:
            self._watch(run)
        elif len(run.results) > 1:
            self.show_results()
        else:
            self._stage.navigation.top.report(f"{title}: begun", bad=False)
        self.work(self._follow(title, run))

    def _note_checks(self, aim: Aim) -> None:
        """What the chosen host answered before is part of the record of the move."""
        fit = next((fit for host, fit in self._fits.items() if str(host) == aim.operation.arguments.get("to")), None)
        if fit is not None and fit.checks:
            self._stage.fleet.migrations.prechecked(aim.ref.conn, aim.ref.key, fit.by_topic)

    def _watch(self, run: Run) -> None:
        """What moves is watched where everything that moves is."""
        ref = str(run.results[0].ref) if len(run.results) == 1 else ""
        self._stage.navigation.open(Place("mig", ref=ref))

    async def _follow(self, title: str, run: Run) -> None:
        """Tell how it ended; what is watched object by object needs no word beside."""
        await run.done
        self._changed()
        self._app.bell()
        if len(run.results) > 1 and self._shown is not None and self._shown.run is run:
            return
        failure = next((one.failure for one in run.results if one.failure is not None), None)
        if run.worst is Outcome.DONE:
            number = f" ({run.results[0].task})" if len(run.results) == 1 else ""
            self._stage.navigation.top.report(f"{title}: {run.text}{number}", bad=False)
        elif failure is not None and len(run.results) == 1:
            self._fail(f"{title}: {run.text}", failure.hint, in_full(failure, run.results[0].ref.conn))
        else:
            self._stage.navigation.top.report(f"{title}: {run.text}", ":results tells of each")

    def _changed(self) -> None:
        if self._shown is not None:
            self._shown.changed()

    def show_results(self) -> None:
        """What becomes of the last change, object by object."""
        from novatui.ui.dialogs.results import ResultsDialog

        if self._last is None:
            self._stage.navigation.top.report("nothing was changed from here yet", bad=False)
            return
        self._shown = ResultsDialog(self._stage, *self._last)
        self._app.push_screen(self._shown, self._closed)

    def _closed(self, _: None) -> None:
        self._shown = None

    # What it stands on

    def work(self, work: Awaitable[None]) -> Worker[None]:
        """Beside the keys; what goes wrong is told in the footer."""

        async def guarded() -> None:
            try:
                await work
            except NovaError as error:
                self._fail(str(error), error.failure.hint, in_full(error.failure, ""))

        return self._app.run_worker(guarded())

    def _fail(self, message: str, hint: str, whole: str) -> None:
        top = self._stage.navigation.top
        top.report(message, hint)
        top.last_report = whole


class _Asking:
    """One proposal on its way through the dialog."""

    def __init__(
        self,
        acting: Acting,
        title: str,
        plan: Any,
        said: dict[str, str],
        carry: Callable[[Proposal, Confirmation], object],
    ) -> None:
        self._acting = acting
        self._carry = carry
        self._title = title
        self._plan = plan
        self._said = said
        self._proposal: Proposal | None = None
        self._round = 0
        """Which planning counts: one that was asked for before comes too late."""
        self.dialog: Any = None

    async def plan(self) -> None:
        """Have it planned, and put it to the person; without a plan: say why not."""
        self._round += 1
        current = self._round
        try:
            proposal = await self._plan(self._said)
        except NovaError as error:
            if current == self._round and self.dialog.is_attached:
                self.dialog.refuse(error.failure)
            return
        if current == self._round and self.dialog.is_attached:
            self.put(proposal)

    def put(self, proposal: Proposal) -> None:
        """There is a plan."""
        self._proposal = proposal
        stage, gate = self._acting._stage, self._acting.gate
        safety = {"yes": True, "no": False}.get(self._said.get(SAFETY, ""))
        ticket = next((found for aim in proposal.planned if (found := gate.ticket(aim.ref.conn))), "")
        self.dialog.ask(asked_of(proposal, stage, gate), phrase=proposal.phrase, ticket=ticket, safety=safety)

    def replan(self, safety: bool) -> None:
        """With or without a snapshot first: that is another plan."""
        self._said[SAFETY] = "yes" if safety else "no"
        self._acting.work(self.plan())

    def answered(self, answer: Answer | None) -> None:
        """The dialog is gone."""
        self._round += 1
        proposal = self._proposal
        if proposal is None:
            return
        if answer is None:
            if proposal.planned and proposal.locked is None:
                self._acting.work(self._acting.gate.decline(proposal))
                self._acting._stage.navigation.top.report(f"{self._title}: left, nothing was sent", bad=False)
            return
        self._carry(proposal, Confirmation(yes=True, typed=answer.typed, ticket=answer.ticket))
