"""Whether a paper in somebody's hand was given out here: asked by the code it carries, by anybody (LF-20)."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.exceptions import TooManyRequests

from domain import issued
from domain.issued import Verified
from domain.parties import throttle
from domain.work import SCHEDULER
from webapp.acting import acting
from webapp.i18n import english
from webapp.permits import public
from workflows import stamps

blueprint = Blueprint("verifying", __name__, url_prefix="/verify")
# looks an hour of one address, good ones too: nobody walks through the codes, and an office can check a pile
LOOKS_AN_HOUR = 60
LONGEST = 128


@blueprint.get("")
@public
def page() -> ResponseReturnValue:
    """Asks for the code."""
    return render_template("verifying/page.html", form=FlaskForm(), code="", digest="", asked=False, found=None)


@blueprint.post("")
@public
def typed() -> ResponseReturnValue:
    """The answer to a code that was typed; it goes into no address, since anything may be typed by mistake."""
    code, digest = (request.form.get(name, "").strip()[:LONGEST] for name in ("code", "digest"))
    return _answer(issued.normal_code(code), digest)


@blueprint.get("/<code>")
@public
def document(code: str) -> ResponseReturnValue:
    """The answer to a code that was read from the picture."""
    return _answer(issued.normal_code(code[:LONGEST]), "")


def _answer(code: str, digest: str) -> ResponseReturnValue:
    """Kind, number and day of the paper, and whether it is whole; nothing else, and the same for every unknown code."""
    with acting(SCHEDULER) as work:
        window = timedelta(hours=1)
        if throttle.take(work.session, f"verify:{request.remote_addr}", LOOKS_AN_HOUR, window) is not None:
            raise TooManyRequests
        found = issued.verified(work, code)
        training = stamps.is_training(work)
    shown = render_template(
        "verifying/page.html", form=FlaskForm(), code=code, digest=digest, asked=True, found=found, name=_name(found),
        same=_same(found, digest), training=training,
    )  # fmt: skip
    return shown, 404 if found is None else 200


def _name(found: Verified | None) -> str:
    return "" if found is None else found.en if english() else found.zh


def _same(found: Verified | None, digest: str) -> bool | None:
    return issued.same_digest(digest, found.digest) if found is not None and digest else None
