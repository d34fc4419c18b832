"""Device identities: add, list, end."""

from datetime import datetime

import click
from django.utils import timezone

from kandelia.base.errors import NotFound
from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import Viewer
from kandelia.surfaces.cli.options import json_option, organisation_options, say_json, say_table
from kandelia.surfaces.cli.token import end_of


@click.group()
def group() -> None:
    """Device identities for the MQTT listener: add, list, end."""


@group.command()
@click.argument("name")
@click.option("--publish", multiple=True, metavar="FILTER", help="What it may send; may be repeated.")
@click.option("--subscribe", multiple=True, metavar="FILTER", help="What it may hear; may be repeated.")
@click.option("--expires", metavar="WHEN", help="Days like 90d, or a last day like 2030-12-31; else until ended.")
@organisation_options
@json_option
def add(
    name: str,
    publish: tuple[str, ...],
    subscribe: tuple[str, ...],
    expires: str | None,
    viewer: Viewer,
    as_json: bool,
) -> None:
    """Make a device NAME and print its secret, this once.

    It enters the MQTT listener with user NAME and the secret as password. Without filters it may send and hear topics
    below NAME/ and those of the Sparkplug node NAME, nothing else.
    """
    made, secret = access.add_device(viewer, name, publish, subscribe, end_of(expires) if expires else None)
    if as_json:
        say_json({"id": made.id, "name": made.name, "organisation": made.organisation, "secret": secret})
        return
    click.echo(secret)
    click.echo("Keep it now: it is shown this once.", err=True)


@group.command("list")
@organisation_options
@json_option
def list_(viewer: Viewer, as_json: bool) -> None:
    """Devices of the organisation that have not ended."""
    devices = access.list_devices(viewer)
    if as_json:
        say_json(devices)
        return
    head = ("id", "name", "begins", "may send", "may hear", "expires")
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
    return (device.id, device.name, f"{device.prefix}…", *several, _day(device.expires_at) or "–")


def _day(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d") if at else ""
