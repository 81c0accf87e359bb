"""The one seam for secrets at rest: authenticated encryption, blind index, file keys (walls 10, 11).

Blob format: suite (1 byte) | key id (1) | nonce (12) | ciphertext with tag. Suite 1 is AES-256-GCM,
suite 2 SM4-GCM with SM3 (RFC 8998); both are always readable. The associated data is
"column|ref", so that a cell moved to another row does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import HouseError
from domain.text import gettext as _

SUITE_AES = 1
NONCE = 12
SHORTEST = 2 + NONCE + 16  # suite, key id, nonce, tag
BLIND_BYTES = 16
KEY_BYTES = 32
KEYFILE = "keys.json"
_BLOCK = 64  # of SHA-256, in bytes
_INNER, _OUTER = bytes(i ^ 0x36 for i in range(256)), bytes(i ^ 0x5C for i in range(256))
_ROW_HEAD = bytes((SUITE_AES, 0))


class KeysMissing(HouseError):
    """The key file is absent, unreadable or not ours."""


class Unreadable(HouseError):
    """A sealed value does not open: wrong key, changed bytes, or moved to another row."""


@dataclass(frozen=True)
class Keys:
    """Master keys: id (1..255) to 32 bytes. `current` seals; all of them open."""

    current: int
    masters: dict[int, bytes]

    @classmethod
    def create(cls, folder: Path) -> Keys:
        """Make a key file, mode 0600 in a 0700 folder. Raises KeysMissing when one is there already."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        keys = cls(1, {1: secrets.token_bytes(KEY_BYTES)})
        text = json.dumps({"current": 1, "masters": {str(i): k.hex() for i, k in keys.masters.items()}})
        try:
            handle = os.open(folder / KEYFILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as problem:
            raise KeysMissing(_("There are keys in this folder already; they are never overwritten.")) from problem
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        return keys

    @classmethod
    def read(cls, folder: Path) -> Keys:
        """Read the key file. Raises KeysMissing with the remedy."""
        path = folder / KEYFILE
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            masters = {int(i): bytes.fromhex(k) for i, k in content["masters"].items()}
            keys = cls(int(content["current"]), masters)
            if keys.current not in masters or any(len(master) != KEY_BYTES for master in masters.values()):
                raise ValueError("not a key file")
            return keys
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
            raise KeysMissing(
                _("The keys of this home cannot be read. Put keys.json back, or point HEDUI_KEYS at its folder.")
            ) from problem


class Vault:
    """Seals and opens values, makes blind indexes and per-purpose keys from the master keys."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._ciphers = {i: AESGCM(_derive(master, b"cell")) for i, master in keys.masters.items()}
        self._blind: dict[tuple[int, str], bytes] = {}
        self._purposes: dict[str, bytes] = {}

    def seal(self, column: str, ref: str, value: str | bytes) -> bytes:
        """Ciphertext of `value` for one cell; `column` is "table.column", `ref` the row's reference."""
        data = value.encode() if isinstance(value, str) else value
        nonce = os.urandom(NONCE)
        key_id = self._keys.current
        head = bytes((SUITE_AES, key_id))
        return head + nonce + self._ciphers[key_id].encrypt(nonce, data, _aad(column, ref))

    def open_bytes(self, column: str, ref: str, blob: bytes) -> bytes:
        """Plain bytes of a cell. Raises Unreadable."""
        if len(blob) < SHORTEST:
            raise Unreadable(_("A stored value does not open: it was changed or moved."), column=column)
        suite, key_id = blob[0], blob[1]
        cipher = self._ciphers.get(key_id) if suite == SUITE_AES else None
        if cipher is None:
            raise Unreadable(_("A stored value was sealed with a key that this home does not hold."), column=column)
        try:
            return cipher.decrypt(bytes(blob[2 : 2 + NONCE]), bytes(blob[2 + NONCE :]), _aad(column, ref))
        except InvalidTag as problem:
            raise Unreadable(_("A stored value does not open: it was changed or moved."), column=column) from problem

    def open(self, column: str, ref: str, blob: bytes) -> str:
        """Plain text of a cell. Raises Unreadable."""
        return self.open_bytes(column, ref, blob).decode()

    def seal_json(self, column: str, ref: str, value: object) -> bytes:
        """Ciphertext of a JSON value."""
        return self.seal(column, ref, json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    def open_json(self, column: str, ref: str, blob: bytes) -> object:
        """JSON value of a cell. Raises Unreadable."""
        value: object = json.loads(self.open_bytes(column, ref, blob))
        return value

    def blind(self, column: str, value: str, key_id: int | None = None) -> bytes:
        """Blind index for equality search: key id (1 byte) and 16 bytes of a keyed hash of the value.

        The value is normalised (NFKC, no white space, upper case) first; each column has its own key,
        so the same number does not join across columns.
        """
        chosen = key_id if key_id is not None else self._keys.current
        key = self._blind.get((chosen, column))
        if key is None:
            key = self._blind[chosen, column] = _derive(self._keys.masters[chosen], b"blind|" + column.encode())
        return bytes((chosen,)) + hmac.digest(key, _normal(value), "sha256")[:BLIND_BYTES]

    def blinder(self, column: str) -> Callable[[str], bytes]:
        """`blind` under the current key for a million values: the same bytes, the key hashed in once (RFC 2104)."""
        key_id = bytes((self._keys.current,))
        key = _derive(self._keys.masters[self._keys.current], b"blind|" + column.encode()).ljust(_BLOCK, b"\0")
        inner, outer = (hashlib.sha256(key.translate(pad)) for pad in (_INNER, _OUTER))

        def blind(value: str) -> bytes:
            first, last = inner.copy(), outer.copy()
            first.update(_normal(value))
            last.update(first.digest())
            return key_id + last.digest()[:BLIND_BYTES]

        return blind

    @property
    def current(self) -> int:
        """The id of the key that seals now."""
        return self._keys.current

    def key_of(self, sealed: bytes) -> int:
        """The id of the master key under which a value was sealed."""
        return sealed[1]

    def row_sealer(self, label: str, wrapped: bytes = b"") -> RowSealer:
        """Seals and opens the rows of one file, under a key of its own.

        Args:
            label: what the key is bound to.
            wrapped: the key of a file that exists, as `RowSealer.wrapped` gave it; empty: a new key.

        Raises Unreadable: the key was sealed with one that this home does not hold.
        """
        key = self.unwrap(wrapped, label) if wrapped else secrets.token_bytes(KEY_BYTES)
        return RowSealer(key, wrapped or self.wrap(key, label))

    def blind_all(self, column: str, value: str) -> list[bytes]:
        """The blind indexes under every key that is held, for searching while keys are being changed."""
        return [self.blind(column, value, key_id) for key_id in self._keys.masters]

    def mac(self, purpose: str, data: bytes) -> bytes:
        """Keyed hash (32 bytes) under the oldest key, so that chains stay checkable after a rotation."""
        return hmac.digest(self.purpose_key(purpose), data, "sha256")

    def purpose_key(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose ("journal", "session", ...)."""
        known = self._purposes.get(purpose)
        if known is None:
            oldest = self._keys.masters[min(self._keys.masters)]
            known = self._purposes[purpose] = _derive(oldest, b"purpose|" + purpose.encode())
        return known

    def fingerprints(self) -> dict[int, str]:
        """Id of every key that is held, with 16 hexadecimal digits that tell it from another and reveal nothing."""
        return {i: _derive(master, b"fingerprint").hex()[:16] for i, master in self._keys.masters.items()}

    def wrap(self, key: bytes, label: str) -> bytes:
        """A file's data key under the master key."""
        return self.seal("file.key", label, key)

    def unwrap(self, wrapped: bytes, label: str) -> bytes:
        """A file's data key. Raises Unreadable."""
        return self.open_bytes("file.key", label, wrapped)


class RowSealer:
    """Rows of one file under the file's own key: nonces are counted and so never repeat, and cost no random bytes.

    wrapped: the key, sealed by the master key. Form of a row: suite (1 byte) | 0 | nonce (12) | ciphertext with tag.
    """

    def __init__(self, key: bytes, wrapped: bytes) -> None:
        self.wrapped = wrapped
        self._cipher = AESGCM(key)
        self._count = 0

    def seal(self, place: str, value: bytes) -> bytes:
        """Ciphertext of a row; `place` is where it stands. Only the one writer of a new file may call it."""
        nonce = self._count.to_bytes(NONCE, "big")
        self._count += 1
        return _ROW_HEAD + nonce + self._cipher.encrypt(nonce, value, place.encode())

    def open(self, place: str, sealed: bytes) -> bytes:
        """The plain row. Raises Unreadable: changed, moved, or of another file."""
        if sealed[:2] != _ROW_HEAD or len(sealed) < SHORTEST:
            raise Unreadable(_("A stored value does not open: it was changed or moved."), column=place)
        try:
            return self._cipher.decrypt(sealed[2 : 2 + NONCE], sealed[2 + NONCE :], place.encode())
        except InvalidTag as problem:
            raise Unreadable(_("A stored value does not open: it was changed or moved."), column=place) from problem


def _normal(value: str) -> bytes:
    if value.isascii() and value.isalnum():
        return value.upper().encode()  # most are: eighteen figures
    return "".join(unicodedata.normalize("NFKC", value).split()).upper().encode()


def _derive(master: bytes, purpose: bytes) -> bytes:
    # One-step HKDF expand: the master is uniformly random, so no extract step is needed (RFC 5869 3.3).
    return hmac.digest(master, purpose + b"\x01", "sha256")


def _aad(column: str, ref: str) -> bytes:
    return f"{column}|{ref}".encode()


def fingerprint(data: bytes) -> str:
    """SHA-256 of `data` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
