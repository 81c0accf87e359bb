"""What the editors share: keeping a file, saying why it was not kept, findings, others, and the language."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.browser import watch_console

pytestmark = pytest.mark.slow

SOURCE = Path(__file__).resolve().parents[2] / "frontend" / "src" / "studio"
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'"
SHOP: dict[str, Any] = {"token": "secret", "person": "7", "slow": 0.0, "most": 0}
FINDINGS = [
    {"file": "forms/a b.form", "element": "x", "line": None, "sentence": "other", "remedy": "", "severity": "warning"},
    {"file": "process.bpmn", "element": "e1", "line": 7, "sentence": "wrong", "remedy": "mend", "severity": "error"},
]
PAGE = """<!doctype html><html lang="zh-CN"><head><title>x</title>
<script type="module" src="/page.js"></script></head><body><div id="studio" data-part="process.bpmn" data-revision="4"
data-token="secret" data-person="7"
data-draft-url="/d" data-file-url="/file" data-check-url="/check" data-presence-url="/presence" data-words-url="/words">
<p data-studio-status data-text-saving="saving" data-text-saved="saved {time}" data-text-merged="merged {time}"
data-text-unchanged="unchanged" data-text-unsaved="unsaved" data-text-failed="failed" data-text-signed-out="sign in"
data-text-refused="refused" data-text-conflict="{by} at {at}" data-text-held="held"
data-text-aside="aside {revision}"></p>
<p data-studio-others data-text-here="{name} here" data-text-elsewhere="{name} there"
data-text-newer="newer {revision}"></p>
<b data-studio-revision data-text="r{revision}">r4</b><button data-studio-save>Save</button>
<button data-studio-count data-text-none="none" data-text-errors="{errors}e {warnings}w"></button>
<textarea></textarea>
<div id="chrome"><button title="Delete">Close</button><i translate="no">Owner</i><u>Reset it</u></div>
<section data-studio-findings tabindex="-1"><ol></ol></section><template data-studio-finding><li>
<i data-severity="error">E</i><i data-severity="warning">W</i><button></button><a></a><span data-says><b data-place></b>
<span data-sentence></span></span><span data-example></span><span data-remedy></span><code data-code></code>
<span data-line data-text="line {text}"></span></li></template>
<dialog data-studio-conflict><p data-text="{by} saved {revision}"></p><a data-studio-difference>d</a>
<button data-studio-aside>aside</button><button data-studio-theirs>t</button>
<button data-studio-back>b</button></dialog>
</div></body></html>"""
SCRIPT = """
import { open } from '/session.js';
import { interpret } from '/translate.js';
const root = document.getElementById('studio'), field = document.querySelector('textarea');
const words = { Close: '关闭', Delete: '删除', it: '模拟' };
const interpreter = interpret(root, words, { patterns: [[/^Reset (.+)$/, '重置{1}']] });
interpreter.watch(document.getElementById('chrome'));
const session = open({ root, content: async () => field.value, changed: (tell) => field.addEventListener('input', tell),
  show: (findings) => { root.dataset.shown = findings.map((one) => one.element); },
  settle: (asked) => { root.dataset.settled = String(asked); },
  choose: (finding) => { root.dataset.chosen = finding.element; }, name: (finding) => `step ${finding.element}` });
field.value = await session.load();
session.ready();
if (location.search === '?touch') session.touch();
window.says = [];
new MutationObserver((all) => window.says.push(all.length)).observe(
  root.querySelector('[data-studio-status]'), { childList: true, characterData: true, subtree: true });
"""


class Shop(BaseHTTPRequestHandler):
    """Answers what a test wrote down, and keeps what was sent."""

    sent: list[tuple[str, str, dict[str, str]]]
    answer: tuple[int, dict[str, Any]]
    token: str
    person: str
    slow: float  # seconds until a file is kept
    busy: list[str]  # files that are being kept
    most: int  # at one time

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        files = {f"/{name}": SOURCE / name for name in ("session.js", "posting.js", "translate.js")}
        if path in files:
            self._send(200, "text/javascript", files[path].read_text(encoding="utf-8"))
        elif path == "/page.js":
            self._send(200, "text/javascript", SCRIPT)
        else:
            self._send(
                200, "text/plain" if path == "/file" else "text/html", "stored" if path == "/file" else self._page()
            )

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        type(self).sent.append((self.path, body, dict(self.headers)))
        if self.path.startswith("/check"):
            return self._send(200, "application/json", json.dumps({"passes": False, "findings": FINDINGS}))
        if self.path == "/presence":
            others = [{"name": "甲", "part": "process.bpmn"}, {"name": "乙", "part": "q"}]
            return self._send(200, "application/json", json.dumps({"revision": 6, "others": others}))
        return self._keep(self.headers["X-CSRFToken"])

    def _page(self) -> str:
        shop = type(self)
        return PAGE.replace('data-token="secret"', f'data-token="{shop.token}"').replace(
            'data-person="7"', f'data-person="{shop.person}"'
        )

    def _keep(self, token: str) -> None:
        shop = type(self)
        if token != shop.token:
            return self._send(400, "text/html", "This form is from an earlier session.")
        shop.busy.append(self.path)
        shop.most = max(shop.most, len(shop.busy))
        time.sleep(shop.slow)
        shop.busy.pop()
        status, told = shop.answer
        return self._send(status, "application/json", json.dumps(told))

    def _send(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def shop(page: Any) -> Iterator[type[Shop]]:
    """A page with an editor of one text, opened."""
    kept = {"revision": 5, "merged": False, "unchanged": False, "saved": "10:32"}
    handler = type("ThisShop", (Shop,), {"sent": [], "answer": (200, kept), **SHOP, "busy": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page.goto(f"http://127.0.0.1:{server.server_port}/")
    page.locator("#studio[data-ready=yes]").wait_for()
    yield handler
    server.shutdown()
    server.server_close()


def saves(shop: type[Shop]) -> list[tuple[str, str]]:
    return [(path, body) for path, body, _headers in shop.sent if path.startswith("/file")]


def status(page: Any, name: str) -> str:
    page.locator(f"#studio[data-status={name}]").wait_for()
    return str(page.locator("[data-studio-status]").inner_text())


def test_nothing_is_written_until_something_changed_and_then_by_itself(page: Any, shop: type[Shop]) -> None:
    page.locator("[data-studio-save]").click()
    assert status(page, "Unchanged") == "unchanged"
    page.keyboard.press("Control+s")
    assert saves(shop) == []
    page.locator("textarea").fill("mine")
    assert status(page, "Saved") == "saved 10:32"
    assert saves(shop) == [("/file", "mine")]
    headers = next(headers for path, _body, headers in shop.sent if path == "/file")
    assert (headers["X-Revision"], headers["X-CSRFToken"]) == ("4", "secret")
    assert page.locator("[data-studio-revision]").inner_text() == "r5"


def test_findings_come_errors_first_with_their_place(page: Any, shop: type[Shop]) -> None:
    page.locator("#studio[data-checked=no]").wait_for()
    lines = page.locator("[data-studio-findings] li")
    assert [one.get_attribute("data-severity") for one in lines.all()] == ["error", "warning"]
    said = [lines.first.locator(f"[data-{one}]").inner_text() for one in ("place", "sentence", "remedy", "line")]
    assert said == ["step e1", "wrong", "mend", "line 7"]
    assert [one.is_visible() for one in lines.first.locator("i").all()] == [True, False]
    assert page.locator("[data-studio-count]").inner_text() == "1e 1w"
    assert page.locator("#studio").get_attribute("data-shown") == "e1"
    lines.first.locator("button").click()
    assert page.locator("#studio").get_attribute("data-chosen") == "e1"
    assert lines.last.locator("a").get_attribute("href") == "/d/forms/a%20b#element=x"
    page.locator("textarea").fill("half")
    page.locator("#studio[data-status=Saved]").wait_for()
    assert [body for path, body, _headers in shop.sent if path.startswith("/check")] == ["", "half"]


def test_others_are_named_and_a_newer_revision_too(page: Any, shop: type[Shop]) -> None:
    page.locator("[data-studio-others]", has_text="newer").wait_for()
    assert page.locator("[data-studio-others]").inner_text() == "甲 here 乙 there newer 6"


def test_a_refused_file_stays_in_the_editor_and_is_tried_again_when_it_changed(page: Any, shop: type[Shop]) -> None:
    shop.answer = (422, {"message": "no", "findings": FINDINGS[1:]})
    page.locator("textarea").fill("bad")
    assert status(page, "Refused") == "refused"
    shop.answer = (200, {"revision": 9, "merged": True, "unchanged": False, "saved": "10:40"})
    page.locator("textarea").fill("good")
    assert status(page, "Merged") == "merged 10:40"
    assert saves(shop) == [("/file", "bad"), ("/file", "good")]


def test_a_session_that_ended_and_a_draft_that_closed_say_so(page: Any, shop: type[Shop]) -> None:
    shop.answer = (403, {})
    page.locator("textarea").fill("one")
    assert status(page, "SignedOut") == "sign in"
    shop.answer = (400, {"message": "This draft is closed."})
    page.keyboard.press("Control+s")
    assert status(page, "Refused") == "This draft is closed."
    assert page.locator("textarea").input_value() == "one"


def test_anothers_version_asks_and_mine_goes_beside_it(page: Any, shop: type[Shop]) -> None:
    shop.answer = (409, {"message": "", "revision": 8, "by": "丙", "at": "10:31", "compare": "/c"})
    page.locator("textarea").fill("mine")
    assert status(page, "Conflict") == "丙 at 10:31"
    dialog = page.locator("dialog[open]")
    assert "丙 saved 8" in dialog.inner_text()
    assert dialog.locator("[data-studio-difference]").get_attribute("href") == "/c"
    shop.answer = (200, {"revision": 9, "merged": False, "unchanged": False, "saved": "10:33"})
    dialog.locator("[data-studio-aside]").click()
    assert status(page, "Aside") == "aside 9"
    page.locator("textarea").fill("more")
    assert status(page, "Held") == "held"  # never by itself again: a person decides
    page.wait_for_timeout(3500)
    assert [path for path, _body in saves(shop)] == ["/file", "/file?aside=1"]


def test_two_who_ask_while_a_save_is_under_way_are_served_one_after_the_other(page: Any, shop: type[Shop]) -> None:
    shop.slow = 0.4
    page.locator("textarea").fill("one")
    page.keyboard.press("Control+s")
    page.wait_for_function("document.getElementById('studio').dataset.status === 'Saving'")
    page.locator("textarea").evaluate("one => { one.value = 'two'; one.dispatchEvent(new Event('input')); }")
    for _ in range(3):
        page.keyboard.press("Control+s")
    page.wait_for_timeout(1500)
    assert shop.most == 1
    assert [body for _path, body in saves(shop)] == ["one", "two"]
    assert not page.locator("#studio[data-conflict]").count()


def test_what_came_during_a_save_is_not_called_saved(page: Any, shop: type[Shop]) -> None:
    shop.slow = 0.3
    page.locator("textarea").fill("one")
    page.keyboard.press("Control+s")
    page.wait_for_function("document.getElementById('studio').dataset.status === 'Saving'")
    page.locator("textarea").evaluate("one => { one.value = 'two'; one.dispatchEvent(new Event('input')); }")
    page.locator("#studio[data-saved]").wait_for()
    assert status(page, "Unsaved") == "unsaved"
    assert status(page, "Saved") == "saved 10:32"
    assert [body for _path, body in saves(shop)] == ["one", "two"]


def test_a_change_during_a_save_that_meets_another_version_does_not_ask_again(page: Any, shop: type[Shop]) -> None:
    shop.slow = 0.3
    shop.answer = (409, {"message": "", "revision": 8, "by": "丙", "at": "10:31", "compare": "/c"})
    page.locator("textarea").fill("one")
    page.keyboard.press("Control+s")
    page.wait_for_function("document.getElementById('studio').dataset.status === 'Saving'")
    page.locator("textarea").evaluate("one => { one.value = 'two'; one.dispatchEvent(new Event('input')); }")
    page.locator("dialog[open]").wait_for()
    page.locator("[data-studio-back]").click()
    page.wait_for_timeout(3500)
    assert len(saves(shop)) == 1 and not page.locator("dialog[open]").count()


def test_whoever_signed_in_again_goes_on_and_another_person_does_not(page: Any, shop: type[Shop]) -> None:
    shop.token, shop.person = "fresh", "8"  # another person, in another window
    page.locator("textarea").fill("mine")
    page.keyboard.press("Control+s")
    assert status(page, "SignedOut") == "sign in"
    assert {headers["X-CSRFToken"] for path, _body, headers in shop.sent if path == "/file"} == {"secret"}
    shop.person = "7"
    page.keyboard.press("Control+s")
    assert status(page, "Saved") == "saved 10:32"
    assert saves(shop)[-1] == ("/file", "mine")


def test_what_the_editor_itself_made_ready_is_not_kept_when_the_window_is_hidden(page: Any, shop: type[Shop]) -> None:
    hide = """() => { Object.defineProperty(document, 'hidden', { value: true, configurable: true });
      document.dispatchEvent(new Event('visibilitychange')); }"""
    page.goto(f"{page.url.partition('?')[0]}?touch")
    page.locator("#studio[data-status=Unsaved]").wait_for()
    page.evaluate(hide)
    page.wait_for_timeout(300)
    assert saves(shop) == []
    page.locator("textarea").fill("changed")
    page.evaluate(hide)
    page.locator("#studio[data-status=Saved]").wait_for()
    assert len(saves(shop)) == 1
    assert page.locator("#studio").get_attribute("data-settled") == "false"  # nobody's word is ended by the clock


def test_typing_says_once_that_it_is_not_saved_and_findings_keep_the_place(page: Any, shop: type[Shop]) -> None:
    page.locator("#studio[data-checked=no]").wait_for()
    before = page.evaluate("window.says.length")
    page.locator("textarea").press_sequentially("word")
    assert page.evaluate("window.says.length") == before + 1
    button = page.locator("[data-studio-findings] li button").first
    button.focus()
    with page.expect_response("**/check*"):
        pass
    page.wait_for_timeout(100)
    assert button.evaluate("one => one === document.activeElement")


def test_chrome_speaks_chinese_and_what_is_missing_is_told(page: Any, shop: type[Shop]) -> None:
    errors = watch_console(page)
    chrome = page.locator("#chrome")
    assert (chrome.locator("button").inner_text(), chrome.locator("button").get_attribute("title")) == ("关闭", "删除")
    assert (chrome.locator("i").inner_text(), chrome.locator("u").inner_text()) == ("Owner", "重置模拟")
    assert page.locator("#studio").get_attribute("data-missing") == "[]"
    chrome.evaluate("one => { one.firstChild.firstChild.data = 'Delete'; one.append('Unheard of'); }")
    page.locator("#studio[data-missing='[\"Unheard of\"]']").wait_for()
    assert chrome.locator("button").inner_text() == "删除"
    assert errors == []
