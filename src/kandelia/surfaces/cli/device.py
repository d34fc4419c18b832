"""Device identities: add, list, end."""

from datetime import datetime
from pathlib import Path

import click
from django.utils import timezone

from kandelia.base.errors import InvalidInput, NotFound
from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import Viewer
from kandelia.surfaces.cli.options import json_option, organisation_options, say_json, say_table, text_of
from kandelia.surfaces.cli.token import end_of


@click.group()
def group() -> None:
    """Device identities for the MQTT listener: add, list, end."""


@group.command()
@click.argument("name")
@click.option("--publish", multiple=True, metavar="FILTER", help="What it may send; may be repeated.")
@click.option("--subscribe", multiple=True, metavar="FILTER", help="What it may hear; may be repeated.")
@click.option("--expires", metavar="WHEN", help="Days like 90d, or a last day like 2030-12-31; else until ended.")
@click.option(
    "--certificate",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Issue a certificate instead of a password: device.pem and device.key in this folder.",
)
@click.option("--fingerprint", default="", metavar="HEX|FILE", help="It enters by its own certificate: SHA-256 or PEM.")
@organisation_options
@json_option
def add(
    name: str,
    publish: tuple[str, ...],
    subscribe: tuple[str, ...],
    expires: str | None,
    folder: Path | None,
    fingerprint: str,
    viewer: Viewer,
    as_json: bool,
) -> None:
    """Make a device NAME and print its secret, this once; or one that enters by a client certificate over TLS.

    It enters the MQTT listener with user NAME and the secret as password. Without filters it may send and hear topics
    below NAME/ and those of the Sparkplug node NAME, nothing else.
    """
    until = end_of(expires) if expires else None
    if folder is not None or fingerprint:
        _add_certified(viewer, name, publish, subscribe, until, folder, fingerprint, as_json)
        return
    made, secret = access.add_device(viewer, name, publish, subscribe, until)
    if as_json:
        say_json({"id": made.id, "name": made.name, "organisation": made.organisation, "secret": secret})
        return
    click.echo(secret)
    click.echo("Keep it now: it is shown this once.", err=True)


def _add_certified(
    viewer: Viewer,
    name: str,
    publish: tuple[str, ...],
    subscribe: tuple[str, ...],
    until: datetime | None,
    folder: Path | None,
    fingerprint: str,
    as_json: bool,
) -> None:
    if folder is not None and (fingerprint or (folder / "device.key").exists()):
        raise InvalidInput("a key is there already, or both ways are asked for", str(folder), "choose a fresh folder")
    if fingerprint and Path(fingerprint).is_file():
        fingerprint = text_of(Path(fingerprint))
    made, issued = access.add_certified_device(viewer, name, publish, subscribe, until, fingerprint=fingerprint)
    if issued is not None and folder is not None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / "device.key").touch(mode=0o600)
        (folder / "device.key").write_text(issued.key)
        (folder / "device.pem").write_text(issued.certificate)
    said = {"id": made.id, "name": made.name, "organisation": made.organisation, "fingerprint": made.fingerprint}
    if as_json:
        say_json(said)
        return
    click.echo(f"{made.name} enters by the certificate {made.fingerprint}")


@group.command("list")
@organisation_options
@json_option
def list_(viewer: Viewer, as_json: bool) -> None:
    """Devices of the organisation that have not ended."""
    devices = access.list_devices(viewer)
    if as_json:
        say_json(devices)
        return
    head = ("id", "name", "enters by", "may send", "may hear", "expires")
    say_table(head, [_row(device) for device in devices])


@group.command()
@click.argument("which", metavar="ID|NAME")
@organisation_options
def end(which: str, viewer: Viewer) -> None:
    """End a device: it is let go and enters no more."""
    found = [device for device in access.list_devices(viewer) if which in (device.id, device.name)]
    if not found:
        raise NotFound(f'no device "{which}"', viewer.organisation, "see kandelia device list", "device-unknown")
    access.end_device(viewer, found[0].id)
    click.echo(f"{found[0].name} has ended")


def _row(device: access.DeviceView) -> tuple[str, ...]:
    several = [
        ", ".join(filters[:2]) + (" …" if len(filters) > 2 else "") for filters in (device.publish, device.subscribe)
    ]
    begins = f"certificate {device.fingerprint[:8]}…" if device.fingerprint else f"{device.prefix}…"
    return (device.id, device.name, begins, *several, _day(device.expires_at) or "–")


def _day(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d") if at else ""
