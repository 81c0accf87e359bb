"""The web's engine and session are Flask-SQLAlchemy's; its session is the one inside every `Work` of a request."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine
from sqlalchemy.orm import DeclarativeBase

from domain.base import Base
from domain.settings import Settings
from domain.work import engine_options, harden


class Database(SQLAlchemy):
    """Flask-SQLAlchemy with the durability and locking the house relies on (`domain.work.harden`)."""

    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        return harden(super()._make_engine(bind_key, options, app))


class _Model(DeclarativeBase):
    """What Flask-SQLAlchemy builds its own base on: our registry and tables. It copies the class it is given, and
    SQLAlchemy refuses a copy of `Base` because that carries a type map beside its registry."""

    registry = Base.registry


# Objects stay readable after the commit, so that a page can be made of what was just written.
db = Database(model_class=_Model, session_options={"expire_on_commit": False})


def connect(app: Flask, settings: Settings) -> None:
    """Give the application its engine. Statements that fail are logged without their values (S3 data)."""
    options: dict[str, Any] = engine_options(settings.url)
    app.config.update(SQLALCHEMY_DATABASE_URI=settings.url, SQLALCHEMY_ENGINE_OPTIONS=options)
    db.init_app(app)
