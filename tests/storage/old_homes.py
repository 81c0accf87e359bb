"""Homes that an earlier program left, unpacked on SQLite or carried over to PostgreSQL, and their cases to play on."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import DateTime, MetaData, Table, create_engine, select, text
from sqlalchemy.engine import Engine

from cli import migrate
from domain.cases import DONE, NEW, Case
from domain.errors import Conflict
from domain.home import make_engine
from domain.oversight.campaigns import Campaign
from domain.parties.households import Household
from domain.work import OPERATOR, WRITE, unit_of_work
from tests.homes import Office, settings_of
from tests.infrastructure.databases import SQLITE, Place
from tests.journeys import reviews, steps
from tests.journeys.playing import Story

FOLDER = Path(__file__).parent / "homes"
FIRST = "0001_first"
SILENT = "WAGE"


def unpack(place: Place, revision: str = "0001") -> Path:
    """Put the archived home into the folder of a place; its SQLite database."""
    with tarfile.open(FOLDER / f"{revision}.tar.xz") as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extractall(place.home, filter="data")
        else:  # Python before 3.11.4 knows no filter; the archive is our own
            archive.extractall(place.home)
    return place.home / "hedui.db"


def bring(place: Place, revision: str = FIRST) -> None:
    """The archived home at a place, as the earlier program left it; on PostgreSQL with the same rows."""
    database = unpack(place)
    if place.kind == SQLITE:
        return
    engine = make_engine(settings_of(place))
    with engine.connect().execution_options(**WRITE) as connection, connection.begin():
        command.upgrade(migrate.config_for(connection), revision)
    _carry_over(database, engine)
    engine.dispose()
    database.unlink()


def _carry_over(database: Path, engine: Engine) -> None:
    """Every row of a SQLite database into the same tables of PostgreSQL."""
    tables = MetaData()
    tables.reflect(engine)
    source = create_engine(f"sqlite:///{database}")
    with closing(source.connect()) as old, engine.begin() as new:
        new.execute(text("SET session_replication_role = replica"))  # rows come in any order and break no guard
        for table in tables.tables.values():
            new.execute(table.delete())
            rows = [_row(table, row) for row in old.execute(select(table)).mappings()]
            if rows:
                new.execute(table.insert(), rows)
            if "id" in table.c:
                sequence = new.scalar(text(f"SELECT pg_get_serial_sequence('{table.name}', 'id')"))
                if sequence:
                    new.execute(text(f"SELECT setval('{sequence}', (SELECT coalesce(max(id), 1) FROM {table.name}))"))
    source.dispose()


def _row(table: Table, row: Any) -> dict[str, Any]:
    instants = {column.name for column in table.c if isinstance(column.type, DateTime)}
    return {
        name: value.replace(tzinfo=UTC) if name in instants and isinstance(value, datetime) else value
        for name, value in row.items()
    }


# --- playing on ------------------------------------------------------------------------------------------------


def stories(office: Office) -> dict[tuple[str, str], Story]:
    """The open applications by household number and programme."""
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        found = work.session.execute(
            select(Household.number, Case.programme, Case.ref)
            .join(Household, Household.id == Case.household_id)
            .where(Case.kind == NEW, Case.state != DONE)
        )
        return {(number, programme): Story(office, ref) for number, programme, ref in found}


def programmes_under_review(office: Office) -> int:
    """How many campaigns are open."""
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        return len(work.session.scalars(select(Campaign.id)).all())


def _survey(story: Story) -> None:
    rows = [{"person": one.ref, "obtained": "NO"} for one in steps.family(story)]
    story.do(
        "town",
        "survey",
        {"method": "VISIT", "made_at": steps.today(story), "place": "工人街道某小区", "surveyors": "谷雨、谷清明",
         "obtained": rows, "statement": "走访用工单位与邻居"},
    )  # fmt: skip


def _decide(story: Story) -> None:
    """Approved; refused to whom the other of the two is paid already, which today's law lets nobody approve (NM-21)."""
    try:
        steps.decide(story, "APPROVE")
    except Conflict as refusal:
        assert refusal.ids["clause"] == "NM-21"
        steps.decide(story, "REJECT")


ACTS: dict[str, Callable[[Story], object]] = {
    "authorise": steps.authorise,
    "commission": steps.commission,
    "sign_commission": steps.sign_commission,
    "acceptance": steps.accept,
    "query_plan": lambda story: steps.plan_queries(story, steps.ASSETS),
    "survey": _survey,
    "draft_report": lambda story: story.do("handler", "draft_report", {"remarks": "无"}),
    "review_report": lambda story: story.do("reviewer", "review_report", {"outcome": "SIGN"}),
    "decide": _decide,
    "deliver_notice": steps.hand_over_notice,
    "objection": lambda story: story.do("clerk", "objection", {"raised": "NO"}),
    "archive": steps.archive,
}


def play_to_the_end(story: Story) -> list[str]:
    """Do what is open until the case is closed; the steps that were done."""
    done: list[str] = []
    while True:
        with story.work() as work:
            case = story.case(work)
            if case.state == DONE:
                return done
        if not story.open_steps():
            story.office.advance("2027-06-09T09:00:00+08:00")  # the silent source's time is over
        (step, *_others) = story.open_steps()
        ACTS[step](story)
        done.append(step)
        assert len(done) < 20, f"it goes round: {done}"


def end_review(office: Office) -> None:
    """The review goes on where it stood: Mingshan's doubt verified and ended, Xihu's letter signed and accepted."""
    letter = reviews.letter(office, "xihu", "DIBAO")
    reviews.sign(letter, "head-xihu")
    reviews.accept(letter)
    untouched, owner = reviews.households(office, "mingshan", programme="DIBAO")
    town = reviews.town_of(owner)
    owner.do(town, "verify_doubt", {"finding": "EXPLAINED", "note": "已在申报表列明"})
    for story in (untouched, owner):
        answers = {"outcome": "CONTINUE", "basis": "《社会救助暂行办法》第十三条", "reason": "经逐条核实"}
        story.do("head-mingshan", "outcome", answers)
        assert story.open_steps() == []
