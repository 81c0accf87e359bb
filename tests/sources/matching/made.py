"""A few declared people, for tests of single rows."""

from __future__ import annotations

from datetime import date

from domain import identity
from sources.identify.candidates import KnownPeople

NUMBERS = [identity.make_demonstration(date(1960 + n, 1 + n, 3 + n), 100 + n) for n in range(6)]
KNOWN = KnownPeople([(NUMBERS[0], "何素丽"), (NUMBERS[1], "呼和·娜布其"), (NUMBERS[1], "何素丽"), (NUMBERS[2], "")])
