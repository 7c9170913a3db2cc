"""Blocking work beside the event loop: its result or its error comes back, and leaving never waits for it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from novatui.core.errors import AuthFailed
from novatui.engine import blocking


async def test_the_result_comes_back_from_another_thread() -> None:
    assert await blocking.run(threading.get_ident) != threading.get_ident()


async def test_an_error_is_raised_where_it_is_awaited() -> None:
    def refuse() -> None:
        raise AuthFailed("no")

    with pytest.raises(AuthFailed):
        await blocking.run(refuse)


async def test_work_runs_beside_other_work_and_the_rest_waits_its_turn() -> None:
    together = threading.Barrier(blocking.MAX_THREADS)
    more = [blocking.run(lambda: together.wait(60)) for _ in range(2 * blocking.MAX_THREADS)]
    assert len(await asyncio.gather(*more)) == 2 * blocking.MAX_THREADS


async def test_a_wait_that_was_given_up_leaves_the_loop_in_peace() -> None:
    go = threading.Event()
    wait = asyncio.create_task(blocking.run(lambda: go.wait(60)))
    await asyncio.sleep(0.01)
    wait.cancel()
    with pytest.raises(asyncio.CancelledError):
        await wait
    go.set()
    assert await blocking.run(lambda: 7) == 7


def test_leaving_does_not_wait_for_work_that_hangs() -> None:
    program = """
import asyncio, threading
from novatui.engine import blocking
async def main():
    asyncio.create_task(blocking.run(threading.Event().wait))
    await asyncio.sleep(0.1)
asyncio.run(main())
print("left")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("left\n", "", 0)
