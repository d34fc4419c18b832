"""One loopback address for a bare page of live values: static files, a ticket, and /live handed to the live feed."""

import asyncio
import html
import mimetypes
from collections.abc import Callable
from pathlib import Path

from kandelia.base.clock import SystemClock
from kandelia.kernel.access.tickets import issue

STATIC = Path(__file__).parents[1] / "src" / "kandelia" / "surfaces" / "web" / "static"
HEAD_BYTES_MAX = 65_536
CHUNK_BYTES = 65_536
Answer = tuple[str, bytes]


VALUES_EACH = 20
TILES = """
body { margin: 0; }
ul { display: grid; grid: auto-flow 52px / repeat(5, 1fr); margin: 0; padding: 0; list-style: none; }
li { display: grid; grid: auto-flow 26px / repeat(10, 1fr); content-visibility: auto; } /* as cards have it */
.lv { display: block; font-size: 9px; contain: size layout; }
.lv-number, .lv-mark { min-inline-size: 0; inline-size: auto; }
"""


def value_page(count: int) -> bytes:
    """A page of `count` live values in cards of 20, so small that 2,000 stand in a window of 1920 × 1080 at once."""
    cards = "".join(
        f"<li>{''.join(_value(n) for n in range(first, min(first + VALUES_EACH, count + 1)))}</li>"
        for first in range(1, count + 1, VALUES_EACH)
    )
    title = html.escape(f"{count} values")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<link rel="stylesheet" href="/static/web/tokens.css">'
        f'<link rel="stylesheet" href="/static/islands/islands.css"><style>{TILES}</style>'
        f'<ul>{cards}</ul><script type="module" src="/static/islands/value.js"></script></html>'
    ).encode()


def _value(n: int) -> str:
    return (
        f'<live-value class="lv" data-signal="{n}" data-kind="1" data-decimals="2" data-unit="bar" '
        f'data-period="500" data-low="0" data-high="1"><span class="lv-mark"></span>'
        f'<span class="lv-number">–</span></live-value>'
    )


class Front:
    """Answers GET and POST from `pages` and the static files; tunnels everything under /live."""

    def __init__(self, secret: bytes, live_port: int, pages: dict[str, Callable[[str], Answer]]) -> None:
        self._secret, self._live_port, self._pages = secret, live_port, pages

    async def open(self, port: int = 0) -> asyncio.Server:
        """Listen on loopback."""
        return await asyncio.start_server(self._serve, "127.0.0.1", port, limit=HEAD_BYTES_MAX)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            _, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            if target.startswith("/live"):
                await self._tunnel(head, reader, writer)
            else:
                writer.write(self._answer(target))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self, target: str) -> bytes:
        path = target.partition("?")[0]
        if path == "/api/v1/live/ticket":
            text = issue(self._secret, "bench", "person:1", SystemClock().now_ns())
            kind, body = "application/json", f'{{"ticket":"{text}"}}'.encode()
        elif page := next((page for start, page in self._pages.items() if path.startswith(start)), None):
            kind, body = page(target)
        else:
            file = STATIC / path.removeprefix("/static/")
            if not file.is_file():
                return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            kind, body = mimetypes.guess_type(file.name)[0] or "text/plain", file.read_bytes()
        lines = ("HTTP/1.1 200 OK", f"Content-Type: {kind}; charset=utf-8", f"Content-Length: {len(body)}")
        return "\r\n".join((*lines, "Connection: close", "", "")).encode() + body

    async def _tunnel(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._live_port)
        back.write(head)
        await asyncio.gather(_pump(reader, back), _pump(there, writer))


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(CHUNK_BYTES):
            sink.write(data)
            await sink.drain()
    except ConnectionError:
        pass
    finally:
        sink.close()
