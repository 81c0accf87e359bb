"""Duties of the house: rights, leaving, proof of the day, mail, registers."""

from __future__ import annotations

from typing import Any

from domain.agenda import AgendaItem
from domain.home import Home
from domain.oversight import register_stages
from domain.parties.accounts import RIGHTS_CHANGED
from domain.work import Work
from exchange import mail
from scheduler.duties.words import Duty, as_mail, as_proof, as_read
from tasks.desk import rerouting
from tasks.leaving import handover, leaving, leaving_run
from tasks.proof import proof
from tasks.terms import mails, register_ladder


def _climb_register(work: Work, item: AgendaItem, _result: Any) -> None:
    register_ladder.climb(work, item.subject, item.payload)


def _look_again(work: Work, item: AgendaItem, _result: Any) -> None:
    rerouting.reroute(work, item.subject)


def _gather_ended(work: Work, _item: AgendaItem) -> Any:
    return rerouting.whose_rights_ended(work)


def _plan_ended(work: Work, _item: AgendaItem, result: Any) -> None:
    rerouting.plan_ended(work, result)


def _hand_over(work: Work, item: AgendaItem, _result: Any) -> None:
    leaving_run.run_some(work, item.subject)


def _send_mail(home: Home, letter: mails.Letter) -> str:
    return mail.send(home.settings, letter)


DUTIES: dict[str, Duty] = {
    RIGHTS_CHANGED: Duty(_look_again),
    rerouting.RIGHTS_OF_THE_DAY: Duty(_plan_ended, _gather_ended, as_read),
    leaving.DUTY: Duty(_hand_over),
    handover.BEGIN: Duty(handover.record, handover.gather, handover.perform),
    proof.PROOF_OF_THE_DAY: Duty(proof.record, proof.gather, proof.perform, policy=as_proof),
    mails.SEND_DUTY: Duty(mails.record, mails.gather, _send_mail, policy=as_mail),
    register_stages.DUTY: Duty(_climb_register),
}
