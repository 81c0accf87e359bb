"""Stored files: encrypted, whole or refused, nothing left behind by a failure."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.blobs import FRAME, MAGIC, BlobDamaged, Blobs, StoredBlob, TooLarge
from domain.vault import Keys, Unreadable, Vault, fingerprint

VAULT = Vault(Keys(1, {1: bytes(32)}))
HEAD = 4 + 1 + 12  # length, last, nonce
TAG = 16


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path, VAULT)


def path_of(tmp_path: Path, blob: StoredBlob) -> Path:
    return tmp_path / blob.name[:2] / blob.name


def test_bytes_names_and_new_folders_are_on_disk_before_the_file_is_told(blobs, tmp_path, monkeypatch):
    synced: list[str] = []
    really = os.fsync

    def fsync(handle: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{handle}"))
        really(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    path = path_of(tmp_path, blobs.put_bytes(b"paper"))
    assert set(synced) == {str(path.with_suffix(".part")), str(path.parent), str(tmp_path)}


@pytest.mark.parametrize("size", [0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 2 * FRAME + 7])
def test_a_file_comes_back_as_it_was(blobs, tmp_path, size):
    content = os.urandom(size)
    stored = blobs.put(io.BytesIO(content))
    assert (stored.size, stored.digest) == (size, fingerprint(content))
    assert blobs.read(stored) == blobs.open(stored).read() == content
    assert all(len(frame) <= FRAME for frame in blobs.frames(stored))
    assert size < 16 or content[:16] not in path_of(tmp_path, stored).read_bytes()


def test_equal_files_look_different_in_the_store(blobs, tmp_path):
    one, other = blobs.put_bytes(b"the same"), blobs.put_bytes(b"the same")
    assert one.digest == other.digest
    assert path_of(tmp_path, one).read_bytes() != path_of(tmp_path, other).read_bytes()


def frames_of(content: bytes, plain: int) -> list[bytes]:
    """The stored frames of a file of `plain` bytes."""
    sizes = [FRAME] * (plain // FRAME) + ([plain % FRAME] if plain % FRAME else [])
    found, place = [], len(MAGIC)
    for size in sizes:
        end = place + HEAD + size + TAG
        found.append(content[place:end])
        place = end
    assert place == len(content)
    return found


def said_last(frame: bytes) -> bytes:
    return frame[:4] + b"\x01" + frame[5:]


ATTACKS = {
    "two frames swapped": lambda frames: [frames[1], frames[0], frames[2]],
    "one frame dropped": lambda frames: [frames[0], frames[2]],
    "one frame repeated": lambda frames: [frames[0], frames[0], frames[1], frames[2]],
    "the last frame cut off": lambda frames: frames[:2],
    "an earlier frame called the last": lambda frames: [frames[0], said_last(frames[1])],
    "something added behind the end": lambda frames: [*frames, b"x"],
    "a byte changed": lambda frames: [frames[0], frames[1][:-1] + bytes([frames[1][-1] ^ 1]), frames[2]],
    "nothing left": lambda frames: [],
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_whoever_edits_the_store_is_noticed(blobs, tmp_path, attack):
    content = os.urandom(2 * FRAME + 100)
    stored = blobs.put_bytes(content)
    path = path_of(tmp_path, stored)
    path.write_bytes(MAGIC + b"".join(attack(frames_of(path.read_bytes(), len(content)))))
    with pytest.raises(BlobDamaged):
        blobs.read(stored)


@given(st.data())
def test_a_file_cut_or_changed_anywhere_is_refused_in_a_sentence(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp() / "cut"
    blobs = Blobs(folder, VAULT)
    stored = blobs.put_bytes(b"declaration")
    path = path_of(folder, stored)
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = (
        whole[:place] if data.draw(st.booleans()) else whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    )
    path.write_bytes(damaged)
    with pytest.raises(BlobDamaged):
        blobs.read(stored)
    path.write_bytes(whole)
    assert blobs.read(stored) == b"declaration"


def test_a_file_given_the_content_of_another_is_refused(blobs, tmp_path):
    mine, theirs = blobs.put_bytes(b"mine"), blobs.put_bytes(b"theirs")
    path_of(tmp_path, mine).write_bytes(path_of(tmp_path, theirs).read_bytes())
    with pytest.raises(BlobDamaged):
        blobs.read(mine)
    with pytest.raises(Unreadable):
        blobs.read(replace(mine, wrapped_key=theirs.wrapped_key))


def test_a_file_that_is_gone_is_refused_and_deleting_it_twice_is_no_error(blobs):
    stored = blobs.put_bytes(b"x")
    assert blobs.exists(stored.name)
    blobs.delete(stored.name)
    blobs.delete(stored.name)
    assert not blobs.exists(stored.name)
    with pytest.raises(BlobDamaged):
        blobs.read(stored)


def test_too_large_a_file_leaves_nothing(blobs, tmp_path):
    assert blobs.put(io.BytesIO(b"x" * 100), limit=100).size == 100
    with pytest.raises(TooLarge):
        blobs.put(io.BytesIO(b"x" * (2 * FRAME)), limit=FRAME)
    assert len(files_in(tmp_path)) == 1


class _Breaks(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= FRAME:
            raise ConnectionResetError
        return super().read(size)


def test_an_upload_that_breaks_leaves_nothing(blobs, tmp_path):
    with pytest.raises(ConnectionResetError):
        blobs.put(_Breaks(os.urandom(3 * FRAME)))
    assert files_in(tmp_path) == []


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_store_lists_what_it_holds_and_nothing_half_written(blobs, tmp_path):
    names = {blobs.put_bytes(b"x").name for _number in range(3)}
    first = next(iter(names))
    (tmp_path / first[:2] / "0123456789abcdef.part").write_bytes(b"half")
    assert set(blobs.names()) == names


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "", ".."])
def test_a_name_never_leads_out_of_the_store(blobs, name):
    with pytest.raises(BlobDamaged):
        blobs.exists(name)
