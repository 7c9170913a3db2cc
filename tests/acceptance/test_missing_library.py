"""Without libvirt's Python library, for real: an installation of the wheel alone says what to install, and goes on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.acceptance.console import Console
from tests.acceptance.installation import build, install, lend_libraries
from tests.acceptance.program import Answer, Program
from tests.hygiene.source import ROOT

DEMO = "demo://?family=proxmox&vms=5&speed=0"
SAID = "the Python library libvirt is not installed"
COMMAND = "apt install libvirt-dev pkg-config gcc python3-dev && pip install 'novatui[libvirt]'"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has novatui and what its base needs."""
    folder = tmp_path_factory.mktemp("bare")
    build(ROOT, "wheel", folder)
    (wheel,) = folder.glob("*.whl")
    made = install(wheel, folder / "venv")
    lend_libraries(made)
    return made


@pytest.fixture
def program(tmp_path: Path, python: Path) -> Program:
    """`novatui` as that environment has it on its PATH."""
    return Program(tmp_path, command=(str(python.with_name("novatui")),))


def test_there_is_no_such_library(python: Path) -> None:
    """What the rest stands on; and nothing of the checkout is in the way."""
    code = "import importlib.util as u, novatui; print(u.find_spec('libvirt'), novatui.__file__)"
    said = subprocess.run([python, "-P", "-c", code], capture_output=True, text=True, check=True).stdout
    found, file = said.split()
    assert (found, Path(file).is_relative_to(python.parents[1])) == ("None", True)


def check(answer: Answer, code: int) -> None:
    assert answer.code == code
    assert "Traceback" not in answer.err + answer.out


def test_a_list_names_it_and_tells_the_others(program: Program) -> None:
    answer = program.run("ls", "-c", "test:///default", "-c", DEMO, "--json")
    check(answer, 3)
    assert SAID in answer.err
    assert COMMAND in answer.err
    failed, served = answer.json["connections"]
    assert (failed["state"], failed["failure"]["fault"]) == ("down", "missing_library")
    assert COMMAND in failed["failure"]["hint"]
    assert (served["state"], len(answer.json["objects"])) == ("up", 5)
    words = program.run("ls", "-c", "test:///default")
    check(words, 3)
    assert COMMAND in words.err


def test_doctor_names_it_among_the_libraries_and_at_the_connection(program: Program) -> None:
    answer = program.run("doctor", "-c", "test:///default", "-c", DEMO)
    check(answer, 3)
    libraries, _, connections = answer.out.partition("configuration\n")
    assert "libvirt is not installed: no libvirt connection can be opened from here" in libraries
    assert COMMAND in libraries
    assert SAID in connections
    assert COMMAND in connections
    nothing_asked = program.run("doctor")
    check(nothing_asked, 0)
    assert COMMAND in nothing_asked.out


@pytest.mark.pty
def test_the_screen_says_so_beside_what_works(python: Path, tmp_path: Path) -> None:
    with Console(tmp_path, {"beside": DEMO, "lab": "test:///default"}, python=str(python)) as console:
        console.until(lambda: console.link("beside") == "●", "the demo is there")
        console.until(lambda: console.link("lab") == "◌", "the other is not")
        console.until(lambda: SAID in console.text, "the reason")
        console.send("\tG")
        console.until(lambda: COMMAND in console.text, "what to do, when the cursor comes to it")
        assert console.quit() == 0
    assert b"Traceback" not in console.output
