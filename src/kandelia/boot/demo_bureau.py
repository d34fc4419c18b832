"""The demonstration's bureau, firms and applications, loaded once in the background."""

import asyncio
from collections.abc import Callable

from kandelia.boot.demo import demo_directory
from kandelia.boot.demo_history import quietly
from kandelia.boot.settings import Settings

MARK = "bureau-loaded"
PEOPLE = "demonstration-people.txt"


async def load_bureau(settings: Settings, environment: dict[str, str], say: Callable[[str], None]) -> None:
    """Nothing where it was done before; done again after a break it adds what is missing. Unavailable when it fails."""
    mark, people = demo_directory(settings) / MARK, settings.directory / PEOPLE
    if mark.exists():
        if people.exists():
            say(f"people of the demonstration's bureau to sign in as, and their password: {people}")
        return
    began_s = asyncio.get_running_loop().time()
    say("loading the demonstration's bureau, firms and applications in the background …")
    loading = asyncio.create_task(quietly(("kandelia.boot.command", "demo", "bureau"), environment))
    while not (people.exists() or loading.done()):
        await asyncio.wait({loading}, timeout=1)
    if people.exists():
        say(f"people of the demonstration's bureau to sign in as, and their password: {people}")
    try:
        await loading
    finally:
        loading.cancel()
    mark.write_text("loaded\n")
    say(f"the demonstration's bureau is loaded ({asyncio.get_running_loop().time() - began_s:.0f} s)")
