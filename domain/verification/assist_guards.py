"""What the database itself holds of verification across regions. Installed by `domain.verification.guards`."""

from __future__ import annotations

from domain.verification.guarding import DELETE, INSERT, UPDATE, Guard, changed, once, unchangeable

_SENDING = "NEW.state IN ('SENT','CONFIRMED') AND OLD.state NOT IN ('SENT','CONFIRMED')"
_NOT_CONFIRMED = (
    " AND NEW.reach = 'CROSS_PROV' AND NOT EXISTS (SELECT 1 FROM assist_step s WHERE s.request_id = NEW.id"
    " AND s.kind = 'CONFIRM' AND s.outcome = 'PASSED')"
)
_COUNTY = " AND (SELECT o.level FROM organisation o WHERE o.id = NEW.starter_id) = 'county'"
_ALL = (
    " AND (NOT EXISTS (SELECT 1 FROM assist_step s WHERE s.request_id = NEW.id) OR EXISTS (SELECT 1 FROM assist_step s"
    " WHERE s.request_id = NEW.id AND (s.outcome IS NULL OR s.outcome <> 'PASSED')))"
)
_PART_OF = "(SELECT r.state FROM assist_request r WHERE r.id = NEW.request_id FOR SHARE) <> 'DRAFT'"
_LATE = (
    "EXISTS (SELECT 1 FROM assist_item i JOIN assist_request r ON r.id = i.request_id WHERE i.id = NEW.item_id"
    " AND NOT r.special AND i.locks AND (i.state = 'EXPIRED' OR i.due_at < NEW.answered_at))"
)

ASSIST = [
    Guard("assist_request", INSERT, "draft", "NEW.state <> 'DRAFT' OR NEW.special",
          "LN-09: a request across regions begins as a draft"),
    Guard(
        "assist_request", INSERT, "commissioned",
        "NEW.kind = 'NEW' AND NOT EXISTS (SELECT 1 FROM commission c JOIN cases k ON k.id = NEW.case_id"
        " WHERE c.id = NEW.commission_id AND c.state = 'ACCEPTED' AND k.agency_id = NEW.starter_id"
        " AND (c.case_id = k.id OR c.campaign_id = k.campaign_id))",
        "LN-01: no request across regions without an accepted commission of its agency",
    ),
    Guard(
        "assist_request", INSERT, "level",
        "NEW.kind = 'DYNAMIC' AND (SELECT o.level FROM organisation o WHERE o.id = NEW.starter_id)"
        " NOT IN ('city','province')",
        "LN-20: only province and city agencies start batches of recipients across regions",
    ),
    Guard(
        "assist_request", UPDATE, "moves",
        "NEW.state <> OLD.state AND NOT ((OLD.state = 'DRAFT' AND NEW.state IN ('ON_ITS_WAY','SENT','CONFIRMED',"
        "'TERMINATED')) OR (OLD.state = 'ON_ITS_WAY' AND NEW.state IN ('SENT','CONFIRMED','REFUSED','TERMINATED'))"
        " OR (OLD.state = 'CONFIRMED' AND NEW.state IN ('SENT','TERMINATED','REFUSED'))"
        " OR (OLD.state = 'SENT' AND NEW.state IN ('DONE','TERMINATED')) OR (OLD.state = 'DONE' AND NEW.state = 'SENT'"
        " AND NEW.special))",
        "LN-09: a request goes forward, and what is over stays over",
    ),
    Guard(
        "assist_request", UPDATE, "confirmed",
        _SENDING + _NOT_CONFIRMED,
        "LN-06: nothing leaves the province before the provincial agency confirmed it",
    ),
    Guard(
        "assist_request", UPDATE, "reviewed",
        _SENDING + " AND NEW.route = 'city_review'" + _COUNTY + _ALL,
        "NM-01: a county's request is reviewed by the city before it is pushed",
    ),
    Guard(
        "assist_request", UPDATE, "chain",
        _SENDING + " AND NEW.route = 'chain'" + _ALL,
        "BX-19: a request goes through every tier; none is skipped",
    ),
    Guard(
        "assist_request", UPDATE, "frozen",
        "OLD.state <> 'DRAFT' AND "
        + changed(
            *("id ref number kind case_id commission_id starter_id assist_id place reach route opened_by".split()),
            "opened_at", "submitted_at",
        ),
        "LN-09: a request that was submitted does not change",
    ),
    Guard("assist_request", UPDATE, "once", once("received_at"), "LN-04: a request arrives once"),
    Guard("assist_request", UPDATE, "agreed", "OLD.special AND NOT NEW.special",
          "LN-26: what was specially agreed stays agreed"),
    Guard("assist_request", DELETE, "kept", "OLD.state <> 'DRAFT'", "LN-09: a request that was submitted is kept"),
    Guard(
        "assist_step", INSERT, "draft",
        "(SELECT r.state FROM assist_request r WHERE r.id = NEW.request_id FOR SHARE) <> 'DRAFT'",
        "BX-19: the way of a request is settled when it is submitted",
    ),
    Guard(
        "assist_step", UPDATE, "order",
        "NEW.outcome IS NOT NULL AND OLD.outcome IS NULL AND EXISTS (SELECT 1 FROM assist_step s WHERE s.request_id ="
        " NEW.request_id AND s.position < NEW.position AND (s.outcome IS NULL OR s.outcome <> 'PASSED'))",
        "BX-19: a request goes through every tier; none is skipped",
    ),
    Guard(
        "assist_step", UPDATE, "frozen",
        changed("request_id", "position", "org_id", "kind") + " OR " + once("outcome", "done_by", "done_at"),
        "LN-06: what an office said of a request does not change",
    ),
    Guard("assist_step", DELETE, "never", "TRUE", "LN-06: what an office said of a request is kept"),
    Guard("assist_person", INSERT, "draft", _PART_OF, "LN-09: a request that was submitted does not change"),
    Guard(
        "assist_person", INSERT, "named",
        "NEW.person_id IS NOT NULL AND EXISTS (SELECT 1 FROM assist_request r WHERE r.id = NEW.request_id"
        " AND r.kind = 'NEW' AND NOT EXISTS (SELECT 1 FROM commission_subject s WHERE s.commission_id ="
        " r.commission_id AND s.person_id = NEW.person_id))",
        "LN-28: nobody is asked about whom the commission does not name",
    ),
    *unchangeable("assist_person", "LN-09: a request that was submitted does not change"),
    Guard("assist_item", INSERT, "draft", f"NEW.state <> 'DRAFT' OR {_PART_OF}",
          "LN-03: the items of a request are settled before it is submitted"),
    Guard(
        "assist_item", INSERT, "catalogue",
        "NEW.resource_id IS NULL AND EXISTS (SELECT 1 FROM assist_request r WHERE r.id = NEW.request_id"
        " AND r.assist_id IS NOT NULL)",
        "LN-03: what is asked is an item of the other side's catalogue",
    ),
    Guard(
        "assist_item", INSERT, "letter",
        "EXISTS (SELECT 1 FROM assist_request r WHERE r.id = NEW.request_id AND r.kind = 'NEW' AND NOT EXISTS"
        " (SELECT 1 FROM commission_category k WHERE k.commission_id = r.commission_id"
        " AND k.category = NEW.category))",
        "LN-28: nothing is asked that the commission does not name",
    ),
    Guard(
        "assist_item", UPDATE, "frozen",
        changed("id", "ref", "request_id", "category", "resource_id", "resource_code"),
        "LN-03: what was asked does not change",
    ),
    Guard(
        "assist_item", UPDATE, "moves",
        "NEW.state <> OLD.state AND (OLD.state IN ('ANSWERED','NOT_OBTAINED','CANCELLED') OR NEW.state = 'DRAFT'"
        " OR (OLD.state = 'EXPIRED' AND NOT (NEW.state IN ('OPEN','ANSWERED','CANCELLED') AND EXISTS (SELECT 1 FROM"
        " assist_request r WHERE r.id = NEW.request_id AND r.special))))",
        "LN-26: after the limit nothing is fed back, except where it was specially agreed",
    ),
    Guard(
        "assist_item", UPDATE, "never_locks",
        "NEW.state = 'EXPIRED' AND OLD.state <> 'EXPIRED' AND NOT NEW.locks",
        "LN-23: an item of a batch of recipients never locks",
    ),
    Guard("assist_item", UPDATE, "once", once("reason"), "LN-26: a reason that was given stays given"),
    Guard("assist_item", DELETE, "never", "TRUE", "LN-03: what was asked is kept"),
    Guard("assist_result", INSERT, "in_time", _LATE,
          "LN-26: after the limit nothing is fed back, except where it was specially agreed"),
    Guard(
        "assist_result", INSERT, "open",
        "NOT EXISTS (SELECT 1 FROM assist_item i JOIN assist_request r ON r.id = i.request_id JOIN assist_person p"
        " ON p.request_id = r.id WHERE i.id = NEW.item_id AND p.id = NEW.person_id AND r.state = 'SENT'"
        " AND i.state IN ('OPEN','EXPIRED'))",
        "LN-27: nothing is fed back to a request that is not open",
    ),
    *unchangeable("assist_result", "LN-14: what was fed back does not change"),
    *unchangeable("assist_message", "LN-04: what one side told the other is only added to"),
    Guard(
        "report", INSERT, "own",
        "EXISTS (SELECT 1 FROM cases c WHERE c.id = NEW.case_id AND c.agency_id <> NEW.agency_id)",
        "LN-14: the agency that took the commission writes the report; who assists writes none",
    ),
]  # fmt: skip
