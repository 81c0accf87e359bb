"""Words of the legal clock: grounds on which a term is stopped or extended, what began it, what its clause says.

The clauses are those of the notices that set or move a term; a wording that an office adds in its own policy files is
shown by its number alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.text import Name, Text
from domain.text import gettext as _

# codes of the standard reasons for stopping and extending; one that an office adds is shown by its code
GROUNDS: Mapping[str, Text] = {
    "PAPERS": _("waiting for the family to complete its papers"),
    "ASSIST": _("waiting for another region's answer"),
    "FORCE": _("force majeure"),
    "COMPLEX": _("the household's circumstances are complex"),
    "SURVEY": _("a further survey is needed"),
    "AGREEMENT": _("specially agreed with the assisting agency"),
    "OTHER": _("another reason, kept with the case"),
}

# what happened on day 0, by the policy key of the term
EVENTS: Mapping[str, Text] = {
    "case_limit": _("the agency accepted the commission"),
    "case_limit_internal": _("the agency accepted the commission"),
    "offline_survey_term": _("the offline investigation was asked for"),
    "report_draft_term": _("the results were complete"),
    "report_review_term": _("the draft was handed in for review"),
    "report_delivery_term": _("the report was signed"),
    "notice_term": _("the decision was made"),
    "objection_term": _("the notice was delivered"),
    "recheck_term": _("the request for a re-check arrived"),
    "recheck_term_internal": _("the request for a re-check arrived"),
    "archive_term": _("the case reached the archive step"),
    "review_county_term": _("the county received the report of the review"),
    "monitoring_term": _("the monitoring list was issued"),
    "cross_region.limit": _("the assisting agency received the request"),
    "cross_region.recheck_term": _("the assisting agency received the request for a re-check"),
    "retrieval_term": _("the request for the file arrived"),
}
STEP_BEGAN = _("the step began")

CLAUSES: Mapping[str, Name] = {
    "BX-27": Name("及时将授权书、申报表、核对报告装入审批档案",
                  "file authorisation, declaration and report in time"),
    "BX-38": Name("收到复核报告后2个月内上报", "report within two months of receiving the review report"),
    "BX-40": Name("疑点由县区核实并形成处理结果", "the county settles every doubt with an outcome for the household"),
    "NM-08": Name("接受核对委托后应当在15日内完成核对，并向委托方出具核对报告",
                  "finish within 15 days of accepting the commission and report to the department"),
    "NM-11": Name("重点监测数据下发之日起15日内逐人逐户核实并在系统内准确上报",
                  "verify household by household within 15 days from the issue of the monitoring list"),
    "LN-12": Name("于接收之日起30个工作日内完成跨地区核对",
                  "finish the cross-region verification within 30 working days from receipt"),
    "LN-16": Name("因不可抗力或其他客观原因无法获得全部结果的，仍在规定期限内出具核对报告",
                  "where not all results can be had, the report is issued within the prescribed term all the same"),
    "LN-18": Name("收到复核申请之日起20个工作日内完成复核",
                  "finish the re-check within 20 working days from receiving the request"),
    "LN-23": Name("按照资源目录标注的反馈期限反馈", "feed back within the limit written in the catalogue"),
    "LN-25": Name("可以在5个工作日内提供", "the file can be provided within 5 working days"),
    "LN-26": Name("除有特殊约定事项外，超过时限后不再反馈", "no feedback after the limit, special agreements excepted"),
    "NM-22": Name("主要领导、分管领导、责任科室逐级负责", "responsibility from the section up to the leadership"),
}  # fmt: skip


def ground(code: str) -> Text | str:
    """A ground in words; words themselves stay as they are."""
    return GROUNDS.get(code, code)


def event(key: str) -> Text:
    """What began a term."""
    if key.startswith("query_limit."):
        return _("the source was asked")
    return EVENTS.get(key, STEP_BEGAN)


def clause_text(source: str) -> str:
    """The words of the clauses a term rests on, "" where none is known."""
    return "; ".join(str(CLAUSES[one]) for one in source.split(", ") if one in CLAUSES)
