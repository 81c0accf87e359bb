"""Every kind of file that can be read, by its code: all categories of `policies/categories.toml` (model 2.3).

What each file says stands in `sources.kinds`. A heading matches when it equals one of a field's labels after folding
(NFKC, no blanks, brackets dropped if need be). Labels that mean different things in different files stand only where
safe; a kind whose person and money columns are like another's has one column more that only it has.
"""

from __future__ import annotations

from domain.text import Name
from sources.kinds.assist import ASSIST
from sources.kinds.basic import BASIC
from sources.kinds.contribution import CONTRIBUTION
from sources.kinds.declarations import HOUSEHOLDS, MEMBERS, SUPPORTERS
from sources.kinds.expenditure import EXPENDITURE
from sources.kinds.fields import (
    AMOUNT,
    CERTIFICATE,
    DATE,
    IDENTITY,
    MONTH,
    NAME,
    NUMBER,
    TEXT,
    Category,
    Field,
    SubjectColumns,
)
from sources.kinds.income import INCOME
from sources.kinds.property import PROPERTY
from sources.kinds.registration import REGISTRATION

__all__ = [
    "AMOUNT",
    "CATEGORIES",
    "CERTIFICATE",
    "DATE",
    "DECLARATIONS",
    "HOUSEHOLDS",
    "IDENTITY",
    "MEMBERS",
    "MONTH",
    "NAME",
    "NUMBER",
    "READABLE",
    "SUPPORTERS",
    "TEXT",
    "Category",
    "Field",
    "SubjectColumns",
    "title_of",
]

CATEGORIES: dict[str, Category] = {
    category.code: category
    for category in (*BASIC, *INCOME, *PROPERTY, *REGISTRATION, *CONTRIBUTION, *EXPENDITURE, *ASSIST)
}
DECLARATIONS: dict[str, Category] = {c.code: c for c in (HOUSEHOLDS, SUPPORTERS, MEMBERS)}
READABLE: dict[str, Category] = CATEGORIES | DECLARATIONS


def title_of(category: str, code: str, *, english: bool = False) -> str:
    """What a field is called: its official heading; in English, and where no file is read, its code in words."""
    known = CATEGORIES.get(category)
    found = next((one for one in known.fields if one.code == code), None) if known is not None else None
    return code.replace("_", " ") if english or found is None else found.labels[0]


def name_of(category: str, code: str) -> Name:
    """What a field is called in both languages, as a value of a sentence."""
    return Name(title_of(category, code), title_of(category, code, english=True))
