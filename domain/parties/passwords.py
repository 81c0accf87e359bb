"""Passwords: Argon2id, and a judgement that knows the office's own bad habits (LF-28).

Hashing takes about a tenth of a second and 64 MiB, so it happens outside write transactions and at most two at a
time: a flood of sign-ins must not take the machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from domain.errors import HouseError
from domain.text import Text
from domain.text import gettext as _

LONGEST = 128
_ZXCVBN_LONGEST = 72
_LEAST_SCORE = 3
_LEAST_REST = 6
_WAIT_SECONDS = 10.0

# Words that passwords of this trade are made of: they count for nothing.
_TRADE_WORDS = (
    "hedui minzheng shehui jiuzhu dibao tekun diceng shouru jiating jingji zhuangkuang zhongxin shouquan weituo"
    " admin administrator root user guest test demo system manager password passwd mima woaini iloveyou welcome"
    " letmein login qwert asdf zxcv abc abcd abcde a1b2c3 wang zhang li liu chen beijing zhongguo china liaoning"
    " shenyang benxi pingshan xihu mingshan nanfen huanren gaoxin linfen chengkou chongqing neimeng neimenggu hohhot"
).split()
_WALKS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "abcdefghijklmnopqrstuvwxyz", "1qaz2wsx3edc4rfv5tgb6yhn")
_LEET = str.maketrans({"@": "a", "4": "a", "3": "e", "1": "i", "!": "i", "0": "o", "$": "s", "5": "s", "7": "t"})


class Busy(HouseError):
    """Too many passwords are being checked at this moment."""


class Passwords:
    """Hashes and checks. time_cost: passes; memory_kib: KiB; parallelism: lanes; at_once: checks side by side."""

    def __init__(self, time_cost: int = 2, memory_kib: int = 64 * 1024, parallelism: int = 2, at_once: int = 2) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism)
        self._turns = BoundedSemaphore(at_once)
        self._dummy = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """The stored form of a password. Raises Busy."""
        with self._turn():
            return self._hasher.hash(password)

    def verify(self, stored: str, password: str) -> bool:
        """True when the password fits. "" (no account, no password yet) takes as long and is False. Raises Busy."""
        with self._turn():
            try:
                self._hasher.verify(stored or self._dummy, password[:LONGEST])
            except (VerificationError, InvalidHashError):
                return False
            return bool(stored)

    def outdated(self, stored: str) -> bool:
        """True when the stored form was made with other costs and should be made anew."""
        return self._hasher.check_needs_rehash(stored)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=_WAIT_SECONDS):
            raise Busy(_("Many people are signing in at this moment. Wait ten seconds and try again."))
        try:
            yield
        finally:
            self._turns.release()


@dataclass(frozen=True, slots=True)
class About:
    """What an attacker knows of a person: login, identity number, phone, and words such as the office's code."""

    login: str
    idno: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    words: tuple[str, ...] = ()


def weakness(password: str, about: About, least_length: int) -> Text | None:
    """What is wrong with a password, as a sentence for its owner; None when it is good enough.

    Length first, then personal data, then what is left when the habits of the trade are taken away
    (places, years, key walks, repeats), then zxcvbn's estimate.
    """
    if len(password) < least_length:
        return _("Use at least %(count)s characters. Four unrelated words are easy to remember.", count=least_length)
    if len(password) > LONGEST:
        return _("Use at most %(count)s characters.", count=LONGEST)
    lowered = password.lower()
    if any(part in lowered for part in _personal_parts(about)):
        return _("The password contains your login, identity number or telephone number. Choose another.")
    if len(set(_rest(lowered, about))) < _LEAST_REST:
        return _("The password is made of words, years or key rows that everybody tries first. Choose another.")
    known = [about.login, *about.words]
    if zxcvbn(password[:_ZXCVBN_LONGEST], user_inputs=known)["score"] < _LEAST_SCORE:
        return _("The password is easy to guess. Use four unrelated words or let a password safe make one.")
    return None


def _personal_parts(about: About) -> Iterator[str]:
    if len(about.login) >= 4:
        yield about.login.lower()
    for number in (about.idno.lower(), about.phone):
        yield from (number[start : start + 6] for start in range(len(number) - 5))


def _rest(lowered: str, about: About) -> str:
    """What remains of a password without words, years, walks and repeats; plain and with signs read as letters."""
    words = sorted({*_TRADE_WORDS, *_words_of(about)}, key=len, reverse=True)
    plain = _without(lowered, words)
    read = _without(lowered.translate(_LEET), words)
    return min(plain, read, key=lambda text: len(set(text)))


def _words_of(about: About) -> Iterable[str]:
    for text in (about.login, *about.words):
        yield from (word for word in re.split(r"[^a-z]+", text.lower()) if len(word) >= 3)


def _without(text: str, words: Iterable[str]) -> str:
    for word in words:
        text = text.replace(word, " ")
    text = re.sub(r"(19|20)\d\d", " ", text)
    text = re.sub(r"(.)\1{2,}", r"\1", text)
    for walk in (*_WALKS, *(walk[::-1] for walk in _WALKS)):
        for start in range(len(walk) - 2):
            # the longest piece of the walk first, down to three keys
            for end in range(len(walk), start + 2, -1):
                text = text.replace(walk[start:end], " ")
    return re.sub(r"\s+", "", text)
