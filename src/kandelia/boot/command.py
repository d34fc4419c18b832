"""The command `kandelia`. Groups of other rooms are found by name and imported at need: help is quick."""

import ast
import importlib
import importlib.util
import logging
import os
import pkgutil
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

import kandelia.surfaces.cli
from kandelia.base.errors import KandeliaError, SettingsError
from kandelia.boot.settings import ROLES, Settings

GROUPS = "kandelia.surfaces.cli"
HAS_GROUP = re.compile(r"^(def group\(|group\s*[:=])", re.MULTILINE)
EXIT_FAILED, EXIT_SETTINGS = 1, 78
BUS_LOG = "kandelia.bus"
WITHOUT_RECORDS = ("record",)  # groups that need no installation: they write source files


def _remember(name: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """Options speak to children and to Django by the environment, as the settings do."""

    def keep(_context: click.Context, _option: click.Parameter, value: Any) -> Any:
        if value is not None:
            os.environ[name] = str(value)
        return value

    return keep


data_option = click.option(
    "--data",
    type=click.Path(file_okay=False),
    callback=_remember("KANDELIA_DATA"),
    is_eager=True,
    expose_value=False,
    help="The data directory (else KANDELIA_DATA, else ./data).",
)
settings_option = click.option(
    "--settings",
    type=click.Path(dir_okay=False),
    callback=_remember("KANDELIA_SETTINGS"),
    is_eager=True,
    expose_value=False,
    help="The settings file (else settings.toml in the data directory).",
)


def group_files() -> dict[str, Path]:
    """Command groups of other rooms: module files of surfaces/cli that define `group`."""
    found = {}
    for module in pkgutil.iter_modules(kandelia.surfaces.cli.__path__):
        file = Path(next(iter(kandelia.surfaces.cli.__path__))) / f"{module.name}.py"
        if file.exists() and HAS_GROUP.search(file.read_text(encoding="utf-8")):
            found[module.name] = file
    return found


def app_commands() -> dict[str, tuple[str, bool]]:
    """Commands that apps declare, by their last name: (dotted name, whether they need the records)."""
    found = importlib.import_module("kandelia.boot.discovery").apps()
    return {
        dotted.rpartition(".")[2]: (dotted, app.commands_need_records) for app, _ in found for dotted in app.commands
    }


def app_command(dotted: str, needs_records: bool) -> click.Command | None:
    """Import a command of an app; Django is ready before its models are, where it needs any."""
    if needs_records:
        _peek_at_data(sys.argv)
        importlib.import_module("kandelia.boot.django_start").start()
    module, _, name = dotted.rpartition(".")
    found = getattr(importlib.import_module(module), name, None)
    return found if isinstance(found, click.Command) else None


def first_words() -> dict[str, str]:
    """The first line of the docstring of every group's file, by the group's name; nothing is imported for it."""
    files = dict(group_files())
    for name, (dotted, _) in app_commands().items():
        spec = importlib.util.find_spec(dotted.rpartition(".")[0])
        if spec is not None and spec.origin:
            files.setdefault(name, Path(spec.origin))
    texts = {name: ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) for name, file in files.items()}
    return {name: (text or "").partition("\n")[0] for name, text in texts.items()}


def _prepare() -> None:
    """Quick and quiet: a lost link is told by what was asked over it, not in the middle of a person's terminal."""
    importlib.import_module("kandelia.boot.lean").leave_pandas_out()
    for name in (BUS_LOG, "asyncio"):  # a TLS link that ends says so there
        logging.getLogger(name).setLevel(logging.ERROR)


def _settings() -> Settings:
    loaded: Settings = importlib.import_module("kandelia.boot.load").load_settings(os.environ.get("KANDELIA_SETTINGS"))
    return loaded


def _refuse_unstarted(settings: Settings) -> None:
    """SettingsError where there are no records to work on, or none that we may use: nothing is made by asking."""
    if settings.records.database:
        return
    where, file = str(settings.directory), settings.records_file
    try:
        there = file.stat().st_size > 0
    except PermissionError:
        there = True
    except OSError:
        there = False
    if not there:
        raise SettingsError(
            "no installation here", where, "start it once with kandelia up, or name another with --data", "no-data"
        )
    wanted = {file: os.R_OK | os.W_OK, file.parent: os.W_OK | os.X_OK, settings.secrets_directory: os.R_OK | os.X_OK}
    for place, mode in wanted.items():
        if not os.access(place, mode):
            raise SettingsError("this installation is not yours to use", str(place), "run as its owner", "no-rights")


class Commands(click.Group):
    """Own commands, and groups that are imported at need."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return sorted({*super().list_commands(ctx), *group_files(), *app_commands()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a group; Django is ready before its models are."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        if cmd_name not in group_files():
            declared = app_commands().get(cmd_name)
            return app_command(*declared) if declared else None
        if cmd_name not in WITHOUT_RECORDS:
            _peek_at_data(sys.argv)
            if "--help" not in sys.argv:
                _refuse_unstarted(_settings())
            _prepare()
            importlib.import_module("kandelia.boot.django_start").start()
        group = importlib.import_module(f"{GROUPS}.{cmd_name}").group
        return group if isinstance(group, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of `kandelia --help`, from docstrings alone."""
        words, rows = first_words(), []
        for name in self.list_commands(ctx):
            own = super().get_command(ctx, name)
            rows.append((name, own.get_short_help_str() if own else words.get(name, "")))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=Commands)
@data_option
@settings_option
def cli() -> None:
    """Kandelia, an open industrial-internet platform."""


@cli.command()
@data_option
@settings_option
@click.option("--demo", is_flag=True, help="Also run the demo plant and load its machines.")
@click.option("--port", type=click.IntRange(0, 65_535), help="The one port of pages, API and websocket; 0 a free one.")
@click.option("--host", help="Where to listen; beyond loopback HTTPS is on.")
@click.option("--role", type=click.Choice(ROLES), help="Run this role alone, against a bus named in the settings.")
def up(demo: bool, port: int | None, host: str | None, role: str | None) -> None:
    """Start the platform on this machine and wait; Ctrl-C stops it."""
    for name, value in (("PORT", port), ("HOST", host)):
        if value is not None:
            os.environ[f"KANDELIA_WEB__{name}"] = str(value)
    if role is not None:
        sys.exit(importlib.import_module("kandelia.boot.role").main([role]))
    settings = _settings()
    _prepare()
    importlib.import_module("asyncio").run(importlib.import_module("kandelia.boot.up").Start(settings, demo).run())


@cli.command()
@data_option
@settings_option
@click.option("--all", "with_all", is_flag=True, help="Every figure that the processes report.")
@click.option("--json", "as_json", is_flag=True, help="For programs: everything.")
def status(with_all: bool, as_json: bool) -> None:
    """Say what runs, since when, and what is wrong (exit code 0 all well, 1 trouble, 3 not running)."""
    _prepare()
    rooms = importlib.import_module("kandelia.boot.status")
    found = importlib.import_module("asyncio").run(rooms.collect(_settings()))
    click.echo(rooms.as_json(found) if as_json else rooms.as_text(found, figures=with_all))
    sys.exit(found.code)


file_option = click.Path(dir_okay=False, path_type=Path)


@cli.command()
@data_option
@settings_option
@click.argument("file", type=file_option)
@click.option("--keys", type=file_option, help="Also write the secrets, into a file of their own; keep it elsewhere.")
def backup(file: Path, keys: Path | None) -> None:
    """Copy the whole installation into FILE while it runs, and read the copy back."""
    room = importlib.import_module("kandelia.boot.backup")
    manifest = room.back_up(_settings(), file, keys, lambda text: click.echo(text, err=True))
    click.echo(f"{file}: {len(manifest['files'])} files, {file.stat().st_size:,} bytes, read back and whole")


@cli.command()
@data_option
@settings_option
@click.argument("file", type=file_option)
@click.option("--keys", type=file_option, help="The secrets that were kept apart; without them new ones are made.")
def restore(file: Path, keys: Path | None) -> None:
    """Make a new installation of FILE in an empty data directory (--data); kandelia up starts it."""
    room = importlib.import_module("kandelia.boot.backup")
    manifest = room.restore(_settings(), file, keys, lambda text: click.echo(text, err=True))
    click.echo(f"restored the copy of {manifest['began_at']}; start it with kandelia up")
    if keys is None:
        click.echo("secrets were not given: passwords of connections must be entered again, people sign in anew")


@cli.command()
@data_option
@settings_option
@click.argument("names", nargs=-1, required=True)
@click.option("--out", type=file_option, required=True, help="The files to write, without their ending.")
def certificate(names: tuple[str, ...], out: Path) -> None:
    """Make a certificate for a server that goes by NAMES (host names, addresses), signed by the own authority."""
    room = importlib.import_module("kandelia.boot.certificates")
    files = room.issue(_settings().secrets_directory / "tls", out, names)
    click.echo(f"{files.certificate}, {files.key}; whoever connects trusts {files.authority}")


@cli.command()
@data_option
@settings_option
@click.argument("name")
@click.option("--remove", is_flag=True, help="Forget it instead.")
def secret(name: str, remove: bool) -> None:
    """Keep a connection's secret on this host, read from standard input: an edge elsewhere than web needs its own.

    NAME stands in the connection's settings as {"secret": NAME} (kandelia connections list --json).
    """
    room = importlib.import_module("kandelia.engines.files.secrets")
    keeper = room.FileSecrets(_settings().secrets_directory)
    if remove:
        keeper.remove(name)
    elif value := sys.stdin.read().rstrip("\n"):
        keeper.put(name, value.encode())
    else:
        raise SettingsError("no secret was given", "standard input", f"pipe it in: … | kandelia secret {name}")


def _peek_at_data(arguments: list[str]) -> None:
    """--data may stand behind a group's command too, but Django must know the directory before that is parsed."""
    for place, word in enumerate(arguments):
        name, _, value = word.partition("=")
        following = arguments[place + 1] if place + 1 < len(arguments) else ""
        if name == "--data" and (value or following):
            os.environ["KANDELIA_DATA"] = value or following


def main() -> None:
    """The entry point: errors a person can act on are one line, not a trace."""
    try:
        cli(prog_name="kandelia")
    except KandeliaError as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_SETTINGS if isinstance(error, SettingsError) else EXIT_FAILED)


if __name__ == "__main__":
    main()
