"""What a package is encrypted and hashed with: AES-GCM with SHA-256, SM4-GCM with SM3 (LN-31; RFC 8998).

Both suites agree on the key by X25519 (RFC 7748) with a key of the sender that is drawn anew for every package, and
draw it out by HKDF (RFC 5869) with the suite's own hash. The library has no SM2: whoever demands it needs a suite more,
which is why a package names its suite.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES, TAG_BYTES = 12, 16


class NotReadable(Exception):
    """The bytes do not open with this key: another key, or other bytes."""


@dataclass(frozen=True, slots=True)
class Suite:
    """name: as a package names it. key_bytes: length of the cipher's key. hash_name: of what stands as its hash."""

    name: str
    key_bytes: int
    hash_name: str
    _cipher: Callable[[bytes], BlockCipherAlgorithm]
    _hash: Callable[[], hashes.HashAlgorithm]

    def digest(self, data: bytes) -> str:
        """Hash in hexadecimal, 64 signs in either suite."""
        made = hashes.Hash(self._hash())
        made.update(data)
        return made.finalize().hex()

    def derive(self, shared: bytes, salt: bytes) -> bytes:
        """The package's key from what both sides have agreed on."""
        info = f"hedui-exchange/1|{self.name}".encode()
        return HKDF(self._hash(), self.key_bytes, salt, info).derive(shared)

    def seal(self, key: bytes, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        """Ciphertext with its tag behind it; `bound` is not encrypted and cannot be changed either."""
        sealing = Cipher(self._cipher(key), modes.GCM(nonce)).encryptor()
        sealing.authenticate_additional_data(bound)
        return sealing.update(data) + sealing.finalize() + sealing.tag

    def open(self, key: bytes, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        """The inverse of `seal`. Raises NotReadable."""
        if len(data) < TAG_BYTES:
            raise NotReadable
        opening = Cipher(self._cipher(key), modes.GCM(nonce, data[-TAG_BYTES:])).decryptor()
        opening.authenticate_additional_data(bound)
        try:
            return opening.update(data[:-TAG_BYTES]) + opening.finalize()
        except InvalidTag as problem:
            raise NotReadable from problem


AES = Suite("AES256-GCM-SHA256", 32, "SHA-256", algorithms.AES, hashes.SHA256)
SM4 = Suite("SM4-GCM-SM3", 16, "SM3", algorithms.SM4, hashes.SM3)
SUITES: dict[str, Suite] = {suite.name: suite for suite in (AES, SM4)}
