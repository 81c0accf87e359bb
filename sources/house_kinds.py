"""Tables that this house lays out itself: answers to request packages (CK-11).

They are read like any file of a department, by the same limited child; `kind_of` is what it looks kinds up in.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from sources.categories import CATEGORIES, CERTIFICATE, IDENTITY, READABLE, TEXT, Category, Field

ANSWER = ".ANSWER"
PACKAGE, TOKEN, OUTCOME, REMARK = "package_number", "package_token", "package_outcome", "package_remark"
# what our own file calls its columns; a department may add others and leave those of content empty
PACKAGE_LABEL, TOKEN_LABEL, OUTCOME_LABEL, REMARK_LABEL = "请求包号", "行识别码", "查询结果", "查询说明"
OWN_FIELDS = (
    Field(PACKAGE, TEXT, (PACKAGE_LABEL, "请求包编号", "包号")),
    Field(TOKEN, TEXT, (TOKEN_LABEL, "识别码"), column=True),
    Field(OUTCOME, TEXT, (OUTCOME_LABEL, "反馈结果"), column=True),
    Field(REMARK, TEXT, (REMARK_LABEL, "反馈说明")),
)


@cache
def answer_of(code: str) -> Category:
    """The kind in which a category is answered for the persons of a package: its own fields and ours.

    None of its own is required in a row, for a person without a record has none. Raises KeyError.
    """
    kind = CATEGORIES[code]
    numbers = {one.number for one in kind.subjects}
    loose = tuple(replace(field, required=False, column=field.code in numbers) for field in kind.fields)
    return Category(f"{code}{ANSWER}", kind.chinese, (*OWN_FIELDS, *loose), kind.subjects, kind.dated_by)


def columns_to_fill(code: str) -> tuple[Field, ...]:
    """Fields of a category that a department fills in: all but the persons', which we know. Raises KeyError."""
    kind = CATEGORIES[code]
    known = {one.name for one in kind.subjects}
    return tuple(
        field for field in kind.fields if field.kind not in (IDENTITY, CERTIFICATE) and field.code not in known
    )


def kind_of(code: str) -> Category:
    """The kind of this code, a category, a declaration or one of our own. Raises KeyError."""
    return answer_of(code.removesuffix(ANSWER)) if code.endswith(ANSWER) else READABLE[code]
