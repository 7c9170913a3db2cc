"""A long sequence of distinct integers with quick splices and quick `index`.

The sequence is kept in chunks of a few hundred items. A dictionary names the chunk of each item, so finding
an item costs one lookup and one scan of a short list at C speed, at any length.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

LOAD = 512
"""Items in a freshly cut chunk; a chunk may grow to twice this and shrink to a quarter of it."""


class _Chunk:
    __slots__ = ("ordinal", "rows", "start")

    def __init__(self, rows: list[int]) -> None:
        self.rows = rows
        self.ordinal = 0
        self.start = 0


class RowList:
    """The visible rows from top to bottom. Every item occurs at most once."""

    def __init__(self, rows: Sequence[int] = ()) -> None:
        self._chunks: list[_Chunk] = []
        self._starts: list[int] = []
        self._home: dict[int, _Chunk] = {}
        self._stale = False
        self.splice(0, 0, rows)

    def __len__(self) -> int:
        return len(self._home)

    def __contains__(self, row: object) -> bool:
        return row in self._home

    def __iter__(self) -> Iterator[int]:
        for chunk in self._chunks:
            yield from chunk.rows

    def __getitem__(self, index: int) -> int:
        """The row at `index` (not negative). Raises IndexError past the end."""
        if not 0 <= index < len(self._home):
            raise IndexError(index)
        chunk = self._chunk_at(index)
        return chunk.rows[index - chunk.start]

    def index(self, row: int) -> int:
        """Position of `row`. Raises KeyError when it is not in the list."""
        chunk = self._home[row]
        self._settle()
        return chunk.start + chunk.rows.index(row)

    def slice(self, start: int, stop: int) -> list[int]:
        """Rows `start` to `stop` (exclusive), cut to what exists."""
        start, stop = max(0, start), min(stop, len(self._home))
        if start >= stop:
            return []
        chunk = self._chunk_at(start)
        found = chunk.rows[start - chunk.start : stop - chunk.start]
        following = chunk.ordinal + 1
        while len(found) < stop - start:
            chunk = self._chunks[following]
            found += chunk.rows[: stop - start - len(found)]
            following += 1
        return found

    def splice(self, start: int, stop: int, rows: Sequence[int]) -> list[int]:
        """Put `rows` in the place of rows `start` to `stop` (exclusive) and return what was there.

        Raises ValueError, with nothing changed, when a row of `rows` would occur twice.
        """
        removed = self.slice(start, stop)
        self._check_distinct(rows, removed)
        if not removed and not rows:
            return removed
        for row in removed:
            del self._home[row]
        if not self._splice_in_place(start, len(removed), rows):
            self._recut(start, start + len(removed), rows)
        self._stale = True
        return removed

    def _check_distinct(self, rows: Sequence[int], removed: list[int]) -> None:
        fresh = set(rows)
        if len(fresh) != len(rows):
            raise ValueError("a row is given twice")
        if not self._home.keys().isdisjoint(fresh) and not (self._home.keys() & fresh).issubset(removed):
            raise ValueError("a row is in the list already")

    def _splice_in_place(self, start: int, length: int, rows: Sequence[int]) -> bool:
        """Edit one chunk if the change lies inside it and leaves it at a reasonable size."""
        if not self._chunks:
            return False
        chunk = self._chunk_at(start)
        low = start - chunk.start
        size = len(chunk.rows) - length + len(rows)
        if low + length > len(chunk.rows) or not LOAD // 4 <= size <= LOAD * 2:
            return False
        chunk.rows[low : low + length] = rows
        self._home.update(dict.fromkeys(rows, chunk))
        return True

    def _recut(self, start: int, stop: int, rows: Sequence[int]) -> None:
        """Replace every chunk that the change touches by new ones, joined with the next if they are short."""
        first = last = 0
        merged = list(rows)
        if self._chunks:
            head, tail = self._chunk_at(start), self._chunk_at(max(start, stop - 1))
            merged = head.rows[: start - head.start] + merged + tail.rows[stop - tail.start :]
            first, last = head.ordinal, tail.ordinal + 1
            if len(merged) < LOAD // 2 and last < len(self._chunks):
                merged += self._chunks[last].rows
                last += 1
        chunks = [_Chunk(merged[i : i + LOAD]) for i in range(0, len(merged), LOAD)]
        for chunk in chunks:
            self._home.update(dict.fromkeys(chunk.rows, chunk))
        self._chunks[first:last] = chunks

    def _chunk_at(self, index: int) -> _Chunk:
        """The chunk that holds `index`; the last one for an index at or past the end."""
        self._settle()
        return self._chunks[bisect_right(self._starts, index) - 1]

    def _settle(self) -> None:
        """Number the chunks anew after a splice."""
        if not self._stale:
            return
        self._stale = False
        starts: list[int] = []
        position = 0
        for ordinal, chunk in enumerate(self._chunks):
            chunk.ordinal, chunk.start = ordinal, position
            starts.append(position)
            position += len(chunk.rows)
        self._starts = starts
