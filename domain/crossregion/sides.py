"""Who stands in what relation to a request, what each of them may see, and what they tell one another."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, or_, select

from domain import journal
from domain.base import new_ref
from domain.errors import NotFound
from domain.parties import permissions
from domain.parties.organisations import Organisation
from domain.parties.permission_rules.crossregion import ASSISTING, PASSING, STARTER
from domain.text import gettext as _
from domain.verification.assist_rows import (
    DRAFT,
    AssistItem,
    AssistMessage,
    AssistPerson,
    AssistRequest,
    AssistStep,
)
from domain.work import Actor, Work

NONE = "none"


def relations(work: Work, request: AssistRequest, actor: Actor | None = None) -> frozenset[str]:
    """What binds an office to a request: starter, assisting (from its arrival on), passing (once submitted)."""
    org = (actor or work.actor).org_id
    found = set()
    if org is not None and org == request.starter_id:
        found.add(STARTER)
    if org is not None and org == request.assist_id and request.received_at is not None:
        found.add(ASSISTING)
    if org is not None and request.state != DRAFT and any(step.org_id == org for step in steps_of(work, request)):
        found.add(PASSING)
    return frozenset(found)


def must(work: Work, request: AssistRequest, action: str, relation: str) -> None:
    """Raise NotPermitted unless the actor may do this as that side."""
    held = relation if relation in relations(work, request) else NONE
    permissions.must(work.actor, action, held)


def scope(actor: Actor) -> ColumnElement[bool]:
    """What of all requests an office sees: its own, those that reached it, those that pass it."""
    passing = exists().where(AssistStep.request_id == AssistRequest.id, AssistStep.org_id == actor.org_id)
    return or_(
        AssistRequest.starter_id == actor.org_id,
        (AssistRequest.assist_id == actor.org_id) & AssistRequest.received_at.is_not(None),
        (AssistRequest.state != DRAFT) & passing,
    )


def by_ref(work: Work, ref: str) -> AssistRequest:
    """The request with this reference, for one of its sides. Raises NotFound, also for everybody else's."""
    found = None
    if work.actor.org_id is not None and permissions.may(work.actor, "assist.read"):
        wanted = select(AssistRequest).where(AssistRequest.ref == ref, scope(work.actor))
        found = work.session.scalars(wanted).first()
    if found is None:
        raise NotFound(_("There is no such request."))
    return found


def item_by_ref(work: Work, ref: str) -> tuple[AssistItem, AssistRequest]:
    """An item with its request, for one of its sides. Raises NotFound."""
    item = work.session.scalars(select(AssistItem).where(AssistItem.ref == ref)).first()
    if item is None:
        raise NotFound(_("There is no such request."))
    whole = work.session.get_one(AssistRequest, item.request_id)
    return item, by_ref(work, whole.ref)


def item_of_duty(work: Work, ref: str) -> AssistItem:
    """The item that a row of the agenda is about; whoever asks is the system. Raises NotFound."""
    item = work.session.scalars(select(AssistItem).where(AssistItem.ref == ref)).first()
    if item is None:
        raise NotFound(_("There is no such request."))
    return item


def items_of(work: Work, request: AssistRequest) -> Sequence[AssistItem]:
    """The items of a request. Uses uq_assist_item_request_id_category_resource_code."""
    wanted = select(AssistItem).where(AssistItem.request_id == request.id).order_by(AssistItem.id)
    return work.session.scalars(wanted).all()


def people_of(work: Work, request: AssistRequest) -> Sequence[AssistPerson]:
    """The people asked about. Uses uq_assist_person_request_id_person_id."""
    wanted = select(AssistPerson).where(AssistPerson.request_id == request.id).order_by(AssistPerson.id)
    return work.session.scalars(wanted).all()


def steps_of(work: Work, request: AssistRequest) -> Sequence[AssistStep]:
    """The offices a request passes, in order. Uses uq_assist_step_request_id_position."""
    wanted = select(AssistStep).where(AssistStep.request_id == request.id).order_by(AssistStep.position)
    return work.session.scalars(wanted).all()


def messages_of(work: Work, request: AssistRequest) -> Sequence[AssistMessage]:
    """What was said about a request, in order. Uses ix_assist_message_request_id."""
    wanted = select(AssistMessage).where(AssistMessage.request_id == request.id).order_by(AssistMessage.id)
    return work.session.scalars(wanted).all()


def say(
    work: Work, request: AssistRequest, kind: str, *, note: str = "", item: AssistItem | None = None,
    office: int | None = None,
) -> AssistMessage:  # fmt: skip
    """Tell the other side something; it stands in the request's record and in the journal.

    office: who speaks, where that is not the actor's office (a receipt that the system gives).
    """
    ref = new_ref()
    said = AssistMessage(
        ref=ref, request_id=request.id, item_id=item.id if item is not None else None, kind=kind,
        from_id=office or work.actor.org_id, by_id=work.actor.user_id, at=work.now,
        note=work.home.vault.seal("assist_message.note", ref, note) if note else None,
    )  # fmt: skip
    work.session.add(said)
    work.session.flush()
    body = {"kind": kind, "item": item.ref if item is not None else ""}
    journal.record(work, "assist.said", request.ref, body)
    return said


def note_of(work: Work, said: AssistMessage) -> str:
    """The words of a message (S3)."""
    return work.home.vault.open("assist_message.note", said.ref, said.note) if said.note else ""


def office(work: Work, key: int) -> Organisation:
    """An office by its key."""
    return work.session.get_one(Organisation, key)
