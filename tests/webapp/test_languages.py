"""Every page that somebody reaches, read in both languages: no word of the one is left in the other."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from urllib.parse import urldefrag, urlsplit

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from domain.parties import second_factor, staff
from domain.parties.roles import PORTALS
from domain.work import OPERATOR, unit_of_work
from tests.homes import CHEAP, DEMO, Office, open_office
from tests.house.rules import ROOT
from tests.infrastructure.databases import SQLITE, Place, Template
from tests.infrastructure.reading import read_texts
from tests.journeys import steps
from tests.journeys.playing import new_case
from tests.webapp.conftest import sign_in, token_in
from webapp.app import create_app
from webapp.translations import update
from workflows import drafts

HAN = re.compile(r"[\u3400-\u9fff]+")
PLACE = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
# three words in a row are a sentence; names of files, commands and codes are not
ENGLISH = re.compile(r"[A-Za-z]{2,}(?:[ ,;:]+[A-Za-z']+){2,}")
DATA = frozenset({"本人", "配偶", "父母", "子女"})  # relations, as the register writes them
SAME = ("CSV", "GB18030", "UTF-8", "XLSX")
MOST_PAGES, MOST_ALIKE = 60, 10
READ_BY = ("town", "clerk", "head", "checker", "handler", "reviewer", "archivist", "catalogue", "cityhandler",
           "bank", "policy", "owner1", "system", "security", "auditor")  # fmt: skip


# --- what is looked for ----------------------------------------------------------------------------------------


def english_left(page: str, sentences: frozenset[str]) -> list[str]:
    """Texts of a Chinese page that are English: a sentence of ours untranslated, or three words in a row."""
    texts = [" ".join(text.split()) for text in read_texts(page)]
    return [text for text in texts if text in sentences or ENGLISH.search(_plain(text))]


def chinese_left(page: str, sentences: frozenset[str]) -> list[str]:
    """Texts of an English page that are ours in Chinese. Names, addresses and numbers are data and stay Chinese."""
    found = []
    for text in (" ".join(text.split()) for text in read_texts(page)):
        long = (part for part in sentences if len(part) >= 4 and part in text)
        if text in sentences - DATA or next(long, None) or re.search(r"[\u3400-\u9fff][。，：；？]", text):
            found.append(text)
    return found


def _plain(text: str) -> str:
    for word in SAME:
        text = text.replace(word, "")
    return text


def source_sentences() -> frozenset[str]:
    """Our sentences that read otherwise in Chinese."""
    kept = [message for message in update.kept() if isinstance(message.id, str) and message.id != message.string]
    return frozenset(str(message.id) for message in kept if re.search("[A-Za-z]{2}", str(message.id)))


def chinese_sentences() -> frozenset[str]:
    """Chinese pieces of our sentences and of the labels of the shipped forms, between their named places."""
    texts = [text for message in update.kept() if message.id for text in _texts(message.string)]
    for path in (ROOT / "bpmn").glob("*/forms/*.form"):
        texts += _labels(json.loads(path.read_text(encoding="utf-8")))
    pieces = (piece.strip(" 。，：；、“”（）—…") for text in texts for piece in PLACE.split(text))
    return frozenset(piece for piece in pieces if len(HAN.findall(piece)) and len(piece) > 1)


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else [str(value)]


def _labels(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("label"), str):
            yield part["label"]
        for inner in part.values():
            yield from _labels(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _labels(inner)


# --- who goes where --------------------------------------------------------------------------------------------


@pytest.fixture
def office(fresh_place: Callable[[str, Template], Place]) -> Iterator[Office]:
    """A demonstration office in June: cases at the desks of town, department and agency, a campaign, reports."""
    made = open_office(fresh_place(SQLITE, DEMO))
    done = new_case(made, "town", "B2027003")
    steps.to_queries(done)
    steps.report(done)
    steps.decide(done, "REJECT")
    waiting = new_case(made, "town", "B2027010")  # one at the agency's desk, one at the department's
    steps.to_queries(waiting)
    signed = new_case(made, "town", "B2027031")
    steps.take_in(signed)
    steps.authorise(signed)
    made.advance("2027-06-01T09:00:00+08:00")
    with unit_of_work(made.home, made.actor("owner1")) as work:
        wrong = drafts.begin(work, "review_commission")
        drawing = drafts.bundle_at(work, wrong).files["process.bpmn"].replace(b"commission.issue_batch", b"os.system")
        drafts.save(work, wrong.ref, {"process.bpmn": drawing}, based_on=1)
    yield made
    made.home.engine.dispose()


@pytest.fixture
def app(office: Office) -> Flask:
    made = create_app(office.home.settings, passwords=CHEAP)
    made.testing = True
    return made


def browser_of(app: Flask, office: Office, login: str) -> FlaskClient:
    """Somebody of the office, signed in with a second factor where there is one."""
    secret = pyotp.random_base32()
    with unit_of_work(office.home, OPERATOR) as work:
        account = staff.by_login(work, login)
        second_factor.set_up(work, account, secret, pyotp.TOTP(secret).now())
        account.totp_last_step = None
        portal = next(name for name, kinds in PORTALS.items() if account.org_kind in kinds)
    browser = app.test_client()
    assert sign_in(browser, login, office.passwords[login], portal).status_code == 302
    page = browser.get("/second-factor").text
    form = {"csrf_token": token_in(page), "code": pyotp.TOTP(secret).now(), "next": "/account/"}
    assert browser.post("/second-factor", data=form).status_code == 302
    return browser


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href") if tag == "a" else None
        if target and target.startswith("/"):
            self.found.append(urldefrag(target).url)


def reached(browser: FlaskClient, language: str, start: str = "/") -> Iterator[tuple[str, str]]:
    """Address and text of the pages that links lead to, MOST_PAGES of them; one of the same list with other filters.

    Of a section that has hundreds of a kind (a page a place and rule), MOST_ALIKE: the others are to be reached too.
    """
    waiting, seen = [start], {start}
    alike: Counter[tuple[str, int]] = Counter()
    for _turn in range(MOST_PAGES):
        if not waiting:
            return
        path = waiting.pop(0)
        answer = browser.get(path, query_string={"lang": language} if "?" not in path else None, follow_redirects=True)
        if answer.mimetype != "text/html":
            continue
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        yield path, answer.text
        links = _Links()
        links.feed(answer.text)
        for link in links.found:
            plain = urlsplit(link).path
            kind = (plain.split("/")[1] if "/" in plain else "", plain.count("/"))
            if plain not in seen and alike[kind] < MOST_ALIKE and not plain.startswith(("/sign-out", "/files/")):
                alike[kind] += 1
                seen.add(plain)
                waiting.append(plain)


def _to_do(path: str, text: str) -> bool:
    """Whether a task's page lets its reader claim it or fill it in."""
    return f'formaction="{path}/claim' in text or f'formaction="{path}/release' in text


def refused(browser: FlaskClient, path: str) -> str:
    """The page that says why a claimed task cannot be completed: with nonsense, or as it stood before where nothing is
    asked for."""
    token = token_in(browser.get(path).text)
    browser.post(f"{path}/claim", data={"csrf_token": token})
    page = browser.get(path).text
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version, path
    stand = version.group(1) if 'aria-required="true"' in page or " required" in page else "0"
    nonsense = {"csrf_token": token, "version": stand, "outcome": "?", "effective_on": "?", "signed_on": "?"}
    answer = browser.post(path, data=nonsense)
    assert answer.status_code in (409, 422), f"{path}: {answer.status_code}"
    return answer.text


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.slow)])
def test_no_page_that_somebody_reaches_speaks_the_other_language(office, app, language):
    left, sentences = (english_left, source_sentences()) if language == "zh" else (chinese_left, chinese_sentences())
    found: dict[str, str] = {}
    read: set[str] = set()
    browsers = [("", app.test_client()), *((login, browser_of(app, office, login)) for login in READ_BY)]
    for login, browser in browsers:
        pages = list(reached(browser, language, "/" if login else "/sign-in"))
        task = next((path for path, text in pages if path.startswith("/tasks/") and _to_do(path, text)), None)
        for path, text in [*pages, *([(f"{task} refused", refused(browser, task))] if task else [])]:
            assert f'<html lang="{"en" if language == "en" else "zh-Hans-CN"}">' in text, path
            read.add(path)
            found |= {sentence: f"{login} {path}: {sentence}" for sentence in left(text, sentences)}
    assert not found, "\n".join(found.values())
    wanted = {"/sign-in", "/desk", "/cases", "/reports", "/campaigns", "/deliveries", "/processes"}
    assert wanted <= read, f"not reached: {wanted - read}"
    assert {"details", "drawing"} <= {path.rpartition("/")[2] for path in read if path.startswith("/drafts/")}
    assert sum(path.endswith(" refused") for path in read) >= 4


# --- the check can fail ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "<p>Nothing handed in yet.</p>",
        "<h1>Claim</h1>",
        '<button aria-label="Claim">认领</button>',
        "<p>This sentence was marked nowhere</p>",
    ],
)
def test_english_in_a_chinese_page_is_found(body):
    assert len(english_left(f'<html lang="zh-Hans-CN"><body>{body}', source_sentences())) == 1


@pytest.mark.parametrize("body", ["<p>ps-hd-03</p>", '<a lang="en" href="/">English</a>', "<code>Claim</code>"])
def test_names_and_codes_in_a_chinese_page_are_none(body):
    assert english_left(f'<html lang="zh-Hans-CN"><body>{body}', source_sentences()) == []


@pytest.mark.parametrize(
    "body", ["<h1>认领</h1>", "<p>Case: 没有符合筛选的结果</p>", "<p>这一句，没有标记</p>", "<label>工资性收入</label>"]
)
def test_chinese_in_an_english_page_is_found(body):
    assert len(chinese_left(f'<html lang="en"><body>{body}', chinese_sentences())) == 1


@pytest.mark.parametrize("body", ["<td>江白露</td>", "<td>平核〔2027〕0391</td>", "<td>工人街道</td>"])
def test_names_and_numbers_in_an_english_page_are_none(body):
    assert chinese_left(f'<html lang="en"><body>{body}', chinese_sentences()) == []
