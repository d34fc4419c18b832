"""A runner of jobs in a process of its own, over the records of KANDELIA_DATA: `runner_child.py DIRECTORY`."""

import importlib
import os
import sys
import threading
import time
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kandelia.boot.django_settings")

importlib.import_module("django").setup()  # models can be imported only now
facade = importlib.import_module("kandelia.kernel.jobs.facade")
registry = importlib.import_module("kandelia.kernel.jobs.registry")
store = importlib.import_module("kandelia.kernel.jobs.store")
Runner = importlib.import_module("kandelia.kernel.jobs.runner").Runner
system_viewer = importlib.import_module("kandelia.kernel.access.facade").system_viewer

KIND, DAILY = "test.slow", "test.daily"


def slow(context, payload):
    """Says that it runs, and ends once it may."""
    began = Path(payload["directory"]) / f"began-{os.getpid()}"
    began.write_text(context.id)
    while not (Path(payload["directory"]) / "may-end").exists():
        context.progress(0.5, "waiting")
        time.sleep(0.05)
    return {"pid": os.getpid()}


def main(directory: str, submit: bool) -> None:
    """Take jobs until killed; with `submit`, give one first."""
    registry.register_handler(KIND, slow)
    registry.register_handler(DAILY, lambda context, payload: None)
    store.HEARTBEAT_S, store.HEARTBEAT_LOST_S = 0.3, 2.0
    if submit:
        viewer = system_viewer("main")
        facade.submit(viewer, KIND, {"directory": directory})
        facade.schedule(viewer, "nightly", DAILY, "daily 03:30", {})
    threading.Thread(target=Runner().run, daemon=True).start()
    threading.Event().wait()


main(sys.argv[1], "--submit" in sys.argv)
