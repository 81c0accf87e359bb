"""Every kind of paper the house gives out (model 2.2): its name, its letters in a code, and who may learn of it."""

from __future__ import annotations

from dataclasses import dataclass

# handed to citizens; between offices; under a norm that is itself not public (LN-40: 此件不予公开)
ACCESS = PUBLIC, INTERNAL, NOT_PUBLIC = ("PUBLIC", "INTERNAL", "NOT_PUBLIC")


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A kind of paper. word: what stands between the office's mark and the year of its number, "" where the paper's
    own row has a number already."""

    doc: str
    zh: str
    en: str
    access: str
    word: str = ""

    @property
    def letters(self) -> str:
        """How its codes begin: 06, 09A."""
        return self.doc.removeprefix("DOC-")


_KINDS = (
    DocumentKind("DOC-01", "居民家庭经济状况核对授权书", "Authorisation", PUBLIC, "授表"),
    DocumentKind("DOC-02", "居民家庭经济状况核对委托书", "Commission letter", INTERNAL, "委稿"),
    DocumentKind("DOC-03", "核对委托受理单", "Record of the check of a commission", INTERNAL, "核受"),
    DocumentKind("DOC-04", "不予受理核对通知", "Refusal of a commission", INTERNAL, "核退"),
    DocumentKind("DOC-06", "居民家庭经济状况核对报告", "Verification report", INTERNAL),
    DocumentKind("DOC-07", "疑点信息清单", "List of doubts", INTERNAL),
    DocumentKind("DOC-08", "居民家庭经济状况申报表", "Declaration", PUBLIC, "申"),
    DocumentKind("DOC-09A", "实地查看记录", "Record of a home visit", INTERNAL, "查"),
    DocumentKind("DOC-09B", "邻里访问记录", "Record of asking neighbours", INTERNAL, "访"),
    DocumentKind("DOC-09C", "信函索证记录", "Record of a letter for proof", INTERNAL, "函"),
    DocumentKind("DOC-10", "异议申诉书", "Objection", PUBLIC, "异"),
    DocumentKind("DOC-11", "复核申请书", "Request for a re-check", INTERNAL, "复"),
    DocumentKind("DOC-12", "书面告知书", "Written notice", PUBLIC),
    DocumentKind("DOC-13", "停止、暂停救助告知书", "Notice of stopped or suspended assistance", PUBLIC),
    DocumentKind("DOC-16", "不予配合情况记录", "Record of non-cooperation", INTERNAL, "配"),
    DocumentKind("DOC-18", "先行救助审批表", "Approval of first help", INTERNAL, "先"),
    DocumentKind("DOC-22", "泄密事件报告", "Report of a leak", NOT_PUBLIC),
    DocumentKind("DEL", "数据销毁证明", "Certificate of deleted data", INTERNAL),
)
KINDS = {kind.doc: kind for kind in _KINDS}
