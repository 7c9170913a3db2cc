"""What a person chose and wants to find again: columns, saved views, and where the last session ended."""

from __future__ import annotations

from pathlib import Path

import msgspec

from novatui.config.errors import ConfigError
from novatui.config.saved import SavedView, Session, Views, read_session, read_views, write_session, write_views
from novatui.ui.place import Place


class Preferences:
    """Kept in files when there is a place for them, else for this session only."""

    def __init__(self, views: Path | None = None, sessions: Path | None = None) -> None:
        """`views`: the file of views and columns. `sessions`: the file of sessions; None: none is kept or restored."""
        self.trouble: ConfigError | None = None
        """Why the file of views could not be read: then it is not written either."""
        self._path = views
        self._sessions = sessions
        self._views = Views()
        if views is not None:
            try:
                self._views = read_views(views)
            except ConfigError as error:
                self.trouble = error

    def names(self) -> list[str]:
        """Names of the saved views."""
        return sorted(self._views.views)

    def view(self, name: str) -> SavedView | None:
        """The view that was saved under this name."""
        return self._views.views.get(name)

    def columns(self, view: str) -> tuple[str, ...]:
        """Columns that were chosen for a view; empty for the usual ones."""
        return self._views.columns.get(view, ())

    def save_view(self, name: str, view: SavedView) -> None:
        """Keep a view under this name, in place of another one of that name. ConfigError when it cannot be kept."""
        self._keep(msgspec.structs.replace(self._views, views=self._views.views | {name: view}))

    def drop_view(self, name: str) -> None:
        """Forget a saved view. ConfigError when that cannot be kept."""
        left = {known: view for known, view in self._views.views.items() if known != name}
        self._keep(msgspec.structs.replace(self._views, views=left))

    def choose_columns(self, view: str, ids: tuple[str, ...]) -> None:
        """Keep the columns of a view; none for the usual ones. ConfigError when they cannot be kept."""
        left = {known: chosen for known, chosen in self._views.columns.items() if known != view}
        self._keep(msgspec.structs.replace(self._views, columns=left | ({view: ids} if ids else {})))

    def _keep(self, views: Views) -> None:
        self._views = views
        if self.trouble is not None:
            raise self.trouble
        if self._path is not None:
            write_views(self._path, views)

    def session(self, connections: tuple[str, ...]) -> Session | None:
        """Where the last session on these connections ended."""
        return None if self._sessions is None else read_session(self._sessions, connections)

    def end_session(self, session: Session) -> None:
        """Remember where it ended; what cannot be written is lost without a word: nobody is there to read it."""
        if self._sessions is None:
            return
        try:
            write_session(self._sessions, session)
        except ConfigError:
            return


def saved(place: Place, columns: tuple[str, ...] = ()) -> SavedView:
    """A place in a form that files keep."""
    return SavedView(view=place.name, filter=place.filter, scope=place.scope, sort=place.sort, columns=columns)


def place_of(view: SavedView) -> Place:
    """The place that was saved."""
    return Place(view.view, filter=view.filter, scope=view.scope, sort=view.sort)
