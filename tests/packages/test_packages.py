"""Each package carries its weight: taken out of the way, what it is there for does not happen."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator

import flask_sqlalchemy.session
import pytest
from apscheduler.schedulers.base import BaseScheduler
from flask import Flask
from flask.testing import FlaskClient
from SpiffWorkflow.task import Task
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session
from wtforms import Form
from wtforms.fields.core import Field

from cli import founding
from domain.cases import Case
from domain.home import make_engine, open_home
from domain.parties.roles import portal_of
from domain.work import SCHEDULER, unit_of_work
from scheduler import worker
from tasks.desk import pausing
from tasks.rows.models import COMPLETED, ERROR, OPEN, HumanTask
from tests.homes import CHEAP, Office, settings_of
from tests.journeys import steps
from tests.journeys.playing import Story, new_case
from tests.scheduler.conftest import NOON, STANDS, notes, noting, plan
from tests.webapp.conftest import sign_in, token_in
from webapp.app import create_app
from webapp.database import db
from webapp.forms import TaskForm, form_class
from workflows.forms import parse

__all__ = ["noting"]  # the duty of the scheduler's tests


@pytest.fixture
def app(office: Office) -> Iterator[Flask]:
    made = create_app(office.home.settings, passwords=CHEAP)
    made.testing = True
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def story(office: Office) -> Story:
    return new_case(office)


@pytest.fixture
def town(app: Flask, office: Office) -> FlaskClient:
    """The town post, signed in."""
    client = app.test_client()
    answer = sign_in(client, "town", office.passwords["town"], portal=portal_of("town_post"))
    assert answer.status_code == 302, answer.text
    return client


def open_task(story: Story) -> str:
    with story.work() as work:
        return story.task(work, "intake").ref


def claimed(town: FlaskClient, ref: str) -> tuple[str, str]:
    """Address and page of a task, claimed through the pages."""
    address = f"/tasks/{ref}"
    town.post(f"{address}/claim", data={"csrf_token": token_in(town.get("/desk").text)})
    return address, town.get(address).text


def filled(page: str) -> dict[str, str]:
    """What a browser would send of the intake form, every amount nought."""
    sent = {"csrf_token": token_in(page), "applied_on": "2027-05-17", "truthful": "y"}
    for tag in re.findall(r"<(?:input|textarea|select)[^>]*>", page):
        name, value = (re.search(rf'\b{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and name.group(1) == "version":
            sent["version"] = value.group(1) if value else ""
        elif name and name.group(1).endswith("-person"):
            sent[name.group(1)] = value.group(1) if value else ""
        elif name and re.fullmatch(r"members-\d+-(WAGE|PENRCV|BIZINC|DEPOSIT|VEHICLE|HOUSE)", name.group(1)):
            sent[name.group(1)] = "0"
    return sent


def state_of(story: Story, ref: str) -> str:
    with story.work() as work:
        return work.session.scalars(select(HumanTask.state).where(HumanTask.ref == ref)).one()


# --- Flask-SQLAlchemy ------------------------------------------------------------------------------------------


def test_flask_sqlalchemy_gives_every_session_and_every_statement_of_a_request(app, town, story):
    """Pages read, a task is claimed and completed: nothing of it runs beside Flask-SQLAlchemy."""
    sessions: set[type] = set()
    engines: set[Engine] = set()

    def begun(session: Session, _transaction: object, connection) -> None:
        sessions.add(type(session))
        engines.add(connection.engine)

    def executed(connection, *_more: object) -> None:
        engines.add(connection.engine)

    event.listen(Session, "after_begin", begun)
    event.listen(Engine, "before_cursor_execute", executed)
    try:
        ref = open_task(story)
        sessions.clear()
        engines.clear()
        address, page = claimed(town, ref)
        answer = town.post(address, data=filled(page))
    finally:
        event.remove(Session, "after_begin", begun)
        event.remove(Engine, "before_cursor_execute", executed)

    assert answer.status_code == 302, answer.text
    assert sessions
    assert all(issubclass(kind, flask_sqlalchemy.session.Session) for kind in sessions)
    with app.app_context():
        assert {str(engine.url) for engine in engines} == {str(db.engine.url)}
        assert engines == {db.engine}
        assert app.extensions["house"].home.engine is db.engine
    assert state_of(story, ref) == COMPLETED


# --- Flask-Login -----------------------------------------------------------------------------------------------


def test_flask_login_says_who_asks_and_without_it_nobody_is_there(app, town, story):
    assert town.get("/desk").status_code == 200
    app.login_manager.request_loader(lambda _request: None)
    assert town.get("/desk").status_code == 302
    answer = town.post(f"/tasks/{open_task(story)}/claim")
    assert answer.status_code in (302, 400, 403)
    with story.work() as work:
        assert story.task(work, "intake").assignee_id is None


def test_flask_logins_own_memory_of_a_person_is_not_used(app, town):
    assert app.config.get("SESSION_PROTECTION", app.login_manager.session_protection) is None
    with town.session_transaction() as kept:
        assert not {"_user_id", "_remember", "_id"} & set(kept), "the session is a row, not a cookie of Flask-Login's"


# --- WTForms ---------------------------------------------------------------------------------------------------


def test_wtforms_judges_a_task_form_before_any_verb(town, story, monkeypatch):
    address, page = claimed(town, open_task(story))
    monkeypatch.setattr(Form, "validate", lambda self, extra_validators=None: False)
    assert town.post(address, data=filled(page)).status_code == 422
    assert state_of(story, address.rpartition("/")[2]) in OPEN
    monkeypatch.undo()
    assert town.post(address, data=filled(page)).status_code == 302


def test_wtforms_reads_what_was_sent(town, story, monkeypatch):
    address, page = claimed(town, open_task(story))
    process = Form.process
    monkeypatch.setattr(Form, "process", lambda self, formdata=None, *rest, **more: process(self, None, *rest, **more))
    assert town.post(address, data=filled(page)).status_code == 422


def test_wtforms_draws_every_control_of_a_task(town, story, monkeypatch):
    address, _page = claimed(town, open_task(story))
    drawn: set[str] = set()
    true_call = Field.__call__

    def noting_call(self, **more):
        drawn.add(self.name)
        return true_call(self, **more)

    monkeypatch.setattr(Field, "__call__", noting_call)
    page = town.get(address).text
    names = set(re.findall(r'<(?:input|textarea|select)[^>]*\bname="((?:members-\d+-)?[A-Za-z_]+)"', page))
    answers = {
        name for name in names if name.startswith("members-") or name in ("applied_on", "truthful", "debts", "note")
    }
    assert len(answers) > 10
    assert answers <= drawn


def test_every_form_of_every_shipped_process_is_a_wtforms_class_with_a_field_for_each_question(app):
    seen = 0
    with app.test_request_context("/"):
        for folder in sorted(path for path in founding.BUNDLES.iterdir() if path.is_dir()):
            for path in sorted((folder / "forms").glob("*.form")):
                spec = parse(path.read_bytes(), path.stem, path.name)
                made = form_class(spec)
                assert TaskForm in made.__mro__ and Form in made.__mro__
                assert {one.key for one in spec.inputs} == {field.name for field in made()} - {"csrf_token"}, path.name
                seen += 1
    assert seen > 15


# --- APScheduler -----------------------------------------------------------------------------------------------


def until(what, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.05)
    return False


def test_apscheduler_knocks_and_when_it_does_not_nothing_is_done(database_kind, fresh_place, monkeypatch, noting):
    settings = settings_of(fresh_place(database_kind, STANDS))
    home = open_home(settings, make_engine(settings))
    monkeypatch.setattr(worker, "KNOCK_SECONDS", 0.05)
    plan(home, "one", NOON)
    real = BaseScheduler._process_jobs

    def runs(seconds: float) -> bool:
        stop = threading.Event()
        thread = threading.Thread(target=worker.run, args=[home, stop])
        thread.start()
        try:
            return until(lambda: notes(home) != [], seconds)
        finally:
            stop.set()
            thread.join(20)

    monkeypatch.setattr(BaseScheduler, "_process_jobs", lambda self: 0.05)
    assert not runs(1.0)
    monkeypatch.setattr(BaseScheduler, "_process_jobs", real)
    assert runs(20.0)
    home.engine.dispose()


def test_apscheduler_keeps_no_truth_of_its_own(office):
    made = worker.make_scheduler(office.home, "w")
    assert {job.id for job in made.get_jobs()} == {
        "tick", "beat", "seal", "fold", "measure", "orphans", "watch", "recover",
    }  # fmt: skip
    assert made.__class__.__module__.startswith("apscheduler.")


# --- SpiffWorkflow ---------------------------------------------------------------------------------------------


class EngineStopped(Exception):
    """What the engine answers while it is out of the way."""


def stopped(*_more: object) -> None:
    raise EngineStopped


def test_spiffworkflow_moves_every_token_and_when_it_does_not_no_case_starts(office, monkeypatch):
    monkeypatch.setattr(Task, "run", stopped)
    with pytest.raises(Exception) as failure:
        new_case(office)
    assert caused_by(failure.value, EngineStopped)
    with unit_of_work(office.home, SCHEDULER, write=False) as work:
        assert work.session.scalar(select(Case.id).where(Case.kind == "NEW")) is None


def test_spiffworkflow_moves_every_token_and_when_it_does_not_no_task_is_completed(story, monkeypatch):
    monkeypatch.setattr(Task, "run", stopped)
    steps.take_in(story)
    monkeypatch.undo()
    assert story.open_steps() == ["intake"]
    with story.work("town") as work:
        task = story.task(work, "intake")
        assert task.state == ERROR
        pausing.mend(work, task.ref)
    steps.take_in(story)
    assert story.open_steps() == ["authorise"]


def caused_by(problem: BaseException | None, kind: type[BaseException]) -> bool:
    while problem is not None:
        if isinstance(problem, kind) or isinstance(getattr(problem, "cause", None), kind):
            return True
        problem = problem.__cause__ or problem.__context__
    return False
