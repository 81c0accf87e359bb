"""What business rule steps decided, kept with the case: which rules matched, what they saw and what they said.

One `DecisionMade` for each time a step passed, one `DecisionRule` for each rule that counted, in the order of the hit
policy. What was seen and said is about people, so it is sealed; which rule of which table it was is not.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from decisions import MatchedRule, Result
from domain import journal
from domain.base import Base, BigKey, Code, Key, Label, Ref, Sealed, new_ref
from domain.cases import Case
from domain.version import VERSION
from domain.work import Work
from workflows.decision_values import packed
from workflows.definitions import Definition
from workflows.registry import Fact

LABEL = 64
MOST_RULES = 1_000  # of one step that passed once
MOST_FACTS = 1_000  # that its sealed body tells of


class DecisionMade(Base):
    """A business rule step that passed once. The decisions of a case are found by ix_decision_made_case_id.

    move, place: the move of the case (its state's version) and the how manyth decision of it, so that no move is kept
    twice. version: of the definition, table: name of its file, decision: id of what was asked in it; engine: version of
    the program, which decided by itself. asked: facts, silent: those the table said nothing of. body (compressed
    JSON): [{"ref", "person", "topic", "kind", "inputs": {name: value}, "reasons": [sentence]}], in the order asked; of
    more than MOST_FACTS those that a rule counted for, then as many of the others as there is room for.
    """

    __tablename__ = "decision_made"
    __table_args__ = (
        UniqueConstraint("case_id", "move", "place"),
        Index("ix_decision_made_case_id", "case_id", "id"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    move: Mapped[int]
    place: Mapped[int]
    step_id: Mapped[Code]
    definition_id: Mapped[int] = mapped_column(BigKey, ForeignKey("definition.id"), index=True)
    version: Mapped[int]
    table: Mapped[Code] = mapped_column("table_name")
    decision: Mapped[Label]
    made_at: Mapped[datetime]
    engine: Mapped[str] = mapped_column(String(16))
    asked: Mapped[int]
    silent: Mapped[int]
    body: Mapped[Sealed]


class DecisionRule(Base):
    """A rule that counted. fact: number of the fact in the body of `made_id`, from 0; place: the order of the hits.

    subject: ref of what the fact was about, "" for the case itself. table_id, rule_id: ids in the file; number: the row
    as people count it. body (JSON): {"inputs": [[label, value, text of the cell]], "outputs": {name: value},
    "annotations": {name: text}}.
    """

    __tablename__ = "decision_rule"
    __table_args__ = (UniqueConstraint("made_id", "fact", "place"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    made_id: Mapped[int] = mapped_column(BigKey, ForeignKey("decision_made.id"))
    fact: Mapped[int]
    place: Mapped[int]
    subject: Mapped[str] = mapped_column(String(64), default="")
    decision: Mapped[Label]
    table_id: Mapped[Label]
    rule_id: Mapped[Label]
    number: Mapped[int]
    body: Mapped[Sealed]


@dataclass(frozen=True, slots=True)
class Asked:
    """One fact and what the decision said of it; `inputs` are what it was asked with."""

    fact: Fact
    inputs: Mapping[str, Any] = field(repr=False)
    result: Result = field(repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a case's life a decision stands: the move, the how manyth of it, the step, and what was asked."""

    move: int
    place: int
    step_id: str
    table: str
    decision: str


def keep(work: Work, case: Case, definition: Definition, at: Place, asked: Sequence[Asked]) -> str:
    """Keep what a step decided, in the transaction of its move; gives the record's ref. Nothing is kept twice."""
    standing = work.session.scalar(
        select(DecisionMade.ref).where(
            DecisionMade.case_id == case.id, DecisionMade.move == at.move, DecisionMade.place == at.place
        )
    )
    if standing is not None:
        return standing
    ref, told = new_ref(), _told_of(asked)
    made = DecisionMade(
        ref=ref,
        case_id=case.id,
        move=at.move,
        place=at.place,
        step_id=at.step_id,
        definition_id=definition.row_id,
        version=definition.number,
        table=at.table,
        decision=at.decision[:255],
        made_at=work.now,
        engine=VERSION[:16],
        asked=len(asked),
        silent=sum(not one.result.matched for one in asked),
        body=_sealed(work, "decision_made.body", ref, [_fact(one) for one in told]),
    )
    work.session.add(made)
    work.session.flush()
    work.session.add_all(_rules(work, made, told))
    work.session.flush()
    said = {"step": at.step_id, "table": at.table, "version": made.version, "asked": made.asked, "silent": made.silent}
    journal.of_case(work, case.ref, "decision.made", ref, said)
    return ref


def of_case(work: Work, case_id: int) -> list[tuple[DecisionMade, list[DecisionRule]]]:
    """What was decided in a case, newest first, with the rules that counted in order; one query.

    Uses ix_decision_made_case_id and uq_decision_rule_made_id_fact_place.
    """
    rows = work.session.execute(
        select(DecisionMade, DecisionRule)
        .join(DecisionRule, DecisionRule.made_id == DecisionMade.id, isouter=True)
        .where(DecisionMade.case_id == case_id)
        .order_by(DecisionMade.id.desc(), DecisionRule.fact, DecisionRule.place)
        .limit(MOST_RULES)
    )
    found: dict[int, tuple[DecisionMade, list[DecisionRule]]] = {}
    for made, rule in rows:
        rules = found.setdefault(made.id, (made, []))[1]
        if rule is not None:
            rules.append(rule)
    return list(found.values())


def rules_of(work: Work, made: DecisionMade) -> list[DecisionRule]:
    """The rules that counted in a decision, in order. Uses uq_decision_rule_made_id_fact_place."""
    wanted = select(DecisionRule).where(DecisionRule.made_id == made.id)
    return list(work.session.scalars(wanted.order_by(DecisionRule.fact, DecisionRule.place)))


def facts_of(work: Work, made: DecisionMade) -> list[dict[str, Any]]:
    """What was asked, as the body keeps it (S3)."""
    opened = zlib.decompress(work.home.vault.open_bytes("decision_made.body", made.ref, made.body))
    found: list[dict[str, Any]] = json.loads(opened)
    return found


def seen_by(work: Work, rule: DecisionRule) -> dict[str, Any]:
    """What a rule saw and said, as its body keeps it (S3)."""
    found = work.home.vault.open_json("decision_rule.body", rule.ref, rule.body)
    return dict(found) if isinstance(found, dict) else {}


def _told_of(asked: Sequence[Asked]) -> Sequence[Asked]:
    """The facts that are worth keeping, in the order asked."""
    if len(asked) <= MOST_FACTS:
        return asked
    counted_first = sorted(range(len(asked)), key=lambda at: not asked[at].result.matched)
    return [asked[at] for at in sorted(counted_first[:MOST_FACTS])]


def _fact(one: Asked) -> dict[str, Any]:
    fact = one.fact
    about = {"ref": fact.ref, "person": fact.person, "topic": fact.topic, "kind": fact.kind}
    return {**about, "inputs": packed(one.inputs), "reasons": list(one.result.reasons)}


def _rules(work: Work, made: DecisionMade, asked: Sequence[Asked]) -> list[DecisionRule]:
    found: list[DecisionRule] = []
    for number, one in enumerate(asked):
        for place, match in enumerate(one.result.matched):
            if len(found) == MOST_RULES:
                return found
            found.append(_rule(work, made, number, place, one.fact.ref, match))
    return found


def _rule(work: Work, made: DecisionMade, fact: int, place: int, subject: str, match: MatchedRule) -> DecisionRule:
    ref = new_ref()
    body = {
        "inputs": [[label, packed(value), text] for label, value, text in match.inputs],
        "outputs": packed(match.outputs),
        "annotations": dict(match.annotations),
    }
    return DecisionRule(
        ref=ref,
        made_id=made.id,
        fact=fact,
        place=place,
        subject=subject[:LABEL],
        decision=(match.decision or made.decision)[:255],
        table_id=match.table_id[:255],
        rule_id=match.rule_id[:255],
        number=match.number,
        body=work.home.vault.seal_json("decision_rule.body", ref, body),
    )


def _sealed(work: Work, column: str, ref: str, value: object) -> bytes:
    # a step asks dozens of facts that share most of what they say: pressed together they are a tenth
    return work.home.vault.seal(column, ref, zlib.compress(json.dumps(value, ensure_ascii=False).encode()))
