"""What a kind of file is made of, and the words for a person that all of them share."""

from __future__ import annotations

from dataclasses import dataclass

TEXT, DATE, MONTH, AMOUNT, NUMBER = "text", "date", "month", "amount", "number"
IDENTITY, CERTIFICATE, NAME = "identity", "certificate", "name"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: code used in results, kind of value, labels of headings (the first is the official one).

    required: a row without it is rejected. column: a file without the column is refused (required implies it).
    """

    code: str
    kind: str
    labels: tuple[str, ...]
    required: bool = False
    column: bool = False


@dataclass(frozen=True, slots=True)
class SubjectColumns:
    """Where a person stands in a row: codes of the number and name fields, the role, several in one cell or not."""

    number: str
    name: str
    role: str = ""
    several: bool = False


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of file. subjects is empty for files that are not matched (declarations).

    dated_by: code of the field that says of which day or month the row speaks; "" when the delivery's date holds.
    """

    code: str
    chinese: str
    fields: tuple[Field, ...]
    subjects: tuple[SubjectColumns, ...] = ()
    dated_by: str = ""


def field(code: str, kind: str, labels: str, *, required: bool = False, column: bool = False) -> Field:
    """A field; labels are parted by blanks."""
    return Field(code, kind, tuple(labels.split()), required, required or column)


NUMBERS = (
    "身份证号 身份证号码 公民身份号码 公民身份证号 公民身份证号码 居民身份证号 居民身份证号码 证件号码 证件号 "
    "身份证件号码 身份证件号 身份证明号码 社会保障号码 社会保障号 社保号 身份号码 客户证件号码"
)
NAMES = "姓名 人员姓名 客户姓名"
PERSON = (field("number", IDENTITY, NUMBERS, required=True), field("name", NAME, NAMES))
ONE = (SubjectColumns("number", "name"),)
EMPLOYERS = "单位名称 工作单位 缴存单位 用人单位 所在单位"


def person(numbers: str, names: str) -> tuple[Field, Field]:
    """The two fields of a person where a kind of file has words of its own for them."""
    return (
        field("number", IDENTITY, f"{numbers} {NUMBERS}", required=True),
        field("name", NAME, f"{names} {NAMES}"),
    )
