"""Calls that change a site: made here, or by others who share its ledger, and told to whoever watches."""

from __future__ import annotations

import logging
import threading
from collections import deque

import msgspec

from novatui.backends.demo.deeds import Done, do, hear
from novatui.backends.demo.ledger import Entry, Ledger
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.upkeep import settle
from novatui.core.errors import NovaError
from novatui.core.operations import NativeCall, Result, SecretName

log = logging.getLogger(__name__)


class Changes:
    """The ledger of a site and the site, always of one mind."""

    def __init__(self, scene: Scene, name: str) -> None:
        """`name` of the connection and its address tell one ledger in memory from another."""
        self.fresh: deque[Done] = deque()
        """What was changed and not told yet."""
        self._scene = scene
        self._ledger = Ledger(scene.state, name)
        self._lock = threading.Lock()

    def catch_up(self) -> None:
        """Do what others have written down since."""
        with self._lock:
            self._catch_up()
            settle(self._scene, self._scene.clock.world())

    def make(self, call: NativeCall) -> Done:
        """Send a call. NovaError when the site refuses it; that it was sent is written down too."""
        scene = self._scene
        with self._lock, self._ledger.alone():
            self._catch_up()
            entry = Entry(
                number=self._ledger.following,
                at=scene.clock.now(),
                world=scene.clock.world(),
                site=scene.site.name,
                call=call.verb,
                args={name: value for name, value in call.args.items() if not isinstance(value, Result | SecretName)},
                who=scene.traits.user,
            )
            try:
                settle(scene, entry.world)
                done = do(scene, entry)
            except NovaError as error:
                self._ledger.append(entry, failure=error.failure.message)
                raise
            self._ledger.append(msgspec.structs.replace(entry, carried=done.carried))
            self.fresh.append(done)
            settle(scene, scene.clock.world())
            return done

    def _catch_up(self) -> None:
        for entry in self._ledger.news():
            if entry.failure:
                continue
            try:
                if entry.site == self._scene.site.name:
                    settle(self._scene, entry.world)
                    self.fresh.append(do(self._scene, entry))
                elif self._scene.peer and entry.site == self._scene.peer.name and (heard := hear(self._scene, entry)):
                    self.fresh.append(heard)
            except NovaError as error:
                log.warning("call %d of the demo's state is passed by: %s", entry.number, error)
