"""Papers handed in are looked through before anybody sees them: whole, of one kind, not acting, not locked."""

from __future__ import annotations

import socket
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import OperationFailed
from sources import looking, papers
from sources.papers import JPEG, PDF, PNG, WEBP, look
from tests.sources import papers_made as made


@pytest.mark.parametrize(
    ("media", "content"),
    [(PDF, made.PDF), (PDF, made.pdf(packed=b"1 0 <</Type/Page>>")), (PNG, made.png()), (JPEG, made.jpeg()),
     (JPEG, made.jpeg() + made.jpeg(place=True)), (WEBP, made.webp())],
)  # fmt: skip
def test_a_plain_paper_is_fine(media: str, content: bytes) -> None:
    assert look(media, content).refusal is None
    assert looking.look(content, media) == look(media, content)


@pytest.mark.parametrize(
    ("media", "content", "why"),
    [
        (PDF, made.pdf(b"2 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj\n"), papers.ACTS),
        (PDF, made.pdf(b"2 0 obj<</S/#4aava#53cript>>endobj\n"), papers.ACTS),
        (PDF, made.pdf(packed=b"2 0 <</S/Launch/F(cmd.exe)>>"), papers.ACTS),
        (PDF, made.pdf(b"2 0 obj<</Type/EmbeddedFile>>endobj\n"), papers.ACTS),
        (PDF, made.pdf(b"2 0 obj<</Type/ObjStm/Filter/LZWDecode>>\nstream\nx\nendstream\n"), papers.HIDDEN),
        (PDF, made.PDF.replace(b"/Root 1 0 R", b"/Root 1 0 R/Encrypt 9 0 R"), papers.LOCKED),
        (PDF, made.PDF[:-8], papers.NOT_WHOLE),
        (PDF, made.PDF + b"PK\x05\x06" + bytes(18), papers.TWO_FACED),
        (PDF, made.PDF + b"#!/bin/sh\n", papers.TWO_FACED),
        (PDF, made.PDF[:9] + b"<script>x()</script>" + made.PDF[9:], papers.TWO_FACED),
        (PNG, made.png()[:-4], papers.NOT_WHOLE),
        (PNG, made.png() + b"MZ", papers.TWO_FACED),
        (PNG, made.png(20_000, 20_000), papers.TOO_LARGE),
        (JPEG, made.jpeg()[:-2], papers.NOT_WHOLE),
        (JPEG, made.jpeg() + b"<html>", papers.TWO_FACED),
        (WEBP, made.webp()[:-9], papers.NOT_WHOLE),
        (WEBP, made.webp() + b"%PDF-1.4", papers.TWO_FACED),
    ],
)
def test_what_is_broken_acts_or_is_two_things_is_held_back_with_the_reason(media: str, content: bytes, why) -> None:
    refusal = look(media, content).refusal
    assert refusal is not None
    assert refusal.source == why.source


def test_a_stream_of_objects_that_swells_is_held_back() -> None:
    bomb = zlib.compress(bytes(papers.MOST_INFLATED + 1_000_000))
    body = b"5 0 obj<</Type/ObjStm/Filter/FlateDecode>>\nstream\n" + bomb + b"\nendstream\n"
    refusal = look(PDF, made.pdf(body)).refusal
    assert refusal is not None
    assert refusal.source == papers.HIDDEN.source


@pytest.mark.parametrize(
    ("media", "plain_one", "photo"),
    [(JPEG, made.jpeg(), made.jpeg(place=True)), (PNG, made.png(), made.png(place=True)),
     (WEBP, made.webp(), made.webp(place=True))],
)  # fmt: skip
def test_a_photograph_forgets_where_it_was_taken_and_stays_the_same_picture(
    media: str, plain_one: bytes, photo: bytes
) -> None:
    looked = look(media, photo)
    assert looking.look(photo, media) == looked
    plain = looking.without_position(photo, looked)

    assert made.NORTH in photo
    assert made.NORTH not in plain
    assert b"GPS" not in plain
    assert len(plain) == len(photo)
    assert look(media, plain).refusal is None, "it is whole, also by its check sums"
    assert look(media, plain_one).position == ()


def test_what_a_png_says_in_packed_texts_is_read_and_plain_remarks_stay() -> None:
    photo = made.png(place=True)
    plain = looking.without_position(photo, look(PNG, photo))
    assert b"a plain remark" in plain
    assert zlib.compress(made.XMP) in photo
    assert zlib.compress(made.XMP) not in plain
    assert b"Raw profile type exif" not in plain
    assert plain.index(b"IDAT") == photo.index(b"IDAT")
    assert plain[plain.index(b"IDAT") :] == photo[photo.index(b"IDAT") :]


@given(st.sampled_from([PDF, PNG, JPEG, WEBP]), st.binary(max_size=400), st.integers(0, 300))
def test_no_bytes_at_all_make_the_looking_fail(media: str, noise: bytes, place: int) -> None:
    whole = {PDF: made.PDF, PNG: made.png(place=True), JPEG: made.jpeg(place=True),
             WEBP: made.webp(place=True)}[media]  # fmt: skip
    looked = look(media, whole[:place] + noise + whole[place + len(noise) :])
    assert all(start >= 0 and size >= 0 for start, size in looked.position)


@contextmanager
def clamd(answer: bytes) -> Iterator[tuple[str, bytearray]]:
    """A scanner that answers so to one file; gives its address and what it was sent."""
    server = socket.create_server(("127.0.0.1", 0))
    got = bytearray()

    def serve() -> None:
        line, _who = server.accept()
        with line, line.makefile("rb") as sent:
            assert sent.read(10) == b"zINSTREAM\0"
            while size := struct.unpack(">I", sent.read(4))[0]:
                got.extend(sent.read(size))
            line.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"tcp://127.0.0.1:{server.getsockname()[1]}", got
    thread.join(10)
    server.close()


def test_the_scanner_is_sent_the_whole_file_and_its_word_counts() -> None:
    with clamd(b"stream: OK\0") as (address, got):
        assert looking.scan(address, [bytes(200_000), b"end"]) is None
    assert bytes(got) == bytes(200_000) + b"end"
    with clamd(b"stream: Eicar-Signature FOUND\0") as (address, _got):
        refusal = looking.scan(address, [b"x"])
    assert refusal is not None
    assert "Eicar-Signature" in str(refusal)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "unix:///nowhere/clamd.ctl", "http://x"])
def test_a_scanner_that_does_not_answer_is_no_yes(address: str) -> None:
    with pytest.raises(OperationFailed):
        looking.scan(address, [b"x"])
    with clamd(b"INSTREAM size limit exceeded. ERROR\0") as (limited, _got), pytest.raises(OperationFailed):
        looking.scan(limited, [b"x"])
