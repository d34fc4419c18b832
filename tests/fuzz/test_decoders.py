"""Promise: bytes from a network never crash a decoder; they are understood or refused with a word that helps."""

import contextlib
import zlib

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kandelia.base.errors import InvalidInput, NotAllowed
from kandelia.base.samples import decode, encode, make_batch
from kandelia.kernel.access import tickets
from kandelia.kernel.connections.contracts import decode_document
from kandelia.kernel.signals.contracts import Question

GOOD_BATCH = encode(make_batch([1, 2, 3], [1, 2, 3], value=[1.0, 2.0, 3.0]))
SECRET = b"s" * 32


@st.composite
def damaged(draw: st.DrawFn, good: bytes) -> bytes:
    """A good message with a few bytes changed, cut or put in."""
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(data)


@given(st.one_of(st.binary(max_size=400), damaged(GOOD_BATCH)))
@example(b"\xff\xff\xff\xff\x00\x00\x00\x00")
def test_sample_batches(data: bytes) -> None:
    with contextlib.suppress(InvalidInput):
        assert decode(data).num_rows >= 0


@given(st.one_of(st.text(max_size=200), damaged(b"e30=.e30=").map(lambda b: b.decode("latin-1"))))
def test_tickets(text: str) -> None:
    with pytest.raises(NotAllowed):
        tickets.check(SECRET, text, 0)


@given(st.one_of(st.binary(max_size=200), damaged(zlib.compress(b'{"id":"a"}'))))
def test_snapshot_documents(data: bytes) -> None:
    with pytest.raises((msgspec.MsgspecError, zlib.error)):
        decode_document(data)


@given(st.one_of(st.binary(max_size=200), damaged(b'{"ask":"raw","organisation":"main","signals":[1]}')))
def test_questions(data: bytes) -> None:
    with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
        assert msgspec.json.decode(data, type=Question).organisation is not None
