"""Installs the Debian packages that the tests drive, where this is Debian and we are root; says so otherwise."""

import os
import shutil
import subprocess
import sys

PACKAGES = {
    "chromium": "chromium",
    "iproute2": "ip",
    "mbpoll": "mbpoll",
    "mosquitto": "/usr/sbin/mosquitto",
    "mosquitto-clients": "mosquitto_pub",
    "strace": "strace",
}  # package: a program that shows it is there
FOLDERS = {
    "libmodbus5": "/usr/share/doc/libmodbus5",
    "fonts-noto-cjk": "/usr/share/fonts/opentype/noto",
    "postgresql": "/usr/lib/postgresql",
}


def missing() -> list[str]:
    """Packages whose program or folder is not on this machine."""
    lacking = [package for package, program in PACKAGES.items() if not shutil.which(program)]
    return [*lacking, *(package for package, folder in FOLDERS.items() if not os.path.isdir(folder))]  # noqa: PTH112


def main() -> int:
    """Install what lacks; tests that need it skip with a reason where that is not possible."""
    lacking = missing()
    if not lacking:
        return 0
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(f"not installed: {' '.join(lacking)}; tests that need them skip (apt-get install {' '.join(lacking)})")
        return 0
    print(f"Installing Debian packages for the tests (once): {' '.join(lacking)} …")
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
    subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)  # type: ignore[call-overload]
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *lacking]
    return subprocess.run(command, check=False, **quiet).returncode  # type: ignore[call-overload, no-any-return]


if __name__ == "__main__":
    sys.exit(main())
