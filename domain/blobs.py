"""The one seam for files: encrypted, durable before the row that names them commits (walls 9).

A blob is a header line and 1 MiB frames, each sealed with the file's own data key and its number as
associated data, so frames cannot be swapped, dropped or cut off unnoticed. The data key is wrapped by
a master key and travels in the row, not in the folder.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import HouseError
from domain.text import gettext as _
from domain.vault import Vault

FRAME = 1 << 20
NONCE = 12
TAG = 16
MAGIC = b"HEDUI1\n"
PARTIAL = ".part"
_FRAME_HEAD = 5 + NONCE  # length, whether it is the last, nonce


class BlobDamaged(HouseError):
    """A stored file is missing, cut off or changed."""


class TooLarge(HouseError):
    """The stream is longer than allowed."""


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A file that is on disk: name in the store, SHA-256 of the plain bytes (hex), size in bytes, wrapped key."""

    name: str
    digest: str
    size: int
    wrapped_key: bytes


class Blobs:
    """Directory backend; several hosts may mount the folder."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder = folder
        self._vault = vault

    def put(self, stream: BinaryIO, *, limit: int | None = None) -> StoredBlob:
        """Store a stream; its bytes are durable when this returns.

        Raises TooLarge beyond `limit` bytes (nothing is kept).
        """
        name = secrets.token_hex(16)
        key = secrets.token_bytes(32)
        with self._arriving(name) as out:
            digest, size = _write_frames(out, stream, key, limit)
        return StoredBlob(name, digest, size, self._vault.wrap(key, name))

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """A file that is written piece by piece. Once the block has ended it is durable and `stored` says what it is;
        of a block that fails nothing is left.
        """
        name = secrets.token_hex(16)
        key = secrets.token_bytes(32)
        with self._arriving(name) as out:
            going = Writing(out, key)
            yield going
            digest = going.finish()
        going.stored = StoredBlob(name, digest, going.size, self._vault.wrap(key, name))

    def put_bytes(self, content: bytes) -> StoredBlob:
        """Store bytes that are in memory already."""
        return self.put(BytesIO(content))

    def read(self, blob: StoredBlob) -> bytes:
        """The whole plain content. Raises BlobDamaged."""
        return b"".join(self.frames(blob))

    def open(self, blob: StoredBlob) -> BinaryIO:
        """The plain content as a stream, complete and checked. Raises BlobDamaged."""
        return BytesIO(self.read(blob))

    def frames(self, blob: StoredBlob) -> Iterator[bytes]:
        """Plain frames of at most 1 MiB, for streaming. Raises BlobDamaged on the first bad frame."""
        cipher = AESGCM(self._vault.unwrap(blob.wrapped_key, blob.name))
        try:
            with self._path(blob.name).open("rb") as file:
                yield from _read_frames(file, cipher)
        except (OSError, InvalidTag, struct.error) as problem:
            raise _damaged(blob) from problem

    @contextmanager
    def opened(self, blob: StoredBlob) -> Iterator[Pieces]:
        """A file to read pieces of, by offset; only the frames they lie in are unsealed. Raises BlobDamaged."""
        cipher = AESGCM(self._vault.unwrap(blob.wrapped_key, blob.name))
        try:
            file = self._path(blob.name).open("rb")
        except OSError as problem:
            raise _damaged(blob) from problem
        with file:
            yield Pieces(file, cipher, blob)

    def check(self, blob: StoredBlob) -> None:
        """Read a file to its end. Raises BlobDamaged when it is not the one its row speaks of; Unreadable."""
        plain = hashlib.sha256()
        size = 0
        for frame in self.frames(blob):
            plain.update(frame)
            size += len(frame)
        if (plain.hexdigest(), size) != (blob.digest, blob.size):
            raise _damaged(blob)

    def sealed_size(self, name: str) -> int:
        """Bytes a stored file takes, as it lies there. Raises FileNotFoundError."""
        return self._path(name).stat().st_size

    def sealed_digest(self, name: str) -> tuple[int, str]:
        """Size and SHA-256 (hex) of a stored file, as it lies there. Raises FileNotFoundError."""
        with self._path(name).open("rb") as file:
            sealed = hashlib.file_digest(file, "sha256")
            return file.tell(), sealed.hexdigest()

    def copy_sealed(self, name: str, source: Blobs) -> tuple[int, str]:
        """Take over another store's file as it lies there, durably. Returns its size and SHA-256 (hex).

        Raises FileNotFoundError; OSError when the disk is full (nothing is kept).
        """
        sealed = hashlib.sha256()
        size = 0
        with source._path(name).open("rb") as file, self._arriving(name) as out:
            while chunk := file.read(FRAME):
                sealed.update(chunk)
                size += len(chunk)
                out.write(chunk)
        return size, sealed.hexdigest()

    def link_sealed(self, name: str, source: Blobs) -> bool:
        """Share another store's file, which never changes. False where the file system cannot."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source._path(name), path)
        except FileNotFoundError:
            raise
        except OSError:
            return False
        return True

    def exists(self, name: str) -> bool:
        """True when the store holds a file of that name."""
        return self._path(name).exists()

    def delete(self, name: str) -> None:
        """Remove a file; a file that is gone already is no error."""
        self._path(name).unlink(missing_ok=True)

    def names(self, *, before: datetime | None = None) -> Iterator[str]:
        """Names of stored files, for the sweeper of orphans; `before`: only those written until then."""
        return (path.name for path in self._older(before) if not path.suffix)

    def drop_unfinished(self, before: datetime) -> int:
        """Remove what a killed process left half written until then. Returns how many."""
        unfinished = [path for path in self._older(before) if path.suffix == PARTIAL]
        for path in unfinished:
            path.unlink(missing_ok=True)
        return len(unfinished)

    @contextmanager
    def _arriving(self, name: str) -> Iterator[BinaryIO]:
        """A file that has its name once the block ends, and is on disk then; after a failure nothing is left."""
        path = self._path(name)
        if not path.parent.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _sync_folder(self._folder)
        partial = path.with_suffix(PARTIAL)
        try:
            with partial.open("wb") as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            partial.replace(path)
        except BaseException:  # half a file goes, whatever stopped it
            partial.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)

    def _older(self, before: datetime | None) -> Iterator[Path]:
        for path in self._folder.glob("??/*"):
            try:
                if before is None or path.stat().st_mtime < before.timestamp():
                    yield path
            except FileNotFoundError:
                continue  # deleted, or finished, since the folder was read

    def _path(self, name: str) -> Path:
        if not name.isalnum():
            raise BlobDamaged(_("A stored file has an impossible name."), blob=name[:40])
        return self._folder / name[:2] / name


class Pieces:
    """Pieces of one sealed file. The frame that was read last is kept, so that pieces in order cost each frame once."""

    def __init__(self, file: BinaryIO, cipher: AESGCM, blob: StoredBlob) -> None:
        self._file = file
        self._cipher = cipher
        self._blob = blob
        self._last = max(0, (blob.size - 1) // FRAME)
        self._held: tuple[int, bytes] = (-1, b"")

    def at(self, offset: int, length: int) -> bytes:
        """`length` plain bytes from `offset` on. Raises BlobDamaged: a frame does not open, or the file is shorter."""
        found = bytearray()
        while len(found) < length:
            number, start = divmod(offset + len(found), FRAME)
            piece = self._frame(number)[start : start + length - len(found)]
            if not piece:
                raise _damaged(self._blob)
            found += piece
        return bytes(found)

    def _frame(self, number: int) -> bytes:
        if self._held[0] == number:
            return self._held[1]
        try:
            self._file.seek(len(MAGIC) + number * (_FRAME_HEAD + FRAME + TAG))
            length, last = struct.unpack(">I?", self._file.read(5))
            nonce, sealed = self._file.read(NONCE), self._file.read(min(length, FRAME + TAG))
            plain = self._cipher.decrypt(nonce, sealed, _frame_aad(number, number == self._last))
        except (InvalidTag, struct.error, ValueError) as problem:
            raise _damaged(self._blob) from problem
        if last is not (number == self._last):
            raise _damaged(self._blob)
        self._held = (number, plain)
        return plain


def _damaged(blob: StoredBlob) -> BlobDamaged:
    return BlobDamaged(_("A stored file is missing or damaged. Restore it from a backup."), blob=blob.name)


class Writing:
    """A sealed file while it is written; size: plain bytes so far; stored: what it is, once it is whole."""

    def __init__(self, out: BinaryIO, key: bytes) -> None:
        self.size = 0
        self.stored: StoredBlob | None = None
        self._out = out
        self._cipher = AESGCM(key)
        self._plain = hashlib.sha256()
        self._held = bytearray()
        self._number = 0
        out.write(MAGIC)

    def write(self, piece: bytes) -> None:
        """Add a piece of any length."""
        self.size += len(piece)
        self._held += piece
        while len(self._held) > FRAME:
            self._frame(bytes(self._held[:FRAME]), last=False)
            del self._held[:FRAME]

    def finish(self) -> str:
        """Write what is held as the last frame. Returns the SHA-256 (hex) of the plain bytes."""
        self._frame(bytes(self._held), last=True)
        return self._plain.hexdigest()

    def _frame(self, plain: bytes, *, last: bool) -> None:
        self._plain.update(plain)
        nonce = os.urandom(NONCE)
        sealed = self._cipher.encrypt(nonce, plain, _frame_aad(self._number, last))
        self._out.write(struct.pack(">I?", len(sealed), last) + nonce + sealed)
        self._number += 1


def _write_frames(out: BinaryIO, stream: BinaryIO, key: bytes, limit: int | None) -> tuple[str, int]:
    going = Writing(out, key)
    while chunk := stream.read(FRAME):
        going.write(chunk)
        if limit is not None and going.size > limit:
            raise TooLarge(_("The file is larger than %(limit)s MB.", limit=limit // 1_000_000))
    return going.finish(), going.size


def _read_frames(file: BinaryIO, cipher: AESGCM) -> Iterator[bytes]:
    if file.read(len(MAGIC)) != MAGIC:
        raise InvalidTag
    number = 0
    while True:
        length, last = struct.unpack(">I?", file.read(5))
        nonce = file.read(NONCE)
        sealed = file.read(length) if length <= FRAME + TAG else b""
        if len(nonce) != NONCE or len(sealed) != length:
            raise InvalidTag
        plain = cipher.decrypt(nonce, sealed, _frame_aad(number, last))
        if last and file.read(1):
            raise InvalidTag  # something was added behind the end
        yield plain
        if last:
            return
        number += 1


def _frame_aad(number: int, last: bool) -> bytes:
    return struct.pack(">Q?", number, last)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
