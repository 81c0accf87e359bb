"""只核对，不认定 (LF-17): what an agency writes states what was found and never draws the department's conclusion."""

from __future__ import annotations

import re
import unicodedata

from documents.canonical import Document, texts
from domain.errors import Conflict
from domain.text import gettext as _

STATEMENT = "本报告仅供参考，不作认定。"
REFERENCE_ONLY = "仅供参考，不作认定"

_AID = "救助|低保|低收入|特困|保障|边缘|供养|刚性支出|支出型|救济"
_ACTS = "纳入|停止|停发|停保|退出|取消|清退|保留|续保|批准|救助|认定"
_CONCLUSIONS = re.compile(
    "|".join(
        (
            # 符合/不符合……条件
            r"(?:不|未|均|基本|完全|仍|已不|不再)?符合[^，。；,;.]{0,24}?(?:条件|标准|资格|要求|政策|范围|认定)",
            r"(?:条件|标准|资格)(?:不符|不相符|不符合|符合|具备|不具备)",
            r"不?(?:具备|满足|达到)[^，。；,;.]{0,16}?(?:资格|(?:救助|低保|保障|认定)条件)",
            # 建议纳入/停止……, 应予救助
            rf"(?:建议|拟|宜|不宜)(?:不予|予以|给予|继续|暂停|立即|及时)*(?:{_ACTS}|终止|享受|发放|确认为)",
            rf"(?:应当|应该|应|不应|不得|可以|可)(?:不予|予以|予|给予|继续|暂停|立即|及时)*(?:{_ACTS})",
            rf"(?:不予|予以|给予|准予|应予|同意|停止|取消|继续|暂停)其?[^，。；,;.]{{0,6}}?(?:{_AID}|认定|批准|纳入)",
            r"应保尽保|应退尽退",
            # a status declared: 认定为……; 不作认定 and 供认定参考 stay allowed
            rf"(?:认定|确认|判定|界定)其?(?:为|属于)[^，。；,;.]{{0,16}}?(?:{_AID}|骗|违规|合格|对象|家庭)",
            rf"(?:不|应)属于?[^，。；,;.]{{0,12}}?(?:{_AID})(?:对象|家庭|人员|范围)",
            r"(?:有|无|没有|丧失|取消)[^，。；,;.]{0,6}?(?:救助|低保|保障|享受)资格|资格(?:成立|丧失)",
            r"骗(?:保|取|领)|(?:审核|核对)不?(?:通过|合格)",
        )
    )
)


class ConclusionWords(Conflict):
    """An agency's text draws a conclusion. `field` says where; `words`, which: for the form to show, never for a log,
    since people write names into such phrases.
    """

    def __init__(self, field: str, words: list[str]) -> None:
        super().__init__(
            _(
                "“%(field)s” draws a conclusion. A verification agency states what was found and decides nothing: "
                "write what the sources show instead.",
                field=field,
            ),
            clause="LF-17",
            field=field,
        )
        self.field, self.words = field, words


def lint_conclusion_words(text: str) -> list[str]:
    """Fragments of an agency's text that conclude on eligibility: 符合/不符合…条件, 建议纳入/停止, 应予救助 ….

    Spaces, invisible characters, full-width forms and quotation marks inside a phrase do not hide it. Source: LF-17.
    """
    folded = unicodedata.normalize("NFKC", text.replace(REFERENCE_ONLY, ""))
    dense = "".join(one for one in folded if unicodedata.category(one)[0] not in "ZC" and one not in "“”\"'‘’*_-·")
    return [found.group() for found in _CONCLUSIONS.finditer(dense)]


def must_not_conclude(document: Document, fields: frozenset[str]) -> None:
    """Refuse a document in which one of the free-text `fields` (last part of the name) draws a conclusion.

    Raises ConclusionWords.
    """
    for field, text in texts(document):
        if re.sub(r"\[\d+\]$", "", field).rsplit(".", 1)[-1] in fields and (words := lint_conclusion_words(text)):
            raise ConclusionWords(field, words)
