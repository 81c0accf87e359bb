"""Every route says which action it needs, or that it is public; the application does not start otherwise.

`@requires` only marks the view. `webapp.auth` asks the table in `domain.parties.permissions` before the view
runs; the verb asks again with the true relation, since a door cannot know whose case it opens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask

from domain.parties.permissions import ACTIONS

View = TypeVar("View", bound=Callable[..., Any])
_MARK = "hedui_permit"


class UndeclaredRoute(RuntimeError):
    """A route was registered without saying who may use it."""


@dataclass(frozen=True, slots=True)
class Permit:
    """What a view asks for. action: "" for public views. uploads: takes files up to the home's limit.

    pending: what somebody may still have to do who is let in all the same ("second_factor", ...).
    watching: a page asks this by itself, again and again; it keeps nobody's session from running out.
    machine: for other programs, which no session knows: the view itself asks who they are. largest: bytes it takes.
    """

    action: str
    uploads: bool = False
    pending: frozenset[str] = frozenset()
    watching: bool = False
    machine: bool = False
    largest: int = 0


def requires(
    action: str, *, uploads: bool = False, pending: str = "", watching: bool = False
) -> Callable[[View], View]:
    """Declare the action a view carries out. Raises UndeclaredRoute for one the table does not know."""
    if action not in ACTIONS:
        raise UndeclaredRoute(f"there is no action {action!r} in domain.parties.permissions")

    def mark(view: View) -> View:
        setattr(view, _MARK, Permit(action, uploads, frozenset(pending.split()), watching))
        return view

    return mark


def public(view: View) -> View:
    """Declare a view open to everybody, signed in or not."""
    setattr(view, _MARK, Permit(""))
    return view


def machines(largest: int) -> Callable[[View], View]:
    """Declare a view for other programs: no session is looked for, and at most so many bytes are read. It judges by
    itself who speaks, and stands in a blueprint of `webapp.api`, which no form of ours ever sends to."""

    def mark(view: View) -> View:
        setattr(view, _MARK, Permit("", machine=True, largest=largest))
        return view

    return mark


def permit_of(view: Callable[..., Any] | None) -> Permit | None:
    """What a view declared, or None."""
    found = getattr(view, _MARK, None)
    return found if isinstance(found, Permit) else None


def check_routes(app: Flask) -> None:
    """Raise UndeclaredRoute naming every route that declares nothing."""
    bare = sorted(
        f"{rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if permit_of(app.view_functions.get(rule.endpoint)) is None
    )
    if bare:
        raise UndeclaredRoute(
            "these routes do not say who may use them; put @requires or @public on the view: " + ", ".join(bare)
        )
