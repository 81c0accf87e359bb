"""An office that named its two people, and files of it, for the tests of what happens before a delivery counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from domain.base import new_ref
from domain.files import StoredFile
from domain.parties.accounts import Account, RoleGrant, RoleKind
from domain.verification import deliveries
from domain.verification.deliveries import READING, Delivery, Resource
from domain.work import Work
from tests.domain.office import TODAY, idno, paper

BOTH = ("data_supplier", "supplier_leader")


def named(work: Work, resource: Resource, *roles: str) -> dict[str, Account]:
    """Accounts of the supplying office in these roles, by role; both of CK-16 when none is given."""
    made: dict[str, Account] = {}
    for role in roles or BOTH:
        ref, number = new_ref(), idno()
        account = Account(
            ref=ref, login=f"{role.replace('_', '-')}-{resource.supplier_id}", name=role, org_id=resource.supplier_id,
            idno=work.home.vault.seal("account.idno", ref, number),
            idno_blind=work.home.vault.blind("account.idno", number), org_kind="supplier", state="ACTIVE",
            filed_on=TODAY,
        )  # fmt: skip
        work.session.add(account)
        work.session.flush()
        _allow(work, role)
        work.session.add(RoleGrant(account_id=account.id, org_kind="supplier", role=role, granted_on=TODAY))
        made[role] = account
    work.session.flush()
    return made


def _allow(work: Work, role: str) -> None:
    known = work.session.query(RoleKind).filter_by(role=role, org_kind="supplier").first()
    if known is None:
        work.session.add(RoleKind(role=role, org_kind="supplier"))
        work.session.flush()


def as_supplier(work: Work, account: Account, role: str) -> Work:
    """The same work, answered for by somebody of the supplying office."""
    actor = replace(
        work.actor, kind="person", user_id=account.id, ref=account.ref, roles=frozenset({role}), org_id=account.org_id,
        org_kind="supplier",
    )  # fmt: skip
    return work.acting(actor)


def file_of(work: Work, content: bytes) -> StoredFile:
    """A stored file with this content."""
    made = paper(work)
    blob = work.home.blobs.put_bytes(content)
    made.blob_name, made.blob_key, made.size, made.digest = blob.name, blob.wrapped_key, blob.size, blob.digest
    work.session.flush()
    return made


def accepted(work: Work, resource: Resource, file: StoredFile, day: date) -> Delivery:
    """A delivery that is to be read into the store, without what comes before: for tests of what comes after."""
    made = deliveries.enter(work, resource, file, day, READING)
    deliveries.read_now(work, made)
    return made
