"""Every driver's methods take exactly what the roles say: the worker calls them without knowing whose they are."""

from __future__ import annotations

import inspect

import pytest

from novatui.backends.driver import ROLES, Session
from novatui.backends.registry import ENTRIES, driver_class
from novatui.core.errors import MissingLibrary


@pytest.mark.parametrize("name", ENTRIES)
def test_a_driver_has_the_signatures_of_its_roles(name: str) -> None:
    try:
        driver = driver_class(name)
    except MissingLibrary as reason:
        pytest.skip(str(reason.failure))
    assert issubclass(driver, Session)
    assert not inspect.isabstract(driver)
    for role in ROLES:
        if not issubclass(driver, role):
            continue
        for method, declared in inspect.getmembers(role, inspect.isfunction):
            if method.startswith("_") and method != "__init__":
                continue
            own = getattr(driver, method)
            assert _shape(own) == _shape(declared), f"{driver.__name__}.{method}"


def test_something_is_compared() -> None:
    assert len(ROLES) > 5
    assert "load" in dict(inspect.getmembers(ROLES[1], inspect.isfunction))


def _shape(function: object) -> list[tuple[str, object, object]]:
    assert callable(function)
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]
