"""Tables that this house lays out itself: answers to request packages (CK-11), payment lists of a month (NM-20).

They are read like any file of a department, by the same limited child; `kind_of` is what it looks kinds up in.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from sources.categories import (
    AMOUNT,
    CATEGORIES,
    CERTIFICATE,
    IDENTITY,
    MONTH,
    NAME,
    READABLE,
    TEXT,
    Category,
    Field,
    SubjectColumns,
)

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


_PAYEE = READABLE["PENRCV"].fields[:2]
PAYMENTS = Category(
    "PAYMENTS",
    "资金发放名单",
    (
        Field("number", IDENTITY, (*_PAYEE[0].labels, "领款人身份证号", "户主身份证号", "户主身份证号码"), column=True),
        Field("name", NAME, (*_PAYEE[1].labels, "领款人", "领款人姓名", "户主姓名", "户名")),
        Field("item", TEXT, ("救助类别", "救助类型", "发放项目", "资金项目", "补贴项目", "项目名称"), True, True),
        Field("area", TEXT, ("城乡类别", "城乡属性", "城乡")),
        Field("month", MONTH, ("发放月份", "所属月份", "月份", "所属期", "发放年月")),
        Field("amount", AMOUNT, ("发放金额", "实发金额", "金额", "应发金额", "补助金额"), True, True),
    ),
    (SubjectColumns("number", "name"),),
    "month",
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
    if code == PAYMENTS.code:
        return PAYMENTS
    return answer_of(code.removesuffix(ANSWER)) if code.endswith(ANSWER) else READABLE[code]
