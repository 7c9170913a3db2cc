"""A console that is there to be killed: `python -m tests.changeconsole FOLDER VERB TEXT [option=value …]`.

It carries out one operation on all machines of a scripted worker, then waits for its end.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from novatui.actions.confirm import Confirmation
from tests.changing import console_of, spec, vm


async def main(folder: Path, verb: str, text: str, options: dict[str, str]) -> None:
    async with console_of(folder, spec(folder, **options)) as console:
        refs = [vm(at) for at in range(int(options.get("objects", "3")))]
        proposal = await console.gate.propose(verb, refs, {"text": text} if text else {})
        assert not proposal.failed, proposal.failed
        said = Confirmation(yes=True, typed=proposal.phrase)
        await console.gate.run(proposal, said, {"guest": "s3cr3t"}).done
        print("done", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    _, given, what, with_text, *pairs = sys.argv
    asyncio.run(main(Path(given), what, with_text, dict(pair.split("=", 1) for pair in pairs)))
