"""Why a package was not taken in: a code for programs, kept while the version lives, and a sentence (LN-31)."""

from __future__ import annotations

from domain.errors import HouseError
from domain.text import Text
from domain.text import gettext as _

TOO_LARGE, NOT_A_PACKAGE = "too_large", "not_a_package"
UNKNOWN_VERSION, UNKNOWN_SUITE, UNKNOWN_KIND = "unknown_version", "unknown_suite", "unknown_kind"
OTHER_RECIPIENT, UNKNOWN_SENDER = "other_recipient", "unknown_sender"
UNKNOWN_DEVICE, DEVICE_NOT_VALID = "unknown_device", "device_not_valid"
ALTERED, NOT_READABLE, BAD_BODY = "altered", "not_readable", "bad_body"
REUSED_REFERENCE, BUSY = "reused_reference", "busy"

SENTENCES: dict[str, Text] = {
    TOO_LARGE: _("The package is larger than this service takes."),
    NOT_A_PACKAGE: _("This is no package of the exchange."),
    UNKNOWN_VERSION: _("The package is of a version that this service does not know."),
    UNKNOWN_SUITE: _("The package is encrypted in a way that this service does not know."),
    UNKNOWN_KIND: _("The package is of a kind that this service does not know."),
    OTHER_RECIPIENT: _("The package is for another service."),
    UNKNOWN_SENDER: _("The package comes from a service that is not registered here."),
    UNKNOWN_DEVICE: _("The package comes from, or is for, a device that is not registered."),
    DEVICE_NOT_VALID: _("The device of this package is not approved, is withdrawn, or its certificate has run out."),
    ALTERED: _("The package was altered on its way, or was not signed by the device that it names."),
    NOT_READABLE: _("The package cannot be decrypted with the key of this device."),
    BAD_BODY: _("What the package says is not what its kind asks for."),
    REUSED_REFERENCE: _("Another package with the same reference was taken in before."),
    BUSY: _("Too many packages at once. Send it again later."),
}


class Refused(HouseError):
    """A package is not taken in. code: one of SENTENCES. place: where in the body, for BAD_BODY; never its content."""

    def __init__(self, code: str, place: str = "") -> None:
        super().__init__(SENTENCES[code], code=code, place=place)
        self.code, self.place = code, place
