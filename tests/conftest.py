"""What every test shares."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from hypothesis import settings

settings.register_profile("novatui", deadline=None)  # tests assert order and content, never durations
settings.load_profile("novatui")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # We are a shell's background job; the programs that tests start and interrupt would ignore it as we do.
    signal.signal(signal.SIGINT, signal.default_int_handler)

USER_FOLDERS = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")
pytest_plugins = ["tests.lab.fixtures"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Under xdist the tests of a file stay on one worker, unless they name a group of their own.

    What needs the libvirt library is skipped where it is not installed.
    """
    without_libvirt = find_spec("libvirt") is None
    for item in items:
        if without_libvirt and item.get_closest_marker("libvirt_library") is not None:
            item.add_marker(pytest.mark.skip(reason="the Python library libvirt is not installed"))
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.name))


@pytest.fixture(scope="session", autouse=True)
def no_folder_of_the_person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the configuration, state or cache of whoever runs it."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in USER_FOLDERS:
            patch.setenv(name, str(home / name.lower()))
        yield
