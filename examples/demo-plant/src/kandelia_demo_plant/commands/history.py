"""`history`."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from kandelia_demo_plant import keeping
from kandelia_demo_plant.commands.options import DATA
from kandelia_demo_plant.history import start_before, write
from kandelia_demo_plant.shifts import DAY_S
from kandelia_demo_plant.simulation import begin


class Instant(click.ParamType):  # type: ignore[type-arg]
    """A time with its zone, or "now", as whole seconds."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Seconds since 1970."""
        if value == "now":
            return int(time.time())
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value} is not a time; write it like 2026-03-01T08:00:00+08:00, or now", param, ctx)
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


@click.command()
@click.option("--days", type=click.FloatRange(0, 3_660, min_open=True), default=1.0, show_default=True)
@click.option("--to", "end", type=Instant(), default=None, help="Its end (not included); UTC where no zone is given.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--data", type=DATA, help="A plant's data: history ends where that plant began, or it begins there.")
def command(days: float, end: int | None, out: Path, seed: int, data: Path | None) -> None:
    """Write history to a Parquet file."""
    seconds = max(int(days * DAY_S), 1)
    began = keeping.load(data, keeping.BEGAN_FILE) if data else None
    if began and (end is None or end == began.state.time):
        click.echo("joining the history to the plant's beginning", err=True)
        start = start_before(began.state, seconds)
    else:
        start = begin(began.state.seed if began else seed, (end or int(time.time())) - seconds)
    clock = time.monotonic()
    after, rows = write(out, start, seconds, _progress())
    if data and not began:
        data.mkdir(parents=True, exist_ok=True)
        keeping.save(data, keeping.Kept(after))
        keeping.save(data, keeping.Kept(after), keeping.BEGAN_FILE)
    took = time.monotonic() - clock
    click.echo(f"{rows} samples in {took:.1f} s, {out.stat().st_size / rows:.2f} bytes each: {out}")


def _progress() -> Callable[[int, int], None]:
    told = [-1]

    def tell(done: int, whole: int) -> None:
        day, days = done // DAY_S, -(-whole // DAY_S)
        if day != told[0] or done == whole:
            told[0] = day
            click.echo(f"{days if done == whole else day} of {days} days", err=True)

    return tell
