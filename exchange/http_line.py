"""The line between two services: one POST a package, nothing followed, nothing larger than a package read (BX-31)."""

from __future__ import annotations

import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from domain.errors import OperationFailed
from domain.settings import Settings
from domain.text import gettext as _
from exchange.packages import LARGEST, MEDIA_TYPE

PATH = "/api/exchange/v1/packages"
SECONDS = 20  # for each answer


def post(settings: Settings, address: str, package: bytes) -> tuple[int, bytes]:
    """Hand a package to the service at `address` (scheme, host and port). Status and body of its answer.

    Raises OperationFailed where nobody answers, the certificate does not hold, or the answer is no answer.
    """
    return request(settings, address, "POST", PATH, package, {"Content-Type": MEDIA_TYPE})


def request(
    settings: Settings, address: str, method: str, path: str, body: bytes, headers: dict[str, str]
) -> tuple[int, bytes]:
    """One request of any kind, as `post`."""
    where = urlsplit(address)
    connection = _connection(settings, where.scheme, where.hostname or "", where.port)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(LARGEST + 1)
    except (OSError, HTTPException) as trouble:
        raise OperationFailed(
            _("The other service cannot be spoken to: %(trouble)s.", trouble=type(trouble).__name__)
        ) from trouble
    finally:
        connection.close()


def _connection(settings: Settings, scheme: str, host: str, port: int | None) -> HTTPConnection:
    if scheme == "https":
        trusted = ssl.create_default_context(cafile=settings.exchange_ca or None)
        return HTTPSConnection(host, port, timeout=SECONDS, context=trusted)
    return HTTPConnection(host, port, timeout=SECONDS)
