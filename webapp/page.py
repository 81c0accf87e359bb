"""What every template may ask for: files with their versions, language links, navigation, the clock's banner."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_login import current_user
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from domain.home import HomeRow
from domain.parties.permissions import may
from domain.parties.roles import ROLES
from domain.prepared import Prepared
from domain.text import Text
from tasks.rows.notice_rows import unread_of
from webapp import checking, navigation
from webapp.auth import house
from webapp.database import db
from webapp.i18n import english


@dataclass(frozen=True, slots=True)
class Training:
    """A demonstration home; `stopped_at` is where its clock stands, or None when it runs."""

    stopped_at: datetime | None


# asked by every page, so past the session's own machinery
_KIND = Prepared(select(HomeRow.kind, HomeRow.stopped_at))


def init(app: Flask) -> None:
    """Hand the templates their helpers."""
    app.jinja_env.globals.update(
        asset=asset, bundle=bundle, other_language=other_language, training=training, english=english, may=allowed,
        role_title=role_title, nav_links=navigation.links, landing=navigation.landing, has_page=has_page,
        legal_now=legal_now, unread=unread, example_of=checking.example_of, row_of=checking.row_of,
    )  # fmt: skip


def asset(name: str) -> str:
    """Address of a file of `static/`, with its digest so that browsers may keep it."""
    return url_for("static", filename=name, v=_digest(Path(current_app.static_folder or "") / name))


def bundle(entry: str) -> str | None:
    """Address of a built browser file ("app.js", "case.css"), or None where it was not built: pages work without."""
    folder = Path(current_app.static_folder or "") / "dist"
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        return None
    name = _manifest(manifest, manifest.stat().st_mtime_ns).get(entry)
    return url_for("static", filename=f"dist/{name}") if name else None


def other_language() -> str:
    """This page in the other language."""
    wanted = MultiDict(request.args)
    wanted["lang"] = "zh" if english() else "en"
    if request.endpoint is None or request.method != "GET":
        return url_for("health.start", lang=wanted["lang"])
    values: dict[str, Any] = {**wanted.to_dict(), **(request.view_args or {})}
    return url_for(request.endpoint, **values)


def training() -> Training | None:
    """The demonstration's banner, or None on a real home or where the home cannot be read."""
    if "training" not in g:
        g.training = None if g.get("loading_failed") else _training()
    found: Training | None = g.training
    return found


def legal_now() -> datetime:
    """The legal instant of this page."""
    return house().home.legal_now(db.session())


def unread() -> int:
    """How many notices the signed-in person has not read; one small query where the page counts no tasks."""
    me = current_user.signed_in
    told: int | None = g.get("told")
    return 0 if me is None else unread_of(db.session(), me.account_id) if told is None else told


def allowed(action: str, relation: str = "any", state: str = "any") -> bool:
    """Whether the signed-in person may do something; for showing or leaving out a button."""
    return may(current_user.actor, action, relation, state)


def role_title(role: str) -> Text | str:
    """A role in words."""
    return ROLES[role].title if role in ROLES else role


def has_page(endpoint: str) -> bool:
    """True when this application has that page."""
    return endpoint in current_app.view_functions


def _training() -> Training | None:
    row = _KIND.first(db.session.connection(), {})
    return Training(row[1]) if row is not None and row[0] == "demo" else None


@lru_cache(maxsize=64)
def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=4)
def _manifest(path: Path, _changed: int) -> dict[str, str]:
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found
