"""What each kind of package says: its fields, in the words of the notices and the data elements they stand for (BX-31).

`term` is the Chinese name of the data element, as 居民家庭经济状况核对 uses it; `sensitive` is the mark that keeps a
field out of logs and lists. The body of MZ/T 073 is not part of this program, so no number of it is claimed here.
A field may be added in this version when it need not be given; whatever else changes needs a new version.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from domain.wire.refusals import BAD_BODY, Refused

ASSIST_REQUEST, ASSIST_ITEMS, ASSIST_ANSWER = "assist_request", "assist_items", "assist_answer"
ASSIST_TERMINATION, RECHECK_REQUEST = "assist_termination", "recheck_request"
RECEIPT, PROBE = "receipt", "probe"
TAKEN, REPEATED = "TAKEN", "REPEATED"
ROWS_MOST = 10_000
_REF = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_DIVISION = re.compile(r"[0-9]{6}(?:[0-9]{6})?")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Field:
    """One field. shape: a key of SHAPES, "one of" or "rows". longest: signs of a text. of: fields of each row, or the
    values of "one of"."""

    name: str
    term: str
    shape: str = "text"
    longest: int = 500
    required: bool = True
    sensitive: bool = False
    of: tuple[Field, ...] = ()
    values: tuple[str, ...] = ()


def _day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _instant(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _bytes(value: str) -> bool:
    try:
        return base64.b64encode(base64.b64decode(value, validate=True)).decode() == value
    except (binascii.Error, ValueError):
        return False


def _plain(value: str) -> bool:
    return "\0" not in value


SHAPES: Mapping[str, Callable[[str], object]] = {
    "text": _plain,
    "ref": _REF.fullmatch,
    "code": _CODE.fullmatch,
    "division": _DIVISION.fullmatch,
    "digest": _DIGEST.fullmatch,
    "day": _day,
    "instant": _instant,
    "bytes": _bytes,
}


def one_of(name: str, term: str, values: str) -> Field:
    """A field with one of these values, apart by blanks."""
    return Field(name, term, "one of", values=tuple(values.split()))


def rows(name: str, term: str, *of: Field, required: bool = True) -> Field:
    """A field with rows of fields."""
    return Field(name, term, "rows", required=required, of=of)


_REQUEST = Field("request", "协查申请标识", "ref")
_ITEM = Field("item", "协查分项标识", "ref")
_PERSON = Field("person", "核对对象标识", "ref")
_REASON = Field("reason", "原因", longest=2000)
_FILE = rows(
    "attachments", "附件",
    one_of("paper", "材料种类", "AUTHORISATION COMMISSION IDENTITY OTHER"), Field("file_name", "文件名", longest=200),
    Field("digest", "文件摘要（SHA-256）", "digest"),
    Field("content", "文件内容", "bytes", longest=8_000_000, sensitive=True), required=False,
)  # fmt: skip

KINDS: Mapping[str, tuple[Field, ...]] = {
    # DOC-02b; LN-03, LN-09
    ASSIST_REQUEST: (
        _REQUEST,
        Field("number", "协查申请编号", longest=64),
        one_of("case_kind", "业务类型", "NEW DYNAMIC RECHECK SUPPORTER"),
        one_of("reach", "协查范围", "INTRA_PROV CROSS_PROV"),
        Field("starter_office", "发起核对机构代码", "code"),
        Field("starter_name", "发起核对机构名称", longest=200),
        Field("target_division", "协查地行政区划代码", "division"),
        Field("commission_number", "委托书编号", longest=64),
        Field("commissioned_on", "委托日期", "day"),
        one_of("special_agreement", "是否有特别约定", "YES NO"),
        Field("reason", "协查事由", longest=2000),
        rows(
            "persons", "核对对象", _PERSON, Field("name", "姓名", longest=100, sensitive=True),
            Field("idno", "公民身份号码", longest=18, sensitive=True),
            Field("kinship", "与申请人关系", longest=64, required=False),
        ),
        rows(
            "items", "协查事项", _ITEM, Field("resource", "信息资源代码", "code"),
            Field("category", "信息类别", "code"),
        ),
        _FILE,
    ),
    # the assisting side's word: what it took on and until when; LN-04, LN-12, LN-13
    ASSIST_ITEMS: (
        _REQUEST,
        Field("received_at", "接收时间", "instant"),
        rows(
            "items", "协查事项", _ITEM, one_of("state", "受理状态", "OPEN QUEUED REFUSED"),
            Field("opens_on", "开放受理日期", "day", required=False),
            Field("due_on", "反馈期限", "day", required=False),
            Field("reason", "原因", longest=2000, required=False),
        ),
    ),
    # DOC-11b; LN-14, LN-23, LN-26
    ASSIST_ANSWER: (
        _REQUEST,
        _ITEM,
        one_of("state", "反馈状态", "ANSWERED NOT_OBTAINED EXPIRED"),
        Field("answered_at", "反馈时间", "instant"),
        Field("reason", "原因", longest=2000, required=False),
        rows(
            "results", "核对结果", _PERSON, one_of("state", "结果状态", "FOUND NOTHING NOT_OBTAINED"),
            rows(
                "values", "结果数据", Field("element", "数据元", "code"),
                Field("value", "数据值", longest=2000, sensitive=True), required=False,
            ),
        ),
    ),
    # DOC-31; LN-27
    ASSIST_TERMINATION: (
        _REQUEST,
        Field("ended_at", "终止时间", "instant"),
        _REASON,
        rows("items", "终止事项", _ITEM, required=False),
    ),
    # DOC-10; LN-17, LN-19
    RECHECK_REQUEST: (
        _REQUEST,
        Field("recheck", "复核申请标识", "ref"),
        _ITEM,
        _PERSON,
        Field("category", "信息类别", "code"),
        one_of("objector", "异议提出方", "DEPARTMENT OBJECT"),
        Field("applied_on", "复核申请日期", "day"),
        Field("reason", "异议理由", longest=2000, sensitive=True),
    ),
    # the hash of what came; LN-04, LN-31
    RECEIPT: (
        Field("package", "报文标识", "ref"),
        Field("digest", "报文摘要", "digest"),
        Field("received_at", "接收时间", "instant"),
        one_of("state", "接收状态", f"{TAKEN} {REPEATED}"),
    ),
    # says nothing: whether the line, the device and the version hold
    PROBE: (Field("mark", "测试标识", "code"),),
}  # fmt: skip


def check(kind: str, body: object) -> None:
    """Refuse a body that is not what its kind asks for. Raises Refused (BAD_BODY) naming the place, not the value."""
    _check(KINDS[kind], body, "")


def _check(fields: tuple[Field, ...], body: object, place: str) -> None:
    if not isinstance(body, dict):
        raise Refused(BAD_BODY, place or "body")
    known = {one.name for one in fields}
    if not known.issuperset(body):
        raise Refused(BAD_BODY, f"{place}?")
    for one in fields:
        if one.name in body:
            _check_value(one, body[one.name], place + one.name)
        elif one.required:
            raise Refused(BAD_BODY, place + one.name)


def _check_value(wanted: Field, value: object, place: str) -> None:
    if wanted.shape == "rows":
        if not isinstance(value, list) or len(value) > ROWS_MOST or (wanted.required and not value):
            raise Refused(BAD_BODY, place)
        for number, row in enumerate(value):
            _check(wanted.of, row, f"{place}[{number}].")
        return
    if not isinstance(value, str) or not _fits(wanted, value):
        raise Refused(BAD_BODY, place)


def _fits(wanted: Field, value: str) -> bool:
    if wanted.shape == "one of":
        return value in wanted.values
    if len(value) > wanted.longest or (wanted.required and not value):
        return False
    return bool(SHAPES[wanted.shape](value))


def table(kind: str) -> Iterator[str]:
    """The lines of docs/exchange.md for one kind."""
    yield "| Field | Data element | Shape | Given | Sensitive |"
    yield "| --- | --- | --- | --- | --- |"
    yield from _lines(KINDS[kind], "")


def _lines(fields: tuple[Field, ...], front: str) -> Iterator[str]:
    for one in fields:
        shape = ", ".join(one.values) or one.shape
        if one.shape in ("text", "bytes"):
            shape += f" ≤ {one.longest}"
        given, secret = "always" if one.required else "if any", "yes" if one.sensitive else ""
        yield f"| `{front}{one.name}` | {one.term} | {shape} | {given} | {secret} |"
        yield from _lines(one.of, f"{front}{one.name}[].")
