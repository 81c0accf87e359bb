"""Signed and encrypted packages between services: schema `hedui-exchange/1` (LN-31, BX-31; docs/exchange.md).

A package is one JSON object in canonical form: texts only, names in order, no blanks, UTF-8. It has one way to be
written, so that an altered byte is found whatever byte it is. Whoever carries it reads who sends it to whom and of what
kind it is; what it says is encrypted for one device of the recipient. The signature covers every field but itself, the
body by the hash of its ciphertext, so that nothing is decrypted that was not signed by a device one knows.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from domain.wire import kinds
from domain.wire.refusals import (
    ALTERED,
    BAD_BODY,
    NOT_A_PACKAGE,
    NOT_READABLE,
    TOO_LARGE,
    UNKNOWN_KIND,
    UNKNOWN_SUITE,
    UNKNOWN_VERSION,
    Refused,
)
from exchange.certificates import Device, OwnDevice
from exchange.suites import NONCE_BYTES, SUITES, NotReadable, Suite

SCHEMA = "hedui-exchange/1"
LARGEST = 16_000_000  # bytes
MEDIA_TYPE = "application/vnd.hedui.exchange+json"
# every field of an envelope and the form of its text; "" is allowed for `answers` alone
_REF, _HEX64 = r"[0-9a-hjkmnp-tv-z]{26}", r"[0-9a-f]{64}"
_INSTANT = r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
FORMS: Mapping[str, re.Pattern[str]] = {
    "schema": re.compile(r"[a-z0-9/.-]{1,64}"),
    "suite": re.compile(r"[A-Z0-9-]{1,64}"),
    "kind": re.compile(r"[a-z_]{1,48}"),
    "ref": re.compile(_REF),
    "answers": re.compile(f"(?:{_REF})?"),
    "from": re.compile(_REF),
    "to": re.compile(_REF),
    "device": re.compile(_HEX64),
    "for_device": re.compile(_HEX64),
    "made_at": re.compile(_INSTANT),
    "ephemeral": re.compile(r"[0-9a-f]{64}"),
    "nonce": re.compile(r"[0-9a-f]{24}"),
    "hash": re.compile(_HEX64),
    "signature": re.compile(r"[0-9a-f]{128}"),
    "body": re.compile(r"[A-Za-z0-9+/]+={0,2}"),
}
_UNBOUND = ("hash", "body", "signature")  # made after what they speak of
_UNSIGNED = ("body", "signature")


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be said. ref: stable over every try. answers: the ref of the package it replies to, or ""."""

    ref: str
    kind: str
    body: Mapping[str, object] = field(repr=False)
    made_at: datetime
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A package of which nothing is believed yet. fields: as they stand there. data: the bytes that came."""

    fields: Mapping[str, str] = field(repr=False)
    data: bytes = field(repr=False)

    @property
    def suite(self) -> Suite:
        """What it is encrypted with."""
        return SUITES[self.fields["suite"]]

    @property
    def kind(self) -> str:
        """What kind it says it is."""
        return self.fields["kind"]

    @property
    def ref(self) -> str:
        """Its reference, the sender's own."""
        return self.fields["ref"]

    @property
    def made_at(self) -> datetime:
        """When the sender says it was made."""
        return datetime.fromisoformat(self.fields["made_at"])

    @property
    def digest(self) -> str:
        """The suite's hash of the bytes that came; a receipt says it."""
        return self.suite.digest(self.data)


def canonical(value: object) -> bytes:
    """The one way to write a value: names in order, no blanks, UTF-8 as it is."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def seal(letter: Letter, sender: OwnDevice, to: Device, suite: Suite) -> bytes:
    """A package for one device, signed by one of ours. Raises Refused (BAD_BODY, TOO_LARGE) before anything leaves."""
    kinds.check(letter.kind, letter.body)
    once = X25519PrivateKey.generate()
    fields = {
        "schema": SCHEMA, "suite": suite.name, "kind": letter.kind, "ref": letter.ref, "answers": letter.answers,
        "from": sender.device.home_ref, "to": to.home_ref, "device": sender.device.fingerprint,
        "for_device": to.fingerprint, "made_at": f"{letter.made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "ephemeral": once.public_key().public_bytes_raw().hex(), "nonce": os.urandom(NONCE_BYTES).hex(),
    }  # fmt: skip
    bound = canonical(fields)
    key = suite.derive(once.exchange(to.agreeing), bytes.fromhex(fields["nonce"]))
    content = suite.seal(key, bytes.fromhex(fields["nonce"]), canonical(letter.body), bound)
    fields |= {"hash": suite.digest(content)}
    fields |= {"signature": sender.signing.sign(canonical(fields)).hex(), "body": base64.b64encode(content).decode()}
    made = canonical(fields)
    if len(made) > LARGEST:
        raise Refused(TOO_LARGE)
    return made


def look(data: bytes) -> Envelope:
    """What stands outside on a package. Raises Refused: too large, no package, unknown version, suite or kind."""
    if len(data) > LARGEST:
        raise Refused(TOO_LARGE)
    fields = _parsed(data)
    if fields.get("schema") != SCHEMA:
        raise Refused(UNKNOWN_VERSION if isinstance(fields.get("schema"), str) else NOT_A_PACKAGE)
    known = {name: value for name, value in fields.items() if isinstance(value, str)}
    if known.keys() != FORMS.keys() or len(fields) != len(known) or canonical(fields) != data:
        raise Refused(NOT_A_PACKAGE)
    if not all(form.fullmatch(known[name]) for name, form in FORMS.items()):
        raise Refused(NOT_A_PACKAGE)
    if known["suite"] not in SUITES:
        raise Refused(UNKNOWN_SUITE)
    if known["kind"] not in kinds.KINDS:
        raise Refused(UNKNOWN_KIND)
    try:
        datetime.fromisoformat(known["made_at"])
    except ValueError as problem:
        raise Refused(NOT_A_PACKAGE) from problem
    return Envelope(known, data)


def unseal(envelope: Envelope, sender: Device, own: OwnDevice) -> dict[str, object]:
    """What a package says, once its hash and the signature of `sender` hold.

    Raises Refused: ALTERED (hash, signature, or a body that has two ways to be written), NOT_READABLE, BAD_BODY.
    """
    fields, suite = envelope.fields, envelope.suite
    content = _content(fields["body"])
    signed = canonical({name: value for name, value in fields.items() if name not in _UNSIGNED})
    if suite.digest(content) != fields["hash"] or not sender.signed(signed, bytes.fromhex(fields["signature"])):
        raise Refused(ALTERED)
    bound = canonical({name: value for name, value in fields.items() if name not in _UNBOUND})
    nonce = bytes.fromhex(fields["nonce"])
    try:
        agreed = own.agreeing.exchange(X25519PublicKey.from_public_bytes(bytes.fromhex(fields["ephemeral"])))
        said = suite.open(suite.derive(agreed, nonce), nonce, content, bound)
    except (NotReadable, ValueError) as problem:
        raise Refused(NOT_READABLE) from problem
    try:
        body = _parsed(said)
    except Refused as problem:
        raise Refused(BAD_BODY, "body") from problem
    kinds.check(envelope.kind, body)
    return body


def _content(text: str) -> bytes:
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise Refused(ALTERED) from problem
    if base64.b64encode(content).decode() != text:  # bits at the end that say nothing
        raise Refused(ALTERED)
    return content


def _parsed(data: bytes) -> dict[str, object]:
    try:
        found = json.loads(data.decode())
    except (ValueError, RecursionError) as problem:
        raise Refused(NOT_A_PACKAGE) from problem
    if not isinstance(found, dict):
        raise Refused(NOT_A_PACKAGE)
    return found
