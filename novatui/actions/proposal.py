"""What is about to be done, to which objects, by which native calls: frozen before a person is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from novatui.actions.confirm import typeable
from novatui.actions.guard import Refused
from novatui.actions.journal_writer import call_body, failure_body
from novatui.actions.outcome import Done, Outcome
from novatui.core.errors import Failure
from novatui.core.ids import ObjectRef
from novatui.core.operations import NativeCall, Operation, Plan, SecretName, described
from novatui.core.text import clean
from novatui.core.verbs import Verb


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """One object of a proposal."""

    ref: ObjectRef
    name: str
    """As its product calls it; empty when that is not known."""
    part: str = ""
    """Name of the part of it that is meant, such as one snapshot; empty for all of it."""
    operation: Operation
    plan: Plan | None = None
    failure: Failure | None = None
    """Why there is no plan."""
    refused: Refused | None = None
    """The lock that lets it be looked at and not be carried out."""

    @property
    def label(self) -> str:
        """What it is called on a screen, and what is typed for it."""
        return typeable(self.name, self.ref.id)

    @property
    def title(self) -> str:
        """The object, and which part of it."""
        return f"{self.label}/{clean(self.part)}" if self.part else self.label

    @property
    def ready(self) -> bool:
        """True when it can be carried out as far as is known."""
        return self.plan is not None and self.refused is None


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """An operation on frozen objects, planned. Nothing of it has been sent."""

    verb: Verb
    aims: tuple[Aim, ...]
    level: int
    """`confirm.NONE`, `YES`, `TYPED`, `UNLOCKED`."""
    phrase: str = ""
    """What has to be typed; empty when nothing has."""
    whole: str = ""
    """Name of the host or cluster that is meant as a whole; empty for objects that were named one by one."""
    refused: Refused | None = None
    """Why none of it is offered."""
    undoes: Mapping[ObjectRef, int] = {}
    """Numbers of the operations that it takes back."""
    extra: tuple[str, ...] = ()
    """What else a person should know: sentences."""

    @property
    def planned(self) -> tuple[Aim, ...]:
        """The objects that there is a plan for."""
        return tuple(aim for aim in self.aims if aim.plan is not None)

    @property
    def failed(self) -> tuple[Aim, ...]:
        """The objects that it cannot be done to, each with its reason."""
        return tuple(aim for aim in self.aims if aim.plan is None)

    def result(self, aim: Aim) -> Done:
        """What is to become of one object: it waits, or has failed already because there is no plan."""
        done = Done(verb=aim.operation.verb, ref=aim.ref, name=aim.title, operation=aim.operation)
        done.undoes = self.undoes.get(aim.ref, 0)
        if aim.plan is None:
            done.outcome, done.failure = Outcome.FAILED, aim.failure
        return done

    @property
    def locked(self) -> Refused | None:
        """The first reason why what is planned may not be carried out; None when all of it may."""
        return self.refused or next((aim.refused for aim in self.planned if aim.refused), None)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know before."""
        return tuple(dict.fromkeys((*self.extra, *self._said("warnings"), *self._irreversible())))

    @property
    def losses(self) -> tuple[str, ...]:
        """What cannot be had back."""
        return self._said("losses")

    @property
    def costs(self) -> tuple[str, ...]:
        """Time and space it takes."""
        return self._said("costs")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of the secrets that the calls need."""
        names = (v.name for _, call in self._calls() for v in call.args.values() if isinstance(v, SecretName))
        return tuple(dict.fromkeys(names))

    def as_lines(self) -> list[str]:
        """The native calls, one a line; with several objects each under its name."""
        return self._listed(lambda plan: [f"{call.id}  {described(call)}" for call in plan.calls])

    def as_commands(self) -> list[str]:
        """The same for the product's own command line; empty where it has none."""
        found = self._listed(lambda plan: [clean(line) for line in plan.commands])
        return found if any(aim.plan and aim.plan.commands for aim in self.aims) else []

    def as_foreign(self, lines: Callable[[NativeCall, ObjectRef], Sequence[str]]) -> list[str]:
        """The calls as lines for another tool; with several objects each under its name."""
        found = list[str]()
        for aim in self.planned:
            if len(self.aims) > 1:
                found.append(f"# {aim.title}")
            found += [clean(line) for call in (aim.plan.calls if aim.plan else ()) for line in lines(call, aim.ref)]
        return found

    def json(self) -> dict[str, Any]:
        """For `--plan --json`: calls of several objects carry their `ref`; reasons why there is none are `failures`."""
        several = len(self.aims) > 1
        body: dict[str, Any] = {
            "plan": [call_body(call) | (_whose(aim) if several else {}) for aim, call in self._calls()],
            "warnings": list(self.warnings),
            "inverse": self._inverse(several),
            "verb": self.verb.name,
            "objects": [{"ref": str(aim.ref), "name": aim.name} | _part(aim) for aim in self.planned],
            "losses": list(self.losses),
            "costs": list(self.costs),
            "commands": [line for aim in self.planned for line in (aim.plan.commands if aim.plan else ())],
            "level": self.level,
            "confirm": self.phrase,
        }
        if self.failed:
            body["failures"] = [
                {"ref": str(aim.ref), "name": aim.name, **_part(aim), **failure_body(aim.failure)}
                for aim in self.failed
                if aim.failure
            ]
        if self.locked:
            body["refused"] = str(self.locked)
        return body

    def _calls(self) -> Iterator[tuple[Aim, NativeCall]]:
        return ((aim, call) for aim in self.aims if aim.plan for call in aim.plan.calls)

    def _inverse(self, several: bool) -> object:
        found = [
            {"ref": str(aim.ref), "verb": aim.plan.inverse.verb, "arguments": aim.plan.inverse.arguments}
            for aim in self.planned
            if aim.plan and aim.plan.inverse
        ]
        return found if several else found[0] if found else None

    def _said(self, what: str) -> tuple[str, ...]:
        """Sentences of the plans; what is said of one object among several begins with its name."""
        planned = self.planned
        said: dict[str, list[str]] = {}
        for aim in planned:
            for sentence in getattr(aim.plan, what):
                said.setdefault(clean(sentence), []).append(aim.title)
        return tuple(
            sentence if len(names) == len(planned) else f"{names_of(names)}: {sentence}"
            for sentence, names in said.items()
        )

    def _irreversible(self) -> tuple[str, ...]:
        """What an undo does not bring back; a plan that has no inverse and no word for it says nothing here."""
        return tuple(dict.fromkeys(clean(a.plan.irreversible) for a in self.planned if a.plan and a.plan.irreversible))

    def _listed(self, lines: Callable[[Plan], Sequence[str]]) -> list[str]:
        found = list[str]()
        for aim in self.planned:
            if len(self.aims) > 1:
                found.append(f"# {aim.title}")
            found += lines(aim.plan) if aim.plan else ()
        return found


def _part(aim: Aim) -> dict[str, str]:
    return {"part": aim.part} if aim.part else {}


def _whose(aim: Aim) -> dict[str, str]:
    return {"ref": str(aim.ref)} | _part(aim)


def names_of(names: Sequence[str]) -> str:
    """Several objects in a sentence: the first few by their names."""
    return ", ".join(names) if len(names) <= _NAMED else f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"


_NAMED = 4
