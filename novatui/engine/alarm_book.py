"""What people said of alarms: acknowledged by whom and when, silenced until when. Kept in the state directory."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from novatui.config.paths import private_dir, write_private

log = logging.getLogger(__name__)

FORGOTTEN = 30 * 86400.0
"""Seconds after which a note on an alarm that nobody sees any more is dropped."""

MAX_NOTES = 20_000


class AlarmId(msgspec.Struct, frozen=True, order=True):
    """Which alarm: one per object, rule and, for those of products, name."""

    conn: str
    key: str
    """Key of the object; its name when it has none."""
    rule: str
    name: str = ""
    """What the product calls its alarm; empty for our own."""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of one alarm. Moments are epoch seconds."""

    id: AlarmId
    acknowledged_by: str = ""
    """Empty: not acknowledged."""
    acknowledged_at: float = 0.0
    silenced_until: float = 0.0
    """0: not silenced."""
    silenced_by: str = ""
    at: float = 0.0
    """When this was said."""

    @property
    def empty(self) -> bool:
        """True when it says nothing any more."""
        return not self.acknowledged_by and not self.silenced_until


class AlarmBook:
    """The notes, by alarm."""

    def __init__(self, path: Path | None = None) -> None:
        """`path`: where they are kept; None keeps them as long as the program runs."""
        self.path = path
        self._notes: dict[AlarmId, Note] = {}
        self._changed: set[AlarmId] = set()
        """What was said here since the file was read: in the file it may be otherwise."""

    def note(self, id: AlarmId) -> Note | None:
        """What was said of an alarm."""
        return self._notes.get(id)

    def acknowledged(self, id: AlarmId) -> bool:
        """True when somebody has taken note of it."""
        note = self._notes.get(id)
        return note is not None and bool(note.acknowledged_by)

    def silenced(self, id: AlarmId, now: float) -> bool:
        """True while somebody does not want to hear of it. `now` in epoch seconds."""
        note = self._notes.get(id)
        return note is not None and note.silenced_until > now

    def acknowledge(self, id: AlarmId, by: str, now: float) -> None:
        """Somebody has taken note of it."""
        self._say(msgspec.structs.replace(self._of(id), acknowledged_by=by or "?", acknowledged_at=now, at=now))

    def silence(self, id: AlarmId, until: float, by: str, now: float) -> None:
        """Nobody is to be bothered by it until then."""
        self._say(msgspec.structs.replace(self._of(id), silenced_until=until, silenced_by=by, at=now))

    def unsilence(self, id: AlarmId, now: float) -> None:
        """It may be heard again."""
        if id in self._notes:
            self._say(msgspec.structs.replace(self._of(id), silenced_until=0.0, silenced_by="", at=now))

    def unacknowledge(self, id: AlarmId, now: float) -> None:
        """Nobody has taken note of it, or what was noted is over. A silence goes on."""
        if self.acknowledged(id):
            self._say(msgspec.structs.replace(self._of(id), acknowledged_by="", acknowledged_at=0.0, at=now))

    def move(self, old: AlarmId, new: AlarmId) -> None:
        """The object has another name from now on: what was said goes along."""
        note = self._notes.get(old)
        if note is not None:
            self._say(Note(id=old))
            self._say(msgspec.structs.replace(note, id=new))

    def _of(self, id: AlarmId) -> Note:
        return self._notes.get(id) or Note(id=id)

    def _say(self, note: Note) -> None:
        self._changed.add(note.id)
        if note.empty:
            self._notes.pop(note.id, None)
        else:
            self._notes[note.id] = note

    # --- the file ---------------------------------------------------------------------------------------------------

    @property
    def unsaved(self) -> bool:
        """True when something was said that is not in the file."""
        return bool(self._changed) and self.path is not None

    def load(self) -> None:
        """Read the file; a damaged one is logged and counts as empty. Blocks."""
        self._notes = _read(self.path) if self.path else {}
        self._changed.clear()

    def prepare(self, now: float) -> tuple[dict[AlarmId, Note | None], float]:
        """What has to be written, taken on the loop's thread; hand it to `write` on any other."""
        changed: dict[AlarmId, Note | None] = {id: self._notes.get(id) for id in self._changed}
        self._changed.clear()
        return changed, now

    def write(self, said: tuple[dict[AlarmId, Note | None], float]) -> None:
        """Put what was said into the file, beside what other consoles have written there. Blocks.

        The file is replaced in one step, mode 0600. OSError or ConfigError when it cannot be written.
        """
        if self.path is None:
            return
        changed, now = said
        notes = _read(self.path)
        for id, note in changed.items():
            if note is None:
                notes.pop(id, None)
            else:
                notes[id] = note
        fresh = sorted((note for note in notes.values() if _is_fresh(note, now)), key=lambda note: note.at)
        private_dir(self.path.parent)
        write_private(self.path, msgspec.json.encode({"notes": fresh[-MAX_NOTES:]}) + b"\n")


class _File(msgspec.Struct):
    notes: list[Note]


def _is_fresh(note: Note, now: float) -> bool:
    return note.silenced_until > now or (bool(note.acknowledged_by) and note.at > now - FORGOTTEN)


def _read(path: Path | None) -> dict[AlarmId, Note]:
    if path is None:
        return {}
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_File)
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("what was said of alarms cannot be read from %s: %s", path, error)
        return {}
    return {note.id: note for note in found.notes}
