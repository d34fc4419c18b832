"""A PostgreSQL server of the tests' own: Debian's programs, a fresh cluster, a free port on loopback, then gone.

`python -m tests.records.postgresql PATH…` runs any tests with their records on it.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.peers.ports import free_port

ROOT = Path(__file__).parents[2]
FOLDERS = Path("/usr/lib/postgresql")
NOBODY = "postgres"  # the server refuses to run as root
WAIT_S = 60
PORT = 5432  # in a namespace of its own nobody else has it
TURN_INTO = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


def programs() -> Path | None:
    """The folder of the newest server there is."""
    found = sorted(FOLDERS.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def server(namespace: str = "", host: str = "127.0.0.1") -> Iterator[str]:
    """The address of a database that may be filled; the server ends with the block.

    With a network namespace it runs there, and lets in whoever reaches `host`.
    """
    folder = programs()
    assert folder is not None, "no PostgreSQL here: apt-get install postgresql"
    place = Path(tempfile.mkdtemp(prefix="kandelia-pg-"))
    user = pwd.getpwnam(NOBODY) if os.geteuid() == 0 else None
    if user is not None:
        os.chown(place, user.pw_uid, user.pw_gid)
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    into: list[str] = []
    if namespace:  # only root enters one; there the server's user is taken on
        into, as_user = ["ip", "netns", "exec", namespace, *TURN_INTO], {}
    port = PORT if namespace else free_port()

    def run(program: str, *arguments: str) -> None:
        command = [*into, str(folder / program), *arguments]
        quiet = {"cwd": place, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(command, check=True, timeout=WAIT_S, **quiet, **as_user)  # type: ignore[call-overload]

    data = str(place / "data")
    settings = f"-p {port} -k {place} -c listen_addresses={host} -c fsync=off -c full_page_writes=off"
    try:
        run("initdb", "-D", data, "-U", "tests", "-A", "trust", "--locale=C.UTF-8", "-E", "UTF8", "--no-sync")
        if namespace:
            with (Path(data) / "pg_hba.conf").open("a") as rights:
                rights.write("host all all samenet trust\n")
        run("pg_ctl", "-D", data, "-w", "-o", settings, "start")
        try:
            yield f"postgresql://tests@{host}:{port}/postgres"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(place, ignore_errors=True)


def run_on(address: str, data: Path, *paths: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    """These tests in a process of their own, with their records in the database at this address."""
    environment = {**os.environ, "KANDELIA_RECORDS__DATABASE": address, "KANDELIA_DATA": str(data / "data")}
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", *paths]
    return subprocess.run(command, cwd=ROOT, env=environment, text=True, check=False, **options)


def main() -> int:
    """Run what the command line names."""
    with server() as address, tempfile.TemporaryDirectory(prefix="kandelia-pg-data-") as data:
        return run_on(address, Path(data), *sys.argv[1:]).returncode


if __name__ == "__main__":
    sys.exit(main())
