"""What happens to households: the ways through the shipped processes that the notices speak of."""

from __future__ import annotations

from tests.bundles.playing import Act, Story, doubts, queries, surveys

INTAKE: list[Act] = [("complete", "intake"), ("complete", "authorise")]
SIGN: list[Act] = [("complete", "sign_commission", {"outcome": "SIGN"})]
COMMISSION: list[Act] = [("complete", "commission"), *SIGN, ("complete", "acceptance")]
ASK: list[Act] = [("complete", "query_plan"), ("job", "ask_source", "Q2"), ("job", "ask_source", "Q1")]
REPORT: list[Act] = [
    ("complete", "draft_report"),
    ("complete", "review_report", {"outcome": "SIGN"}),
    ("job", "render_report"),
    ("complete", "decide", {"outcome": "APPROVE"}),
]
TELL: list[Act] = [("job", "render_notice"), ("complete", "deliver_notice")]
NO_OBJECTION: list[Act] = [("complete", "objection", {"raised": "NO"})]
FILE: list[Act] = [("complete", "archive")]
OBJECT: list[Act] = [
    ("complete", "objection", {"raised": "YES"}),
    ("job", "ask_again", "R1"),
    ("complete", "recheck"),
]
FORWARDED, NONE = {"outcome": "FORWARDED"}, {"outcome": "NONE"}
REJECTED = {"outcome": "REJECT", "negative": True}
APPROVED = {"outcome": "APPROVE", "negative": False}
SIGNED_ALL, ONE_MISSING = {"missing": 0, "refused": 0}, {"missing": 1, "refused": 1}
ONCE = {"query_plan": 1, "compare": 1, "raise_doubts": 1, "sign_report": 1, "decide": 1, "archive": 1, "end": 1}

VERIFICATION = [
    Story(
        "from application to file", "verification", [*INTAKE, *COMMISSION, *ASK, *REPORT, *NO_OBJECTION, *FILE],
        done={**ONCE, "ask_source": 2}, never=("surveying", "issue_notice", "plan_recheck", "give_up"),
    ),
    Story(
        "rows found by name are confirmed before anything is compared", "verification",
        [*INTAKE, *COMMISSION, *ASK, ("complete", "confirm_hints"), *REPORT, *NO_OBJECTION, *FILE],
        {"name_hint.list": [{"count": 2}]}, done={**ONCE, "confirm_hints": 1, "record_hints": 1},
    ),
    Story(
        "nothing is compared while nobody says whose a row is", "verification", [*INTAKE, *COMMISSION, *ASK],
        {"name_hint.list": [{"count": 1}]}, never=("compare", "draft_report"), waits=("confirm_hints",),
    ),
    Story(
        "nobody objects in time", "verification", [*INTAKE, *COMMISSION, *ASK, *REPORT, ("until", 30), *FILE],
        done={**ONCE, "objection_limit": 1}, never=("record_dispute",),
    ),
    Story(
        "refused and corrected", "verification",
        [*INTAKE, *COMMISSION, *COMMISSION, *ASK, *REPORT, *NO_OBJECTION, *FILE],
        {"acceptance.decide": [{"outcome": "REFUSE"}, {"outcome": "ACCEPT"}]},
        done={**ONCE, "commission": 2, "issue_commission": 2, "acceptance": 2},
    ),
    Story(
        "the letter goes back to the clerk, and once to the town", "verification",
        [*INTAKE, ("complete", "commission"),
         ("complete", "sign_commission", {"outcome": "RETURN", "return_to": "COMMISSION"}),
         ("complete", "commission"), ("complete", "sign_commission", {"outcome": "RETURN", "return_to": "AUTHORISE"}),
         ("complete", "authorise"), *COMMISSION, *ASK, *REPORT, *NO_OBJECTION, *FILE],
        done={**ONCE, "authorise": 2, "commission": 3, "sign_commission": 3, "issue_commission": 1, "acceptance": 1},
    ),
    Story(
        "no answer in time, investigated offline", "verification",
        [*INTAKE, *COMMISSION, ("complete", "query_plan"), ("job", "ask_source", "Q1"), ("until", 5),
         ("complete", "survey", {}, "Q2"), *REPORT, *NO_OBJECTION, *FILE],
        {"survey.plan": [surveys("Q2")]},
        done={**ONCE, "ask_source": 1, "source_limit": 1, "give_up": 1, "survey": 1, "record_survey": 1},
        never=("survey_limit",),
    ),
    Story(
        "the investigation is late and the report is in time", "verification",
        [*INTAKE, *COMMISSION, ("complete", "query_plan"), ("until", 5), ("complete", "survey", {}, "Q1"),
         ("until", 15), *REPORT, *NO_OBJECTION, *FILE],
        {"survey.plan": [surveys("Q1", "Q2")]},
        done={**ONCE, "give_up": 2, "record_survey": 1, "survey_limit": 1}, never=("objection_limit",),
    ),
    Story(
        "returned to the handler", "verification",
        [*INTAKE, *COMMISSION, *ASK, ("complete", "draft_report"), ("complete", "review_report", {"outcome": "RETURN"}),
         *REPORT, *NO_OBJECTION, *FILE],
        done={**ONCE, "draft_report": 2, "save_draft": 2, "review_report": 2},
    ),
    Story(
        "a negative decision is told in writing", "verification",
        [*INTAKE, *COMMISSION, *ASK, *REPORT, *TELL, *NO_OBJECTION, *FILE],
        {"determination.decide": [REJECTED]},
        done={**ONCE, "issue_notice": 1, "render_notice": 1, "record_delivery": 1, "open_objection": 1},
    ),
    Story(
        "two objections, two re-checks", "verification",
        [*INTAKE, *COMMISSION, *ASK, *REPORT, *TELL, *OBJECT, *REPORT, *TELL, *OBJECT, *REPORT, *NO_OBJECTION, *FILE],
        {"determination.decide": [REJECTED, REJECTED, APPROVED], "dispute.record": [FORWARDED, FORWARDED, NONE]},
        done={"query_plan": 1, "compare": 3, "sign_report": 3, "decide": 3, "recheck": 2, "ask_again": 2,
              "issue_notice": 2, "objection": 3, "archive": 1, "end": 1},
    ),
    Story(
        "asked again in vain", "verification",
        [*INTAKE, *COMMISSION, *ASK, *REPORT, ("complete", "objection", {"raised": "YES"}), ("until", 5),
         ("complete", "recheck"), *REPORT, ("until", 30), *FILE],
        {"dispute.record": [FORWARDED]},
        done={"recheck_limit": 1, "give_up_again": 1, "compare": 2, "objection_limit": 1, "end": 1},
        never=("ask_again",),
    ),
    Story(
        "an item without a source is re-checked from the papers", "verification",
        [*INTAKE, *COMMISSION, *ASK, *REPORT, ("complete", "objection", {"raised": "YES"}), ("complete", "recheck"),
         *REPORT, *NO_OBJECTION, *FILE],
        {"dispute.record": [FORWARDED, NONE], "recheck.plan": [queries()]},
        done={"recheck": 1, "compare": 2, "end": 1}, never=("ask_again",),
    ),
    Story(
        "settled by the department", "verification",
        [*INTAKE, *COMMISSION, *ASK, *REPORT, ("complete", "objection", {"raised": "YES"}), *FILE],
        {"dispute.record": [{"outcome": "SETTLED"}]}, done={**ONCE, "record_dispute": 1}, never=("plan_recheck",),
    ),
    Story(
        "no authorisation, refused by the department", "verification",
        [*INTAKE, ("complete", "non_cooperation", {"choice": "REFUSE"}), *TELL, ("until", 30), *FILE],
        {"authorisation.record": [ONE_MISSING], "non_cooperation.decide": [{"choice": "REFUSE"}]},
        done={"to_notice": 1, "issue_notice": 1, "archive": 1, "end": 1},
        never=("commission", "query_plan", "decide"),
    ),
    Story(
        "signed after all", "verification",
        [*INTAKE, ("complete", "non_cooperation", {"choice": "CONTINUE"}), ("complete", "authorise"), *COMMISSION,
         *ASK, *REPORT, *NO_OBJECTION, *FILE],
        {"authorisation.record": [ONE_MISSING, SIGNED_ALL], "non_cooperation.decide": [{"choice": "CONTINUE"}]},
        done={**ONCE, "authorise": 2, "non_cooperation": 1}, never=("issue_notice",),
    ),
    Story(
        "nothing moves without the commission", "verification", [*INTAKE, *COMMISSION[:2]],
        done={"issue_commission": 1}, never=("query_plan", "ask_source"), waits=("acceptance",),
    ),
]  # fmt: skip

ACCEPTED: Act = ("message", "commission_accepted", "K1")
ASKED: list[Act] = [("job", "ask_source", "Q1"), ("job", "ask_source", "Q2")]
TWO_DOUBTS: list[Act] = [("complete", "verify_doubt", {}, "D2"), ("complete", "verify_doubt", {}, "D1")]
OUTCOME: Act = ("complete", "outcome", {"outcome": "CONTINUE"})

REVIEW = [
    Story(
        "no doubt, help goes on", "dynamic_review", [ACCEPTED, *ASKED, OUTCOME],
        done={"issue_list": 1, "outcome": 1, "archive_review": 1, "end": 1},
        never=("collect", "verifying", "issue_notice"),
    ),
    Story(
        "rows found by name are confirmed before anything is compared", "dynamic_review",
        [ACCEPTED, *ASKED, ("complete", "confirm_hints"), OUTCOME], {"name_hint.list": [{"count": 1}]},
        done={"confirm_hints": 1, "record_hints": 1, "compare": 1, "end": 1}, never=("collect",),
    ),
    Story(
        "doubts verified one by one, help goes on", "dynamic_review", [ACCEPTED, *ASKED, *TWO_DOUBTS, OUTCOME],
        {"doubt.record": [doubts("D1", "D2")]},
        done={"verify_doubt": 2, "settle_doubt": 2, "outcome": 1, "end": 1}, never=("issue_notice",),
    ),
    Story(
        "a doubt is true, help stops and is told of", "dynamic_review",
        [ACCEPTED, ("job", "ask_source", "Q1"), ("until", 5), *TWO_DOUBTS, OUTCOME, *TELL],
        {"doubt.record": [doubts("D1", "D2")], "determination.review": [{"outcome": "STOP", "negative": True}]},
        done={"give_up": 1, "settle_doubt": 2, "issue_notice": 1, "record_delivery": 1, "archive_review": 1, "end": 1},
    ),
    Story(
        "authorisations collected in two goes", "dynamic_review",
        [("complete", "collect"), ("complete", "collect"), ACCEPTED, *ASKED, OUTCOME],
        {"authorisation.inventory": [{"missing": 2}, {"missing": 1}, {"missing": 0}]},
        done={"collect": 2, "record_collected": 2, "inventory": 3, "commission_accepted": 1, "end": 1},
        never=("commission_came_first",),
    ),
    Story(
        "the commission does not wait for who has not signed", "dynamic_review", [ACCEPTED, *ASKED, OUTCOME],
        {"authorisation.inventory": [{"missing": 1}]},
        done={"commission_came_first": 1, "plan_queries": 1, "end": 1}, never=("collect", "commission_accepted"),
    ),
    Story(
        "somebody refuses, help is suspended by the department and told of", "dynamic_review",
        [("complete", "collect"), ("complete", "non_cooperation", {"choice": "SUSPEND"}), *TELL],
        {"authorisation.inventory": [{"missing": 1}], "authorisation.record": [ONE_MISSING],
         "non_cooperation.decide": [{"choice": "SUSPEND"}]},
        done={"anyone_refuses": 1, "record_non_cooperation": 1, "to_notice": 1, "issue_notice": 1,
              "record_delivery": 1, "archive_review": 1, "end": 1},
        never=("commission_accepted", "plan_queries", "outcome"),
    ),
    Story(
        "somebody refuses and signs after all", "dynamic_review",
        [("complete", "collect"), ("complete", "non_cooperation", {"choice": "CONTINUE"}), ("complete", "collect"),
         ACCEPTED, *ASKED, OUTCOME],
        {"authorisation.inventory": [{"missing": 1}, {"missing": 0}],
         "authorisation.record": [ONE_MISSING, SIGNED_ALL], "non_cooperation.decide": [{"choice": "CONTINUE"}]},
        done={"collect": 2, "non_cooperation": 1, "anyone_refuses": 2, "commission_accepted": 1, "end": 1},
        never=("to_notice", "issue_notice"),
    ),
    Story(
        "while the department decides nothing else happens", "dynamic_review", [("complete", "collect")],
        {"authorisation.inventory": [{"missing": 1}], "authorisation.record": [ONE_MISSING]},
        done={"anyone_refuses": 1}, never=("plan_queries", "issue_notice"), waits=("non_cooperation",),
    ),
    Story(
        "unsigned, nothing is queried", "dynamic_review", [], never=("plan_queries",), waits=(),
    ),
]  # fmt: skip

LETTER = [
    Story(
        "signed and accepted", "review_commission", [("complete", "sign"), ("complete", "accept")],
        done={"issue_batch": 1, "release": 1, "end": 1}, never=("mark_overdue",),
    ),
    Story(
        "refused and corrected", "review_commission",
        [("complete", "sign"), ("complete", "accept"), ("complete", "sign"), ("complete", "accept")],
        {"acceptance.decide": [{"outcome": "REFUSE"}, {"outcome": "ACCEPT"}]},
        done={"sign": 2, "issue_batch": 2, "accept": 2, "release": 1, "end": 1},
    ),
    Story(
        "the month ends unsigned, and it is signed late", "review_commission",
        [("until", 29), ("complete", "sign"), ("complete", "accept")],
        done={"month_end": 1, "mark_overdue": 1, "overdue": 1, "release": 1, "end": 1},
    ),
    Story(
        "overdue shows while it waits", "review_commission", [("until", 29)],
        done={"mark_overdue": 1}, never=("issue_batch",), waits=("sign",),
    ),
]  # fmt: skip

STANDING = [
    Story(
        "signed and accepted", "standing_commission",
        [("complete", "draft"), ("complete", "sign"), ("complete", "acceptance")],
        done={"prepare": 1, "issue": 1, "begin": 1, "end": 1},
    ),
    Story(
        "refused, drawn up anew and accepted", "standing_commission",
        [("complete", step) for step in ("draft", "sign", "acceptance") * 2],
        {"acceptance.decide": [{"outcome": "REFUSE"}, {"outcome": "ACCEPT"}]},
        done={"draft": 2, "issue": 2, "record_acceptance": 2, "begin": 1, "end": 1},
    ),
    Story(
        "nothing begins before it is accepted", "standing_commission", [("complete", "draft"), ("complete", "sign")],
        done={"issue": 1}, never=("begin",), waits=("acceptance",),
    ),
]  # fmt: skip

RECIPIENT = [
    Story(
        "everybody signs", "recipient_authorisation", [("complete", "collect")], done={"record_collected": 1, "end": 1}
    ),
    Story(
        "one is missing and signs later", "recipient_authorisation", [("complete", "collect"), ("complete", "collect")],
        {"authorisation.record": [{"missing": 1, "refused": 0}, {"missing": 0, "refused": 0}]},
        done={"collect": 2, "record_collected": 2, "end": 1},
    ),
    Story(
        "one refuses, which is kept", "recipient_authorisation", [("complete", "collect")],
        {"authorisation.record": [{"missing": 1, "refused": 1}]},
        done={"record_collected": 1, "end": 1},
    ),
    Story(
        "one is missing", "recipient_authorisation", [("complete", "collect")],
        {"authorisation.record": [{"missing": 1, "refused": 0}]},
        done={"record_collected": 1}, never=("end",), waits=("collect",),
    ),
]  # fmt: skip

_PAID: list[Act] = [("complete", step) for step in ("request", "approve", "pay")]
_VERIFIED: list[Act] = [("message", "rescue_verified", "C1"), ("complete", "conclude")]
RESCUE = [
    Story(
        "helped first, verified and closed", "rescue_first", [*_PAID, *_VERIFIED],
        done={"record_payment": 1, "record_end": 1, "end": 1}, never=("mark_late", "refused"),
    ),
    Story(
        "not granted", "rescue_first", [("complete", "request"), ("complete", "approve")],
        {"rescue.decide": [{"approved": False}]}, done={"refused": 1}, never=("pay",),
    ),
    Story(
        "late, urged and then verified", "rescue_first",
        [*_PAID, ("until", 15), ("complete", "urge"), *_VERIFIED],
        done={"mark_late": 1, "late_end": 1, "end": 1},
    ),
    Story(
        "begun when the term ends", "rescue_first", [*_PAID, ("until", 15)], {"rescue.late": [{"late": False}]},
        done={"mark_late": 1, "late_end": 1}, never=("urge", "conclude"),
    ),
]  # fmt: skip

STORIES = [*VERIFICATION, *REVIEW, *LETTER, *STANDING, *RECIPIENT, *RESCUE]
