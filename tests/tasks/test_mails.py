"""Mail: a number and a link, once, to a confirmed address; refused for good, refused for now, over TLS."""

from __future__ import annotations

import base64
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from domain.agenda import AgendaItem
from domain.errors import Conflict, InvalidAnswers, OperationFailed
from domain.home import Home
from domain.outbox import OutboxMessage
from domain.parties import staff
from domain.parties.reach import MailAddress
from domain.parties.throttle import Throttled
from domain.work import SCHEDULER, Work, unit_of_work
from exchange import mail
from scheduler import tick
from tasks.pages import notice_pages
from tasks.terms import mails, notifications
from tests.homes import Office


class Sink:
    """A mail server of the test's own: takes what comes, answers as it is told."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.mails: list[str] = []
        self.answers: dict[str, str] = {}  # verb -> answer in place of the usual one
        self._context = context
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._door.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _address = self._door.accept()
            except OSError:
                return
            try:
                self._talk(line)
            except OSError:
                continue
            finally:
                line.close()

    def _take(self, stream: Any) -> None:
        lines: list[str] = []
        while (one := stream.readline().decode()) not in (".\r\n", ""):
            lines.append(one)
        self.mails.append("".join(lines))

    def _talk(self, line: socket.socket) -> None:
        stream = line.makefile("rwb")

        def say(text: str) -> None:
            stream.write(f"{text}\r\n".encode())
            stream.flush()

        say("220 sink")
        while words := stream.readline().decode():
            verb = words.split()[0].upper().partition(":")[0]
            if verb in self.answers:
                say(self.answers[verb])
            elif verb == "EHLO":
                say("250-sink\r\n250 STARTTLS" if self._context else "250 sink")
            elif verb == "STARTTLS" and self._context:
                say("220 go on")
                line = self._context.wrap_socket(line, server_side=True)
                stream = line.makefile("rwb")
            elif verb == "DATA":
                say("354 go on")
                self._take(stream)
                say(self.answers.get("END", "250 taken"))
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 yes")


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.close()


@pytest.fixture
def house(office: Office, sink: Sink) -> Home:
    """The office's home with a mail server."""
    object.__setattr__(office.home, "settings", with_mail(office.home, sink.port))
    return office.home


def with_mail(home: Home, port: int, **more: Any) -> Any:
    return replace(
        home.settings, mail_host="127.0.0.1", mail_port=port, mail_from="hedui@example.gov.cn",
        mail_link="https://hedui.example", **{"mail_tls": "none", **more},
    )  # fmt: skip


def text_of(raw: str) -> str:
    head, _blank, body = raw.partition("\r\n\r\n")
    assert "base64" in head
    return base64.b64decode(body).decode()


def confirmed(office: Office, login: str = "handler", *, digest: bool = False) -> None:
    """A confirmed address of somebody, by the code that came to it."""
    with unit_of_work(office.home, office.actor(login)) as work:
        mails.set_address(work, f"{login}@example.gov.cn")
        row = work.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
        assert row is not None
        body: Any = work.home.vault.open_json("outbox_message.body", row.ref, row.body)
    with unit_of_work(office.home, office.actor(login)) as work:
        mails.confirm(work, body["code"])
        mails.set_digest(work, digest)
    office.sweep()


def tell(office: Office, key: str, login: str = "handler") -> None:
    with unit_of_work(office.home, SCHEDULER) as work:
        person = staff.by_login(work, login).id
        notifications.notify(work, [person], "task.reminded", key=key)


def outgoing(work: Work, key: str = "mail:") -> OutboxMessage:
    return work.session.scalars(select(OutboxMessage).where(OutboxMessage.key.startswith(key))).one()


def test_a_mail_says_how_many_and_where_and_nothing_else_and_goes_out_once(
    office: Office, house: Home, sink: Sink
) -> None:
    confirmed(office)
    assert "确认码" in text_of(sink.mails[0])
    tell(office, "one")
    office.sweep()
    office.sweep()
    assert len(sink.mails) == 2
    raw, text = sink.mails[1], text_of(sink.mails[1])
    assert "1 条未读提醒" in text
    assert "https://hedui.example/notices/" in text
    with unit_of_work(office.home, SCHEDULER, write=False) as work:
        assert staff.by_login(work, "handler").name not in raw + text
        row = outgoing(work)
        assert row.sent_at is not None
        stable = mails.message_id(work.home.row(work.session).home_ref, row.key, "hedui@example.gov.cn")
    assert f"Message-ID: <{stable}>" in raw.replace("\r\n ", " ")
    assert "Auto-Submitted: auto-generated" in raw


def test_without_a_server_without_an_address_or_switched_off_nothing_goes_out(
    office: Office, sink: Sink, house: Home
) -> None:
    tell(office, "no address")
    confirmed(office)
    with unit_of_work(office.home, office.actor("handler")) as work:
        notice_pages.choose(work, {"task.mentioned": "none", "term.overdue": "none"})
        chosen = {one.kind: one.channel for one in notice_pages.choices(work)}
        assert (chosen["task.mentioned"], chosen["term.overdue"]) == ("none", "page"), "a duty cannot be switched off"
    with unit_of_work(office.home, SCHEDULER) as work:
        person = staff.by_login(work, "handler").id
        assert notifications.notify(work, [person], "task.mentioned", key="off") == 0
        assert notifications.notify(work, [person], "term.overdue", key="on") == 1
    office.sweep()
    assert len(sink.mails) == 1, "only the code"


def test_an_address_that_is_refused_for_good_is_noted_and_not_tried_again(
    office: Office, house: Home, sink: Sink
) -> None:
    confirmed(office)
    sink.answers["RCPT"] = "550 no such user"
    tell(office, "one")
    office.sweep()
    with unit_of_work(office.home, SCHEDULER, write=False) as work:
        row = outgoing(work)
        assert (row.sent_at, row.refused_at is not None) == (None, True)
        assert work.session.scalars(select(MailAddress.failed_at)).one() is not None
    tell(office, "two")
    with unit_of_work(office.home, SCHEDULER, write=False) as work:
        outgoing(work)  # still one: the address is not used any more


def test_a_server_that_is_busy_is_asked_again_later_and_takes_it_then(office: Office, house: Home, sink: Sink) -> None:
    confirmed(office)
    sink.answers["RCPT"] = "451 come back"
    tell(office, "one")
    office.sweep()
    with unit_of_work(office.home, SCHEDULER) as work:
        item = work.session.scalars(select(AgendaItem).where(AgendaItem.key.startswith("send:mail:"))).one()
        assert (item.done_at, item.attempts, item.parked) == (None, 1, False)
        assert item.not_before is not None
        work.session.execute(update(AgendaItem).where(AgendaItem.id == item.id).values(not_before=None))
    sink.answers.clear()
    tick.sweep(office.home, "again", most=5)
    assert len(sink.mails) == 2


def test_one_mail_a_day_gathers_what_is_unread(office: Office, house: Home, sink: Sink) -> None:
    confirmed(office, digest=True)
    for number in range(3):
        tell(office, f"n{number}")
    office.sweep()
    assert len(sink.mails) == 1
    office.advance("2027-05-19T09:00:00+08:00")
    assert len(sink.mails) == 2
    assert "3 条未读提醒" in text_of(sink.mails[1])
    office.advance("2027-05-21T09:00:00+08:00")
    assert len(sink.mails) == 2, "nothing new, no mail"


def test_an_address_is_used_only_after_the_code_and_wrong_codes_end_it(office: Office, house: Home) -> None:
    with unit_of_work(office.home, office.actor("handler")) as work:
        for wrong in ("", "x", "a@b\nBcc: c@d", "a..b@example.cn", "name <a@b.cn>"):
            with pytest.raises(InvalidAnswers):
                mails.set_address(work, wrong)
        mails.set_address(work, "handler@example.gov.cn")
    for _try in range(mails.CODE_TRIES):
        with unit_of_work(office.home, office.actor("handler")) as work, pytest.raises(InvalidAnswers):
            mails.confirm(work, "nothing")
        with unit_of_work(office.home, office.actor("handler")) as work:
            mails.note_wrong(work)
    with unit_of_work(office.home, office.actor("handler")) as work, pytest.raises(Conflict):
        mails.confirm(work, "000000")
    with unit_of_work(office.home, office.actor("handler")) as work:
        for _more in range(mails.CODES_A_DAY - 1):
            mails.set_address(work, "handler@example.gov.cn")
        with pytest.raises(Throttled):
            mails.set_address(work, "handler@example.gov.cn")
        raw = work.session.scalars(select(MailAddress.address)).one()
        assert b"handler" not in raw


@pytest.fixture
def certified(tmp_path: Path) -> Callable[[], tuple[Sink, Path]]:
    """A mail server with a certificate of its own, and the file by which it is known."""
    pem, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
         "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out",
         str(pem)], check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return lambda: (Sink(context), pem)


def test_a_protected_server_is_believed_only_by_its_certificate(
    office: Office, certified: Callable[[], tuple[Sink, Path]]
) -> None:
    sink, pem = certified()
    letter = mails.Letter("a@example.cn", "主题", "正文", "abc@example.cn", "zh", office_now(office))
    known = with_mail(office.home, sink.port, mail_tls="starttls", mail_ca=str(pem))
    assert mail.trouble(known) == ""
    assert mail.send(known, letter) == ""
    unknown = with_mail(office.home, sink.port, mail_tls="starttls")
    assert "SSL" in mail.trouble(unknown)
    with pytest.raises(OperationFailed):
        mail.send(unknown, letter)
    assert len(sink.mails) == 1
    sink.close()


def office_now(office: Office) -> Any:
    with unit_of_work(office.home, SCHEDULER, write=False) as work:
        return work.now
