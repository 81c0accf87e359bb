"""No address holds an identity number: what is typed into one goes no further than this door.

An address stays in the browser's history, in a proxy's log and in what is passed on, so a field that is sent by GET is
no place for a number that names a person. One rule for every page stands here, instead of one at each search: whatever
page is asked for with such a number is shown without any of its words, and says why. The answer is a redirect, since
the browser puts its address in place of the refused one.
"""

from __future__ import annotations

import re
import unicodedata

from flask import Flask, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import SecurityError

from domain import identity
from domain.text import gettext as _

# fifteen to eighteen digits, the last of which may be an X, alone or in a disability certificate's number; a number
# with a slip of the pen counts as well. Keys and references have letters or more digits around theirs.
_LIKE = re.compile(r"(?<![0-9A-Z])(?:[0-9]{14,17}[0-9X]|[0-9]{17}[0-9X][1-7][1-4](?:B[0-9])?)(?![0-9A-Z])")
_SAID = _("That looks like an identity number. An address must not hold one, so nothing was looked for.")


def init(app: Flask) -> None:
    """Install the door. Before the sign-in's, which would carry the address on to its own page."""
    app.before_request(_door)


def like_a_number(text: str) -> bool:
    """True where something in it may be read as an identity number, however it is written."""
    plain = unicodedata.normalize("NFKC", text).upper()
    # as it stands, and with what people put between digits taken away
    return any(_LIKE.search(one) for one in (plain, identity.normalise(text), re.sub(r"[\s-]", "", plain)))


def _door() -> ResponseReturnValue | None:
    """Show the page without its words; what is sent otherwise than by GET is not done."""
    if not any(like_a_number(one) for pair in request.args.items(multi=True) for one in pair):
        return None
    if isinstance(request.routing_exception, SecurityError):
        return None  # a host that is not ours, to which no address can be written; it is refused as such
    flash(str(_SAID))
    if request.endpoint is None or request.method not in ("GET", "HEAD"):
        return redirect(url_for("health.start"), 303)
    return redirect(url_for(request.endpoint, **(request.view_args or {})), 303)
