"""Where a person is in the console: one value that history, commands, saved views and the session speak in."""

from __future__ import annotations

from urllib.parse import quote, unquote

import msgspec

HOME = "vm"
"""The list that the console opens with."""


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """One screen and what is chosen in it. `str` makes a line of it that `parse` reads again."""

    name: str = HOME
    """The `:` word of the screen; `detail` for one object."""
    ref: str = ""
    """The object shown, as `str(ObjectRef)`."""
    tab: str = ""
    filter: str = ""
    scope: str = ""
    """The node that a list is limited to, as `str(ObjectRef)`."""
    sort: str = ""
    """Sort key, with `-` before it for highest first."""

    def __str__(self) -> str:
        fields = ((field, getattr(self, field)) for field in self.__struct_fields__[1:])
        return " ".join([quote(self.name), *(f"{field}={quote(value, safe=':')}" for field, value in fields if value)])


def parse(line: str) -> Place:
    """The place that `str` wrote down. ValueError for a line that is none."""
    name, *fields = line.split(" ")
    given = dict(_field(field) for field in fields)
    if not name or not set(given) <= set(Place.__struct_fields__[1:]):
        raise ValueError(f"no place of the console: {line!r}")
    return Place(unquote(name), **given)


def _field(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, unquote(value)
