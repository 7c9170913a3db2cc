"""Adding connections in the console: from an empty home to a saved one, what goes wrong on the way, questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from novatui.config.draft import draft
from novatui.config.imports import Imported
from novatui.core.errors import Failure, Fault
from novatui.core.states import Link
from novatui.ui.dialogs import agree, typed
from novatui.ui.dialogs.form import ConnectionForm
from novatui.ui.dialogs.question import QuestionDialog
from novatui.ui.dialogs.quit import QuitDialog
from novatui.ui.dialogs.trial import TrialDialog
from novatui.ui.dialogs.typed import SETTLING
from novatui.ui.screens.add import AddScreen
from novatui.wire import frames
from tests.ui import hostile
from tests.ui.desk import Desk
from tests.ui.newcomer import REFUSED, make, newcomer, settled
from tests.ui.still import StillFleet
from tests.ui.world import world

PIN = "ab" * 32

# --- the way of a newcomer --------------------------------------------------------------------------------------------


async def test_who_has_nothing_configured_begins_where_connections_are_added(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as (person, _):
        assert isinstance(person.screen, AddScreen)
        assert "No connection is configured yet" in person.text
        assert "ready" in person.line("qemu:///system  ")
        assert "q quit" in person.lines[-1]
        await person.press("q")
        assert isinstance(person.app.screen, QuitDialog), "there is nothing to close this screen for"


async def test_two_keys_lead_to_a_saved_connection(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as (person, _):
        await person.press("enter")
        await settled(person)
        assert isinstance(person.app.screen, TrialDialog)
        assert "connecting" in person.text
        assert "save and open" not in person.text, "it has not worked yet"
        await person.press("enter")
        await settled(person)
        assert not (tmp_path / "config.toml").exists()
        await make(person, "qemu-system")
        assert "✓ list       1 host, 2 vm" in person.text
        await person.press("enter")
        await settled(person)
        assert person.screen is person.home
        assert person.names() == ["db", "web"]
        assert (tmp_path / "config.toml").read_text() == '[connections.qemu-system]\nuri = "qemu:///system"\n'


async def test_what_is_missing_is_told_with_what_to_type(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as (person, _):
        await person.press("j")
        assert "only root and the group `libvirt` may" in person.text
        assert "sudo usermod -aG libvirt ann" in person.line(" type ")
        await person.press("j", "j", "enter")
        assert "does not speak to proxmox" in person.lines[-1]
        assert isinstance(person.app.screen, AddScreen)


async def test_a_failure_shows_the_way_out_and_leads_back_to_the_form(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as (person, _):
        await person.press("j", "j", "enter")
        await settled(person)
        person.fleet.lose("kvm-1", REFUSED)
        await settled(person)
        for words in ("kvm-1 refused the ssh login", "ssh-add", "Permission denied (publickey)", "r try again"):
            assert words in person.text
        await person.press("r")
        assert person.fleet.reconnected == ["kvm-1"]
        await person.press("e")
        await settled(person)
        assert isinstance(person.app.screen, ConnectionForm)
        assert "kvm-1" in person.line("Host  ")
        assert not person.fleet.connections, "what was tried is closed"
        await person.press("tab", *"root", "enter")
        await settled(person)
        assert person.fleet.connections["kvm-1"].spec.uri == "qemu+ssh://root@kvm-1/system"


async def test_a_trial_that_is_dropped_leaves_nothing(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as (person, roster):
        await person.press("enter")
        await settled(person)
        await make(person, "qemu-system")
        await person.press("escape")
        await settled(person)
        assert isinstance(person.app.screen, AddScreen)
        assert not person.fleet.connections
        assert "No connection is configured yet" in person.text
        assert not roster.book.taken()
        assert not (tmp_path / "config.toml").exists()


async def test_a_form_tells_what_is_wrong_and_goes_there(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as (person, _):
        await person.press("a", "enter")
        assert "the address is missing" in person.text
        await person.type("proxmox://h")
        await person.press("enter")
        assert "`user` is missing" in person.text
        await person.press("ctrl+u", *"test:///default", "tab", *"hunter2", "enter")
        assert "would be the secret itself" in person.text
        await person.press("escape")
        assert isinstance(person.app.screen, AddScreen)


async def test_the_form_shows_the_address_as_it_grows(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as (person, _):
        await person.press("j", "j", "j", "j", "enter")
        await person.type("kvm9")
        assert "qemu+ssh://kvm9/system" in person.line("is opened as")
        await person.press("down", *"root", "up", "end", *":22")
        assert "qemu+ssh://root@kvm9:22/system" in person.line("is opened as")


async def test_an_import_is_agreed_to_first(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as (person, roster):
        await person.press("i")
        await settled(person)
        assert "nothing to import" in person.lines[-1]
        one = draft("qemu+ssh://hail/system", "hail")
        roster.imported = [
            Imported(source="libvirt.conf", name="hail", draft=one),
            Imported(source="libvirt.conf", name="bad", remarks=("it names no host",)),
        ]
        await person.press("i")
        await settled(person)
        assert "qemu+ssh://hail/system" in person.text
        assert "bad: it names no host" in person.text
        await person.press("n")
        assert not (tmp_path / "config.toml").exists()
        await person.press("i")
        await settled(person)
        await person.press("y")
        await settled(person)
        assert list(person.fleet.connections) == ["hail"]
        assert person.screen is person.home


async def test_the_demo_is_one_key_away(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as (person, _):
        await person.press("d")
        await settled(person)
        assert len(person.fleet.connections) == 6
        assert person.screen is person.home
        assert not (tmp_path / "config.toml").exists()


async def test_escape_leads_back_only_where_there_is_something(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as (person, _):
        await person.press("escape")
        assert isinstance(person.screen, AddScreen)
        assert "nothing is open yet" in person.lines[-1]
    async with newcomer(tmp_path, fleet=world()) as (person, _):
        assert person.screen is person.home
        await person.open("add")
        assert "No connection is configured yet" not in person.text
        assert "q close" in person.lines[-1]
        await person.press("escape")
        assert person.screen is person.home


# --- reload and save --------------------------------------------------------------------------------------------------


async def test_a_reload_says_what_it_did(tmp_path: Path) -> None:
    async with newcomer(tmp_path, fleet=world()) as (person, _):
        (tmp_path / "config.toml").write_text('[connections.new]\nuri = "qemu:///system"\n')
        person.screen.action_reload()
        await settled(person)
        assert "configuration read: 1 opened" in person.lines[-1]
        assert "new" in person.fleet.connections
        (tmp_path / "config.toml").write_text("[connections")
        person.screen.action_reload()
        await settled(person)
        assert "not valid TOML" in person.lines[-1]
        (tmp_path / "config.toml").write_text("")
        person.screen.action_reload()
        await settled(person)
        assert "configuration read: 1 closed" in person.lines[-1]
        assert "new" not in person.fleet.connections
        assert "new" not in person.text.replace("newer", "")


async def test_a_reload_takes_in_the_limits_of_alarms(tmp_path: Path) -> None:
    async with newcomer(tmp_path, fleet=world()) as (person, _):
        watch, slot = person.app.stage.watch, person.slot("vc-east", "vm:db-orders-01")
        assert watch.alarms.bounds(slot, "cpu.used").warn is None
        (tmp_path / "config.toml").write_text('[alarms]\nbell = false\n[alarms.rules."cpu.used"]\nwarn = 20.0\n')
        person.screen.action_reload()
        await settled(person)
        assert "configuration read: alarms follow it" in person.lines[-1]
        assert watch.alarms.bounds(slot, "cpu.used").warn == 20.0
        assert any(one.id.rule == "cpu.used" and one.subject == "db-orders-01" for one in watch.alarms.raised())
        assert not watch.alarms.config.bell
        person.screen.action_reload()
        await settled(person)
        assert "nothing has changed" in person.lines[-1]


async def test_only_an_address_of_the_command_line_can_be_saved(tmp_path: Path) -> None:
    async with newcomer(tmp_path, fleet=world()) as (person, _):
        person.screen.action_save()
        await settled(person)
        assert "was not given by its address" in person.lines[-1]


# --- questions --------------------------------------------------------------------------------------------------------


def question(conn: str, number: int, topic: str = "password", secret: bool = True) -> frames.Question:
    return frames.Question(conn, number, topic, f"{topic} for {conn}", secret)


async def asked(person: Desk) -> QuestionDialog:
    """The dialog that is open, once it takes keys."""
    await person.settle()
    dialog = person.app.screen
    assert isinstance(dialog, QuestionDialog)
    await person.pilot.pause(SETTLING + 0.1)
    return dialog


def answers(fleet: StillFleet) -> list[tuple[str, int, str | None]]:
    return [(one.conn, one.question, one.answer) for one in fleet.sent if isinstance(one, frames.QuestionAnswer)]


async def test_questions_wait_for_one_another_and_show_no_secret(tmp_path: Path) -> None:
    async with newcomer(tmp_path, fleet=world()) as (person, roster):
        fleet = person.fleet
        fleet.hear(question("kvm-03", 1), question("vc-east", 7, "totp", secret=False))
        await asked(person)
        assert "kvm-03 asks, 1 more behind it" in person.text
        await person.type("hunter2")
        assert "hunter2" not in person.text
        assert "*******" in person.text
        await person.press("enter")
        assert answers(fleet) == [("kvm-03", 1, "hunter2")]
        assert roster.book.redactor.redact("hunter2") == "«secret»"
        await asked(person)
        assert "vc-east asks" in person.text
        await person.type("123")
        assert "123" in person.text
        await person.press("escape")
        assert answers(fleet)[1:] == [("vc-east", 7, None)]
        assert person.app.screen is person.home


async def test_a_key_that_was_meant_for_something_else_is_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typed, "SETTLING", 60.0)
    async with newcomer(tmp_path, fleet=world()) as (person, _):
        person.fleet.hear(question("kvm-03", 1))
        await person.settle()
        await person.press("j", "enter", "escape")
        assert answers(person.fleet) == []
        assert isinstance(person.app.screen, QuestionDialog)


async def test_nobody_is_asked_while_typing(tmp_path: Path) -> None:
    async with newcomer(tmp_path, fleet=world()) as (person, _):
        await person.press("slash", *"web")
        person.fleet.hear(question("kvm-03", 1))
        await person.type("-front")
        assert person.screen.place().filter == "web-front"
        await person.press("enter")
        person.app.stage.pulse.age()
        await asked(person)


async def test_a_question_that_nobody_wants_answered_any_more_goes_away(tmp_path: Path) -> None:
    async with newcomer(tmp_path, fleet=world()) as (person, _):
        person.fleet.hear(question("kvm-03", 1))
        await asked(person)
        person.fleet.lose("kvm-03")
        await settled(person)
        assert person.app.screen is person.home
        assert answers(person.fleet) == []


async def test_a_hostile_question_is_one_of_harmless_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typed, "SETTLING", 0.0)
    monkeypatch.setattr(agree, "SETTLING", 0.0)
    async with newcomer(tmp_path, fleet=world()) as (person, _):
        for number, name in enumerate(hostile.TEXTS):
            person.fleet.hear(frames.Question("kvm-03", number, "password", f"{name} " * 40, True))
        for _ in hostile.TEXTS:
            await person.settle()
            assert isinstance(person.app.screen, QuestionDialog)
            assert "\x1b" not in person.text
            await person.press("escape")


async def test_an_unknown_certificate_is_asked_about_once(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[connections.pve]\nuri = "proxmox://root@pam@h"\n')
    async with newcomer(tmp_path) as (person, roster):
        (target,) = roster.book.targets
        person.fleet.add(target)
        untrusted = Failure(fault=Fault.TLS_UNTRUSTED, message="its certificate is not known", subject=PIN)
        person.fleet.lose("pve", untrusted)
        await person.pilot.pause(SETTLING + 0.2)
        assert "certificate of h:8006 is not known here yet" in person.text
        assert "AB:AB" in person.text
        await person.press("n")
        person.app.stage.pulse.age()
        await person.settle()
        assert "certificate of" not in person.text, "it was said no to"
        person.fleet.connect("pve")
        person.fleet.lose("pve", untrusted)
        await person.pilot.pause(SETTLING + 0.4)
        await person.press("y")
        await settled(person)
        assert person.fleet.connections["pve"].spec.options["tls_pin"] == PIN
        assert person.fleet.connections["pve"].link is Link.CONNECTING


@pytest.mark.parametrize("size", [(80, 24), (60, 15), (20, 6), (200, 60)])
async def test_every_size_holds(tmp_path: Path, size: tuple[int, int]) -> None:
    async with newcomer(tmp_path, size) as (person, _):
        for keys in (("a",), ("escape", "enter"), ("escape", "G", "g")):
            await person.press(*keys)
            await settled(person)
            assert person.text


async def test_what_leads_to_the_same_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[connections.mine]\nuri = "qemu:///system"\n')
    async with newcomer(tmp_path, fleet=world()) as (person, _):
        await person.open("add")
        await settled(person)
        await person.press("g", "enter")
        await settled(person)
        assert "mine leads to the same already" in person.text
