"""By what a device is known: a certificate to sign with and one to encrypt for, as two PEM blocks (X.509; LN-31).

The second is issued by the first, so that whoever knows the first cannot be given another to encrypt for. A device is
named by the SHA-256 of its first certificate: that is what two administrators read to each other over the telephone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from domain.errors import InvalidAnswers
from domain.text import gettext as _

RAW = 32  # bytes of each private key
LONGEST = 20_000  # signs of the two PEM blocks
_EARLIER = timedelta(minutes=5)  # two machines' clocks differ


@dataclass(frozen=True, slots=True)
class Device:
    """What a certificate says. home_ref: of the service it belongs to. office: code of the office that answers for it.

    fingerprint: SHA-256 of the signing certificate, 64 hexadecimal signs. valid_from/valid_until: instants in UTC.
    """

    fingerprint: str
    home_ref: str
    office: str
    valid_from: datetime
    valid_until: datetime
    pem: str
    _verifying: Ed25519PublicKey = field(repr=False)
    agreeing: X25519PublicKey = field(repr=False)

    def signed(self, data: bytes, signature: bytes) -> bool:
        """True when this device signed exactly these bytes."""
        try:
            self._verifying.verify(signature, data)
        except InvalidSignature:
            return False
        return True

    def valid(self, at: datetime) -> bool:
        """True from the certificate's first instant on, until its last."""
        return self.valid_from <= at < self.valid_until


@dataclass(frozen=True, slots=True)
class OwnDevice:
    """A device of this service with its private keys."""

    device: Device
    signing: Ed25519PrivateKey = field(repr=False)
    agreeing: X25519PrivateKey = field(repr=False)

    @property
    def secret(self) -> bytes:
        """Both private keys, 64 bytes, to be sealed at rest."""
        return self.signing.private_bytes_raw() + self.agreeing.private_bytes_raw()


def make(home_ref: str, office: str, now: datetime, *, days: int) -> OwnDevice:
    """A new device of the service `home_ref`, for which the office with the code `office` answers."""
    signing, agreeing = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
    name = x509.Name([
        x509.NameAttribute(NameOID.SERIAL_NUMBER, home_ref), x509.NameAttribute(NameOID.ORGANIZATION_NAME, office),
    ])  # fmt: skip
    pem = ""
    for key in (signing.public_key(), agreeing.public_key()):
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _EARLIER)
            .not_valid_after(now + timedelta(days=days))
            .sign(signing, None)
        )
        pem += made.public_bytes(Encoding.PEM).decode()
    return OwnDevice(read(pem), signing, agreeing)


def own(pem: str, secret: bytes) -> OwnDevice:
    """A device of this service from what was kept. Raises InvalidAnswers when keys and certificates are not a pair."""
    signing = Ed25519PrivateKey.from_private_bytes(secret[:RAW])
    agreeing = X25519PrivateKey.from_private_bytes(secret[RAW:])
    device = read(pem)
    ours = (signing.public_key().public_bytes_raw(), agreeing.public_key().public_bytes_raw())
    if ours != (device._verifying.public_bytes_raw(), device.agreeing.public_bytes_raw()):
        raise _bad(_("The keys do not belong to this certificate."))
    return OwnDevice(device, signing, agreeing)


def read(pem: str) -> Device:
    """What two certificates say. Raises InvalidAnswers (field `certificate`) with what is wrong with them."""
    if len(pem) > LONGEST:
        raise _bad(_("This is no certificate of a device: it is too long."))
    try:
        found = x509.load_pem_x509_certificates(pem.encode())
        signing, agreeing = (one.public_key() for one in found)
    except (ValueError, TypeError) as problem:
        raise _bad(_("A device has two certificates, one to sign with and one to encrypt for.")) from problem
    if not isinstance(signing, Ed25519PublicKey) or not isinstance(agreeing, X25519PublicKey):
        raise _bad(_("The first certificate must hold an Ed25519 key, the second an X25519 key."))
    first, second = found
    try:
        first.verify_directly_issued_by(first)
        second.verify_directly_issued_by(first)
    except (ValueError, TypeError, InvalidSignature) as problem:
        raise _bad(_("The certificate to encrypt for was not issued by the one to sign with.")) from problem
    return Device(
        fingerprint=hashlib.sha256(first.public_bytes(Encoding.DER)).hexdigest(),
        home_ref=_said(first, NameOID.SERIAL_NUMBER),
        office=_said(first, NameOID.ORGANIZATION_NAME),
        valid_from=max(first.not_valid_before_utc, second.not_valid_before_utc),
        valid_until=min(first.not_valid_after_utc, second.not_valid_after_utc),
        pem="".join(one.public_bytes(Encoding.PEM).decode() for one in found),
        _verifying=signing,
        agreeing=agreeing,
    )


def _said(certificate: x509.Certificate, what: x509.ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(what)
    value = str(found[0].value) if len(found) == 1 else ""
    if not value or len(value) > 64:
        raise _bad(_("The certificate does not say which service and office the device belongs to."))
    return value


def _bad(sentence: object) -> InvalidAnswers:
    return InvalidAnswers({"certificate": sentence}, sentence)
