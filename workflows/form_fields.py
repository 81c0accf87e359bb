"""What a form is made of: its components as the check read them, and which of a form file the pages obey (walls 20)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from decisions import feel
from domain.text import Text

INPUTS = frozenset(
    {
        "textfield",
        "textarea",
        "number",
        "datetime",
        "checkbox",
        "checklist",
        "radio",
        "select",
        "filepicker",
        "dynamiclist",
    }
)
FILES = "filepicker"
COMPUTED = "expression"  # what the form works out by itself: shown and kept, never sent
ANSWERED = INPUTS | {COMPUTED}
SHOWN = frozenset({"text", "group"})
ROUTABLE = frozenset({"number", "checkbox", "radio", "select", COMPUTED})
CHOICES = frozenset({"radio", "select", "checklist"})
# what may stand in a column of the inbox; a text only up to so many letters, since it is found as a whole
INBOX, LONGEST_IN_INBOX = frozenset({"number", "checkbox", "radio", "select", "datetime", "textfield"}), 60
DEEPEST = 3
# what of a component the pages obey; `layout` and `id` are the editor's own
ATTRIBUTES = frozenset(
    (
        "type id key path label text description properties values validate subtype dateLabel components"
        " defaultValue layout decimalDigits conditional expression computeOn accept multiple"
    ).split()
)
VALIDATE = frozenset({"required", "maxLength", "min", "max"})
CONDITIONAL = frozenset({"hide"})
PROPERTIES = frozenset(
    (
        "label.en description.en text.en route actions rows options suffix suffix.en width show"
        " check check.message check.message.en required.when help help.en example example.en source"
        " inbox rows.min rows.max row.title row.title.en files.most files.size"
    ).split()
)
# what the program itself can fill into a form, by the properties `rows` and `options` (tasks.pages.options)
ROW_SOURCES = frozenset({"members", "recheck_items", "name_hints", "disputed"})
OPTION_SOURCES = frozenset({"members", "guardians", "categories", "resources", "agreed_fields"})
KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,47}")
LONGEST = 8_000
MOST_ROWS = 200
MOST_RULES = 300
MOST_FILES = 20
CONFIRMED = "_confirmed"  # beside the answers: why a warning of the form was passed over, by its id; no key begins so
# what a field may take of files: how its name ends -> media type
FILE_TYPES = {
    "pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Option:
    """A choice: value, Chinese label, English label."""

    value: str
    label: str
    label_en: str


class OwnersText(Text):
    """A sentence that the process's owner wrote, in both languages. Whoever shows it chooses (`text`)."""

    __slots__ = ("en",)

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh, {})
        self.en = en

    def text(self, locale: str) -> str:
        """In the language of `locale`."""
        return self.en if locale.startswith("en") and self.en else self.source

    def __str__(self) -> str:
        return self.source


@dataclass(frozen=True, slots=True)
class Rule:
    """An expression over the answers of a form. origin: "hide", "show" (the simple equality), "check", "needed" (when a
    field must be filled in), "compute" (a calculated field) or "rule" (of the form as a whole).

    names: keys of the form or of the same row that it speaks of, `this` resolved.
    """

    text: str
    origin: str
    expression: feel.Expression = field(compare=False, repr=False)
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FormRule:
    """A rule of the form as a whole: true of the answers, else `message` stands at the fields it concerns.

    warning: whoever confirms it with a reason passes. source: the clause it follows, "" for none.
    """

    key: str
    rule: Rule
    fields: tuple[str, ...]
    message: OwnersText
    warning: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One component. `fields` are the columns of a dynamiclist; `rows`/`options_from` name program-filled sources.

    show: (field, values): the simple condition as it is written; `outside`: that field stands outside this one's row.
    hides: the field is neither drawn, required nor kept while one of them is true: its own, its groups', and `show`.
    check: must be true of the answers, else `message` stands at the field.
    inbox: a column of the list of tasks.
    mark: what a text is called among what can be hidden; a field is called by its key. ident: the editor's own id.
    needed: must be filled in while this is true. compute: what a calculated field is worth.
    guide: a longer help; example: what a right answer looks like; source: the clause that asks for it.
    least_rows, most_rows, row_title: of a list that people add to; "{n}" in the title is the row's number.
    most_files, file_size (bytes, 0: the office's limit), file_types (media types, empty: what the office takes).
    """

    kind: str
    key: str
    label: str
    label_en: str
    hint: str = ""
    hint_en: str = ""
    required: bool = False
    route: bool = False
    actions: bool = False
    inbox: bool = False
    options: tuple[Option, ...] = ()
    options_from: str = ""
    rows: str = ""
    fields: tuple[FieldSpec, ...] = ()
    least: Decimal | None = None
    most: Decimal | None = None
    longest: int = LONGEST
    digits: int | None = None
    suffix: str = ""
    suffix_en: str = ""
    default: Any = None
    show: tuple[str, tuple[str, ...]] | None = None
    outside: bool = False
    hides: tuple[Rule, ...] = ()
    check: Rule | None = None
    message: OwnersText | None = None
    mark: str = ""
    ident: str = ""
    needed: Rule | None = None
    compute: Rule | None = None
    guide: OwnersText | None = None
    example: OwnersText | None = None
    source: str = ""
    least_rows: int = 0
    most_rows: int = MOST_ROWS
    row_title: OwnersText | None = None
    most_files: int = MOST_FILES
    file_size: int = 0
    file_types: frozenset[str] = frozenset()

    @property
    def asked(self) -> bool:
        """True when only the server can tell whether it is hidden."""
        return any(rule.origin == "hide" for rule in self.hides)

    @property
    def accepts(self) -> str:
        """How names of files end that a field takes, as a page's field says it."""
        return ",".join(f".{end}" for end, one in FILE_TYPES.items() if not self.file_types or one in self.file_types)

    def text(self, locale: str) -> str:
        """The label in the language of `locale`."""
        return self.label_en or self.label if locale.startswith("en") else self.label

    def unit(self, locale: str) -> str:
        """What stands behind the figure, in the language of `locale`."""
        return self.suffix_en or self.suffix if locale.startswith("en") else self.suffix

    def help(self, locale: str) -> str:
        """The hint in the language of `locale`."""
        return self.hint_en or self.hint if locale.startswith("en") else self.hint
