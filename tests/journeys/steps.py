"""What people answer at each step of a verification, as they would type it into the forms."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from domain.parties import households
from domain.parties.organisations import Organisation
from domain.verification import catalogue
from tasks import moves
from tests.journeys.playing import Story

CHECKS = ("signature", "capacity", "scope", "dates", "members", "id_copies", "programme", "letter")
ASSETS = ("DEPOSIT", "VEHICLE", "HOUSE", "PENRCV", "BIZ", "DEATH")


@dataclass(frozen=True)
class Member:
    """A member of the household as the town sees it; `guardian` is the ref of the registered one, or ""."""

    ref: str
    name: str
    guardian: str


def family(story: Story) -> list[Member]:
    """The members, in the order of the household's papers."""
    with story.work() as work:
        return [
            Member(
                person.ref,
                households.name_of(work, person),
                next((guardian.ref for guardian in households.guardians(work, person)), ""),
            )
            for person in story.members(work)
        ]


def today(story: Story) -> str:
    """The office's day."""
    with story.work() as work:
        return work.today.isoformat()


def take_in(story: Story, **of_head: str) -> None:
    """The declaration: everybody declares nothing, the head what is given, a dwelling and 12,000 yuan."""
    nothing = {"WAGE": "0", "PENRCV": "0", "DEPOSIT": "0", "VEHICLE": "0", "HOUSE": "0", "BIZ": False}
    rows = [{"person": member.ref, **nothing} for member in family(story)]
    rows[0] |= {"DEPOSIT": "12000", "HOUSE": "1", **of_head}
    story.do("town", "intake", {"applied_on": today(story), "truthful": True, "members": rows})


def signature(story: Story, member: Member, step: str = "authorise", login: str = "town") -> dict[str, Any]:
    """The row of a member who signed, or whose guardian did, with the scans handed in."""
    scans = [story.upload(login, step, f"{member.ref}.pdf")]
    row = {
        "person": member.ref,
        "signed": "YES",
        "signed_on": today(story),
        "signer": "SELF",
        "scope": "NATIONWIDE",
        "until_rule": "WHILE_RECEIVING",
        "scan": scans,
    }
    if member.guardian:
        scans.append(story.upload(login, step, f"{member.ref}-guardian.pdf"))
        row |= {"signer": "GUARDIAN", "guardian": member.guardian}
    return row


def authorise(story: Story, *, later: Collection[str] = (), refusing: Collection[str] = ()) -> moves.Moved:
    """Everybody signs but those named."""
    said = dict.fromkeys(later, "LATER") | dict.fromkeys(refusing, "REFUSES")
    rows = [
        {"person": member.ref, "signed": said[member.name]} if member.name in said else signature(story, member)
        for member in family(story)
    ]
    return story.do("town", "authorise", {"members": rows})


def commission(story: Story, categories: Collection[str] = ASSETS, purpose: str = "VERIFY") -> moves.Moved:
    """The clerk prepares the letter."""
    answers = {"purpose": purpose, "categories": list(categories), "basis": "本民发〔2017〕107号"}
    return story.do("clerk", "commission", answers)


def sign_commission(story: Story, on: str = "") -> moves.Moved:
    """The head signs the letter."""
    letter = story.upload("head", "sign_commission", "letter.pdf")
    signed = {"signed_on": on or today(story), "letter": [letter], "confirm": True}
    return story.do("head", "sign_commission", {**signed, "outcome": "SIGN"})


def return_commission(story: Story, to: str, reason: str) -> moves.Moved:
    """The head sends the letter back to the clerk (COMMISSION), or to the town's authorisations (AUTHORISE)."""
    return story.do("head", "sign_commission", {"outcome": "RETURN", "return_to": to, "reason": reason})


def checked(outcome: str, code: str = "", reason: str = "", failed: Collection[str] = ()) -> dict[str, Any]:
    """The answers of the acceptance check."""
    said: dict[str, Any] = {name: "FAIL" if name in failed else "PASS" for name in CHECKS}
    return said | {"outcome": outcome, "reason_code": code, "reason": reason}


def accept(story: Story) -> moves.Moved:
    """The agency's checker accepts the commission."""
    return story.do("checker", "acceptance", checked("ACCEPT"))


def plan_queries(story: Story, categories: Collection[str]) -> moves.Moved:
    """The handler keeps every source of these categories in the plan."""
    with story.work() as work:
        agency = work.session.get_one(Organisation, story.case(work).agency_id)
        wanted = [resource.ref for resource in catalogue.active_resources(work, agency, categories)]
    return story.do("handler", "query_plan", {"resources": wanted})


def to_queries(story: Story, categories: Collection[str] = ASSETS, **of_head: str) -> None:
    """From the application to the queries, with nothing in the way."""
    take_in(story, **of_head)
    authorise(story)
    commission(story, categories)
    sign_commission(story)
    accept(story)
    plan_queries(story, categories)


def report(story: Story, remarks: str = "无") -> moves.Moved:
    """Drafted by the handler, signed by the reviewer, printed and delivered."""
    story.do("handler", "draft_report", {"remarks": remarks})
    return story.do("reviewer", "review_report", {"outcome": "SIGN"})


def decide(story: Story, outcome: str) -> moves.Moved:
    """The department decides."""
    answers = {"outcome": outcome, "basis": "《社会救助暂行办法》第九条", "reason": "家庭财产状况与申报不一致"}
    return story.do("head", "decide", answers)


def hand_over_notice(story: Story) -> moves.Moved:
    """The town post delivers the notice."""
    receipt = story.upload("town", "deliver_notice", "receipt.pdf")
    return story.do("town", "deliver_notice", {"delivered_on": today(story), "way": "IN_PERSON", "receipt": [receipt]})


def objection(disputed: Mapping[str, str], outcome: str = "FORWARD", reasons: str = "请再查一次") -> dict[str, Any]:
    """The answers of an objection; disputed: person's ref -> category."""
    return {
        "raised": "YES",
        "statement": "与实际情况不符",
        "disputed": [{"person": person, "category": category} for person, category in disputed.items()],
        "outcome": outcome,
        "reasons": reasons,
    }


def archive(story: Story, login: str = "archivist") -> moves.Moved:
    """The archivist closes the file."""
    there = ["authorisation", "declaration", "commission", "report"]
    return story.do(login, "archive", {"checklist": there, "note": "二楼档案室"})
