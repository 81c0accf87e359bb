"""What operations are called in the editor's lists and in the owners' manual, in the reader's language."""

from __future__ import annotations

from domain.text import Text
from domain.text import gettext as _
from workflows import registry

TITLES: dict[str, Text] = {
    "acceptance.decide": _("Record the acceptance check"),
    "archive.complete": _("Close the file"),
    "archive.review": _("Close the file of a review"),
    "authorisation.inventory": _("Count missing authorisations"),
    "authorisation.record": _("Record authorisations"),
    "campaign.overdue": _("Mark the letter overdue"),
    "campaign.release": _("Release the reviews"),
    "commission.issue": _("Issue the commission"),
    "commission.issue_batch": _("Issue the letter of a review"),
    "comparison.build": _("Compare declared and found"),
    "declaration.record": _("Record the declaration"),
    "determination.decide": _("Record the decision"),
    "determination.review": _("Record how a review ends"),
    "dispute.record": _("Record an objection"),
    "dispute.window": _("Set until when an objection is awaited"),
    "doubt.facts": _("Comparison and result rows"),
    "doubt.record": _("Keep matched rules as doubts"),
    "doubt.settle": _("Record what became of a doubt"),
    "doubt_list.issue": _("Issue the doubt list"),
    "name_hint.decide": _("Record whose the rows found by name are"),
    "name_hint.list": _("Count the rows found by name alone"),
    "non_cooperation.decide": _("Record non-cooperation"),
    "notice.deliver": _("Record the delivery of the notice"),
    "notice.issue": _("Issue the notice"),
    "notice.render": _("Print the notice"),
    "query.give_up": _("Give up a query"),
    "query.plan": _("Plan and send the queries"),
    "query.plan_batch": _("Plan and send the queries of a review"),
    "query.run": _("Ask one source"),
    "recheck.answer": _("Record the answer of a re-check"),
    "recheck.plan": _("Ask the sources again"),
    "report.deliver": _("Deliver the report"),
    "report.draft": _("Save the draft of the report"),
    "report.render": _("Print the report"),
    "report.sign": _("Sign the report"),
    "rescue.conclude": _("Record how first help ends"),
    "rescue.decide": _("Record the decision on first help"),
    "rescue.late": _("Note that the verification is late"),
    "rescue.pay": _("Record the payment and open the verification"),
    "standing.begin": _("Begin comparing deliveries with recipients"),
    "standing.issue": _("Issue the standing letter"),
    "standing.prepare": _("Draft the standing letter"),
    "survey.plan": _("Plan offline investigations"),
    "survey.record": _("Record an offline investigation"),
}


def title_of(name: str) -> str:
    """The title of an operation; what its own module says of it where none is written here."""
    return str(TITLES[name]) if name in TITLES else registry.get(name).title
