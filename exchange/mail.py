"""Mail by SMTP: one message a connection, protected as the settings say; the server's answer decides what follows."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol

from domain.errors import OperationFailed
from domain.settings import Settings
from domain.text import gettext as _

SECONDS = 20  # for each answer of the server


class Letter(Protocol):
    """What is sent. message_id: without brackets."""

    @property
    def to(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def message_id(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def made_at(self) -> datetime: ...


def send(settings: Settings, letter: Letter) -> str:
    """Hand a mail to the server. "" when it took it; what it answered when it never will: the code alone where it does
    not know the address, "data" and the code where it does not want the mail.

    Raises OperationFailed where another try may help: nobody answers, the server asks to come back, its certificate
    does not hold. Addresses stand in no sentence.
    """
    try:
        with connected(settings) as server:
            server.send_message(message(settings, letter), settings.mail_from, [letter.to])
    except smtplib.SMTPRecipientsRefused as refused:
        return _judged(next(iter(refused.recipients.values()))[0])
    except smtplib.SMTPDataError as answer:
        return f"data {_judged(answer.smtp_code)}"
    except (OSError, smtplib.SMTPException) as trouble:
        raise OperationFailed(
            _("The mail server cannot be spoken to: %(trouble)s.", trouble=type(trouble).__name__)
        ) from trouble
    return ""


def message(settings: Settings, letter: Letter) -> EmailMessage:
    """The mail as it goes over the wire: plain text."""
    made = EmailMessage()
    made["From"] = settings.mail_from
    made["To"] = letter.to
    made["Subject"] = letter.subject
    made["Date"] = format_datetime(letter.made_at)
    made["Message-ID"] = f"<{letter.message_id}>"
    made["Auto-Submitted"] = "auto-generated"
    made["Content-Language"] = letter.language
    made.set_content(letter.text, cte="base64")
    return made


@contextmanager
def connected(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A connection over which mail may be handed in: protected and signed in. Raises OSError, SMTPException."""
    context = trusted(settings)
    if settings.mail_tls == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.mail_host, settings.mail_port, timeout=SECONDS, context=context
        )
    else:
        server = smtplib.SMTP(settings.mail_host, settings.mail_port, timeout=SECONDS)
    with server:
        if settings.mail_tls == "starttls":
            server.starttls(context=context)
        if settings.mail_user:
            server.login(settings.mail_user, password(settings))
        yield server


def trusted(settings: Settings) -> ssl.SSLContext:
    """By which certificates the server is known: the machine's, or those of the setting."""
    return ssl.create_default_context(cafile=settings.mail_ca or None)


def password(settings: Settings) -> str:
    """The password, from its file where one is named. Raises OSError."""
    if settings.mail_password_file:
        return Path(settings.mail_password_file).read_text(encoding="utf-8").strip()
    return settings.mail_password


def trouble(settings: Settings) -> str:
    """Why no mail can be handed in with these settings, "" when it can: connects, protects, signs in, sends nothing."""
    try:
        with connected(settings) as server:
            server.noop()
    except (OSError, smtplib.SMTPException) as problem:
        return type(problem).__name__
    return ""


def _judged(code: int) -> str:
    if 400 <= code < 500:
        raise OperationFailed(_("The mail server asks to come back later (%(code)s).", code=code))
    return str(code)
