"""The role of a driver whose product remembers figures of before anybody looked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection

from novatui.core.history import History


class HistorySource(ABC):
    """How busy it was before anybody looked; for products that remember."""

    @abstractmethod
    def recall(self, keys: Collection[str], seconds: float) -> None:
        """Tell what was measured of these objects in the last `seconds`, through `Sink.past`, with bulk calls only."""

    @abstractmethod
    def history(self, key: str, seconds: float) -> History:
        """What is remembered of the last `seconds` of one machine or host, as finely as it is kept for so long; less
        when less is kept. Asked beside everything else, from any thread. NotSupported when nothing is kept here."""
