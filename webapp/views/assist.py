"""Verification across regions: what goes out, what came in, what waits for us; a new request (P-05, P-06)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain import rules
from domain.crossregion import confirming, ending, items, lists, receipts, requests, sides
from domain.crossregion.items import Finding
from domain.crossregion.lists import IN, OUT, WAITING, Page
from domain.errors import Conflict, HouseError, InvalidAnswers, NotFound, NotPermitted
from domain.parties import permissions
from domain.parties.households import Person
from domain.policy_catalogue import Jurisdiction
from domain.text import Text
from domain.text import gettext as _
from domain.verification import catalogue_use, commissions
from domain.verification.assist_rows import CROSS_PROV, DRAFT, AssistItem, AssistRequest
from domain.work import Work
from webapp import showing
from webapp.acting import acting, reading
from webapp.errors import status_of
from webapp.i18n import english
from webapp.permits import requires

blueprint = Blueprint("assist", __name__, url_prefix="/assist")
MOST = 50
TABS: Mapping[str, Text] = {OUT: _("Ours, to others"), IN: _("Others', to us"), WAITING: _("To let pass")}
REACHES: Mapping[str, Text] = {
    "NONE": _("within the city"), "INTRA_PROV": _("within the province"), "CROSS_PROV": _("another province"),
}  # fmt: skip
ROUTES: Mapping[str, Text] = {
    "chain": _("through every tier"), "city_review": _("after the city's review"), "direct": _("straight to the city"),
}  # fmt: skip
STATES: Mapping[str, tuple[str, Text]] = {
    "DRAFT": ("line", _("draft")), "ON_ITS_WAY": ("soon", _("on its way")),
    "CONFIRMED": ("soon", _("confirmed, waits for the ministry's platform")), "SENT": ("soon", _("received")),
    "DONE": ("ok", _("finished")), "TERMINATED": ("line", _("ended by the starter")),
    "REFUSED": ("overdue", _("refused on its way")),
}  # fmt: skip
ITEMS: Mapping[str, tuple[str, Text]] = {
    "DRAFT": ("line", _("not sent yet")), "QUEUED": ("line", _("waits for its window")), "OPEN": ("soon", _("open")),
    "ANSWERED": ("ok", _("answered")), "NOT_OBTAINED": ("today", _("not obtained")),
    "EXPIRED": ("overdue", _("past its limit")), "CANCELLED": ("line", _("cancelled")),
}  # fmt: skip
STEPS: Mapping[str, Text] = {
    "REVIEW": _("Review of the city"), "FORWARD": _("Passes it on"), "CONFIRM": _("Confirmation of the province"),
}  # fmt: skip
SAYINGS: Mapping[str, Text] = {
    "REQUEST": _("sent the request"), "RECEIPT": _("received it"), "PASSED": _("let it pass"),
    "ANSWER": _("answered"), "REASON": _("gave the reason"), "SUGGESTION": _("suggested to end it"),
    "TERMINATION": _("ended it"), "REFUSAL": _("refused it"), "AGREEMENT_ASKED": _("asked for a special agreement"),
    "AGREED": _("agreed specially"),
}  # fmt: skip
FOUND_AS: Mapping[str, Text] = {"FOUND": _("found"), "NOT_FOUND": _("nothing found")}


@blueprint.get("")
@requires("assist.read")
def listing() -> ResponseReturnValue:
    """One of the lists, the newest first."""
    show, after = request.args.get("show", OUT), request.args.get("after", "")[:26]
    show = show if show in TABS else OUT
    with reading() as work:
        rows = lists.listed(work, show, after=after, most=MOST + 1)
        return render_template(
            "assist/index.html", show=show, tabs=TABS, totals=lists.counted(work), rows=rows[:MOST],
            more=len(rows) > MOST, after=after, states=STATES, reaches=REACHES, places=_places(work),
            may_start=permissions.may(work.actor, "assist.start"), now=work.now, counts=showing.nav_counts(work),
        )  # fmt: skip


@blueprint.get("/new")
@requires("assist.start")
def new() -> ResponseReturnValue:
    """The form: first the case and the place, then whom and what to ask."""
    with reading() as work:
        return _form(work, request.args)


@blueprint.post("/new")
@requires("assist.start")
def start() -> ResponseReturnValue:
    """Draft the request and go to it; a refused form keeps what was chosen."""
    try:
        with acting() as work:
            made = _start(work).ref
    except InvalidAnswers as refusal:
        with reading() as work:
            return _form(work, request.form, faults=refusal.fields), 422
    except (Conflict, NotPermitted) as refusal:
        with reading() as work:
            return _form(work, request.form, refusal=refusal), status_of(refusal)
    return redirect(url_for("assist.page", ref=made))


@blueprint.get("/<ref>")
@requires("assist.read")
def page(ref: str) -> ResponseReturnValue:
    """One request: its way, its people, its items with what came, what was said."""
    with reading() as work:
        return _page(work, ref)


@blueprint.post("/<ref>")
@requires("assist.read")
def act(ref: str) -> ResponseReturnValue:
    """Do what the side that is signed in may do; the verb says who may."""
    try:
        with acting() as work:
            _act(work, ref, request.form.get("act", ""))
    except InvalidAnswers as refusal:
        with reading() as work:
            return _page(work, ref, faults=refusal.fields), 422
    except (Conflict, NotPermitted) as refusal:
        with reading() as work:
            return _page(work, ref, refusal=refusal), status_of(refusal)
    flash(str(_("It is written down.")))
    return redirect(url_for("assist.page", ref=ref))


def _act(work: Work, ref: str, act: str) -> None:
    found, text = sides.by_ref(work, ref), request.form.get("reason", "")
    acts: dict[str, Callable[[], object]] = {
        "submit": lambda: requests.submit(work, found, request.form.getlist("queue")),
        "confirm": lambda: confirming.confirm(work, found, text),
        "refuse": lambda: confirming.refuse(work, found, text),
        "terminate": lambda: ending.terminate(work, found, text),
        "suggest": lambda: ending.suggest(work, found, text),
        "ask": lambda: items.ask_agreement(work, found, text),
        "agree": lambda: items.agree(work, found, text),
    }
    for_item: dict[str, Callable[[], object]] = {
        "answer": lambda: items.answer(work, _item(work, ref), _findings(work, ref)),
        "give_up": lambda: items.give_up(work, _item(work, ref), text),
        "explain": lambda: items.explain(work, _item(work, ref), text),
    }
    if act not in acts | for_item:
        raise Conflict(_("Choose what to do."))
    (acts | for_item)[act]()


def _item(work: Work, ref: str) -> AssistItem:
    item, whole = sides.item_by_ref(work, request.form.get("item", "")[:26])
    if whole.ref != ref:
        raise NotFound(_("There is no such request."))
    return item


def _findings(work: Work, ref: str) -> list[Finding]:
    found = []
    for one in sides.people_of(work, sides.by_ref(work, ref)):
        said = request.form.get(f"found-{one.ref}", "")
        if said not in FOUND_AS:
            raise InvalidAnswers({f"found-{one.ref}": _("Say of everybody asked about what was found.")})
        value = {name: request.form.get(f"{name}-{one.ref}", "")[:500] for name in ("amount", "count", "text")}
        found.append(Finding(one.ref, said == "FOUND", value if said == "FOUND" else {}))
    return found


def _start(work: Work) -> AssistRequest:
    case = lists.case_to_ask(work, request.form.get("case", ""))
    chosen = set(request.form.getlist("people"))
    people: list[Person] = [one for one, _name in lists.askable(work, case) if one.ref in chosen]
    return requests.start(
        work, case, request.form.get("place", ""), people, resources=request.form.getlist("items"),
        categories=request.form.getlist("categories"),
    )  # fmt: skip


def _places(work: Work) -> dict[str, str]:
    return {one.id: _called(one) for one in rules.current(work).jurisdictions.values()}


def _called(place: Jurisdiction) -> str:
    return place.en if english() and place.en else place.zh


def _form(
    work: Work, sent: Mapping[str, str], *, faults: Mapping[str, object] | None = None,
    refusal: HouseError | None = None,
) -> str:  # fmt: skip
    number, place = sent.get("case", "").strip()[:48], sent.get("place", "")[:64]
    said = {name: str(sentence) for name, sentence in (faults or {}).items()}
    case = way = None
    if number:
        try:
            case = lists.case_to_ask(work, number)
            way = requests.way(work, case, place) if place else None
        except InvalidAnswers as wrong:
            said |= {name: str(sentence) for name, sentence in wrong.fields.items()}
        except NotFound as wrong:
            said["place" if case is not None else "case"] = wrong.message
        except Conflict as wrong:
            refusal = refusal or wrong
    offered = requests.offered(work, case, way) if case is not None and way is not None else []
    known = catalogue_use.standings(work, offered)
    letter = commissions.accepted(work, case) if case is not None else []
    beyond = way is not None and way.reach == CROSS_PROV
    named = commissions.categories_of(work, letter[0]) if letter and beyond else ()
    return render_template(
        "assist/new.html", number=number, place=place, places=[(one.id, _called(one)) for one in lists.places(work)],
        case=case, way=way, people=lists.askable(work, case) if case is not None and way is not None else [],
        offered=offered, known=known, categories=named,
        chosen_people=_chosen("people"), chosen_items=_chosen("items"), chosen_categories=_chosen("categories"),
        titles=showing.titles(work), reaches=REACHES, routes=ROUTES, steps=STEPS, today=work.today, faults=said,
        refusal=refusal, clause=getattr(refusal, "clause", ""), counts=showing.nav_counts(work),
    )  # fmt: skip


def _chosen(name: str) -> list[str]:
    return request.form.getlist(name)


def _page(
    work: Work, ref: str, *, faults: Mapping[str, object] | None = None, refusal: HouseError | None = None
) -> str:
    found = lists.page(work, ref)
    opens = {one.row.ref: receipts.opens_on(work, one.row) for one in found.items} if found.row.state == DRAFT else {}
    return render_template(
        "assist/page.html", one=found, acts=_may(work, found), opens=opens, places=_places(work), reaches=REACHES,
        routes=ROUTES, states=STATES, items=ITEMS, steps=STEPS, sayings=SAYINGS, found_as=FOUND_AS,
        titles=showing.titles(work), now=work.now, today=work.today, sent=request.form,
        faults={name: str(sentence) for name, sentence in (faults or {}).items()}, refusal=refusal,
        clause=getattr(refusal, "clause", ""), most=items.LONGEST, counts=showing.nav_counts(work),
    )  # fmt: skip


def _may(work: Work, found: Page) -> frozenset[str]:
    """What the signed-in person may do with this request now, by the names of the acts."""
    state, open_now = found.row.state, not items.is_over(found.row)
    acts = {
        "submit": ("assist.start", lists.STARTER, state == DRAFT),
        "terminate": ("assist.terminate", lists.STARTER, open_now),
        "confirm": ("assist.confirm", lists.PASSING, found.mine),
        "answer": ("assist.answer", lists.ASSISTING, state == "SENT"),
        "suggest": ("assist.suggest", lists.ASSISTING, state == "SENT"),
        "ask": ("assist.start", lists.STARTER, state in ("SENT", "DONE") and _locked(found)),
        "agree": ("assist.agree", lists.ASSISTING, found.asked_agreement and not found.row.special),
    }
    return frozenset(
        name
        for name, (action, relation, now) in acts.items()
        if now and relation in found.relations and permissions.may(work.actor, action, relation)
    )


def _locked(found: Page) -> bool:
    return not found.row.special and not found.asked_agreement and any(one.row.locks for one in found.items)
