"""The browser's scripts on small pages of their own, under the policy that the service sends."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.browser import assert_accessible, watch_console

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "webapp" / "static" / "dist"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'"
)

DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:di="http://www.omg.org/spec/DD/20100524/DI"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t" id="d">
 <process id="p"><startEvent id="start"><outgoing>f</outgoing></startEvent>
  <sequenceFlow id="f" sourceRef="start" targetRef="accept"/>
  <userTask id="accept" name="受理审查"><extensionElements><camunda:properties>
    <camunda:property name="name.en" value="Acceptance check"/></camunda:properties></extensionElements>
    <incoming>f</incoming></userTask></process>
 <bpmndi:BPMNDiagram id="g"><bpmndi:BPMNPlane id="pl" bpmnElement="p">
  <bpmndi:BPMNShape id="s1" bpmnElement="start"><dc:Bounds x="100" y="100" width="36" height="36"/></bpmndi:BPMNShape>
  <bpmndi:BPMNShape id="s2" bpmnElement="accept"><dc:Bounds x="200" y="78" width="120" height="80"/></bpmndi:BPMNShape>
  <bpmndi:BPMNEdge id="e" bpmnElement="f"><di:waypoint x="136" y="118"/><di:waypoint x="200" y="118"/></bpmndi:BPMNEdge>
 </bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>"""

INBOX = """<input data-search aria-label="查找">
<table data-rows><caption>待办</caption><thead><tr><th><input type="checkbox" data-select-all aria-label="全部"></th>
<th>案</th><th>操作</th></tr></thead><tbody>
<tr><td><input type="checkbox" data-select aria-label="一"></td><td><a data-open href="/one">一</a></td>
<td><button data-claim type="button" id="claim-1" data-opens="claimed">认领 一</button></td></tr>
<tr><td><input type="checkbox" data-select aria-label="二"></td><td><a data-open href="/two">二</a></td>
<td><button data-claim type="button">认领 二</button></td></tr></tbody></table>
<div data-bulkbar hidden><button data-count-text="认领所选 {n} 件">认领</button></div>
<dialog id="claimed" aria-label="已认领"><button data-closes>关闭</button></dialog>
<dialog data-shortcut-help aria-label="快捷键"><button data-closes>关闭</button></dialog>"""

FORM = """<form data-draft-url="/draft" action="/done" method="post"><input type="hidden" name="csrf_token" value="abc">
<label>意见 <textarea name="opinion"></textarea></label>
<label>附件 <input type="file" name="scan" data-files="chosen" data-max-bytes="1000000"
data-text-too-large="太大"></label>
<ul id="chosen"></ul><span role="status" data-draft-status data-text-saved="草稿 {time} 已保存"
data-text-failed="未保存" data-text-signed-out="请重新登录"></span></form>"""

CASE = """<p>正在：受理审查</p>
<div id="drawing" class="drawing" data-diagram-url="/case.bpmn" data-marks="{&quot;active&quot;:[&quot;accept&quot;],&quot;done&quot;:[&quot;start&quot;],&quot;flows&quot;:[&quot;f&quot;]}"></div>"""


class Desk(SimpleHTTPRequestHandler):
    """Serves the bundle, the pages above, and takes drafts."""

    pages: dict[str, tuple[str, str]]
    drafts: list[str]
    draft_status: int

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path not in self.pages:
            return super().do_GET()
        kind, text = self.pages[path]
        self._answer(200, kind, text)
        return None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        type(self).drafts.append(body)
        self._answer(type(self).draft_status, "application/json", json.dumps({"saved": "09:14"}))

    def _answer(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return


def html(body: str, entry: str, language: str = "zh-CN") -> tuple[str, str]:
    manifest = json.loads((DIST / "manifest.json").read_text())
    styles = f'<link rel="stylesheet" href="/{manifest["case.css"]}">' if entry == "case.js" else ""
    return "text/html", (
        f'<!doctype html><html lang="{language}"><head><title>页</title>{styles}'
        f'<link rel="stylesheet" href="/page.css"><script type="module" src="/{manifest[entry]}"></script></head>'
        f"<body><main><h1>页</h1>{body}</main></body></html>"
    )


@pytest.fixture
def desk() -> Iterator[tuple[str, type[Desk]]]:
    """Address of a server for one test, and what it received."""
    pages = {
        "/inbox": html(INBOX, "app.js"),
        "/form": html(FORM, "app.js"),
        "/case": html(CASE, "case.js"),
        "/case-en": html(CASE, "case.js", "en"),
        "/one": ("text/html", "<!doctype html><title>一</title>"),
        "/page.css": ("text/css", ".drawing { width: 800px; height: 300px; }"),
        "/case.bpmn": ("text/xml", DIAGRAM),
        "/favicon.ico": ("image/x-icon", ""),
    }
    handler = type("ThisDesk", (Desk,), {"pages": pages, "drafts": [], "draft_status": 200})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(DIST)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()


def test_keys_move_choose_claim_and_open(page, desk):
    errors = watch_console(page)
    page.goto(f"{desk[0]}/inbox")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.locator("tr.cursor a").inner_text() == "二"
    page.keyboard.press("x")
    assert page.locator("[data-bulkbar]").inner_text() == "认领所选 1 件"
    page.keyboard.press("k")
    page.keyboard.press("c")
    assert page.locator("#claimed").is_visible()
    page.keyboard.press("j")  # under a dialog the keys rest
    page.keyboard.press("Escape")
    page.locator("main").evaluate("main => document.activeElement.blur()")
    page.keyboard.press("?")
    assert page.locator("[data-shortcut-help]").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("jjx?")
    assert page.locator("[data-search]").input_value() == "jjx?"
    page.keyboard.press("Tab")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/one")
    assert errors == []


def test_keys_rest_for_whoever_switched_them_off(page, desk):
    page.goto(f"{desk[0]}/inbox")
    page.evaluate("document.documentElement.dataset.shortcuts = 'off'")
    page.keyboard.press("j")
    assert page.locator("tr.cursor").count() == 0


def test_what_is_typed_is_kept_on_the_server_and_a_chosen_file_is_described(page, desk):
    address, received = desk
    errors = watch_console(page)
    page.goto(f"{address}/form")
    page.set_input_files(
        "input[type=file]", {"name": "授权书.pdf", "mimeType": "application/pdf", "buffer": b"x" * 52_000}
    )
    page.fill("textarea", "材料不齐")
    page.locator("[role=status]", has_text="09:14").wait_for()

    assert received.drafts[-1] == "csrf_token=abc&opinion=%E6%9D%90%E6%96%99%E4%B8%8D%E9%BD%90"
    listed = page.locator("#chosen").inner_text()
    assert all(part in listed for part in ("授权书.pdf", "52", "application/pdf"))
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert errors == []


def test_a_lost_sign_in_is_said_and_the_form_keeps_what_was_typed(page, desk):
    address, received = desk
    received.draft_status = 401
    page.goto(f"{address}/form")
    page.fill("textarea", "材料不齐")
    page.locator("[role=status]", has_text="请重新登录").wait_for()
    assert page.locator("textarea").input_value() == "材料不齐"


def test_a_file_above_the_limit_is_refused_before_it_is_sent(page, desk):
    page.goto(f"{desk[0]}/form")
    page.set_input_files(
        "input[type=file]", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"x" * 1_000_001}
    )
    assert page.locator("input[type=file]").evaluate("input => input.validationMessage") == "太大"


@pytest.mark.parametrize(("path", "label"), [("/case", "受理审查"), ("/case-en", "Acceptance")])
def test_the_drawing_shows_where_the_case_stands_in_both_languages(page, desk, path, label):
    errors = watch_console(page)
    page.goto(desk[0] + path)
    page.wait_for_selector("[data-ready=yes]")

    assert page.locator("[data-element-id=accept].wf-active").count() == 1
    assert page.locator("[data-element-id=start].wf-done").count() == 1
    assert label in (page.locator("[data-element-id=accept]").text_content() or "")
    assert page.locator(".bjs-powered-by").is_visible()
    box, whole = page.locator("[data-element-id=accept]").bounding_box(), page.locator("#drawing").bounding_box()
    assert box["x"] + box["width"] <= whole["x"] + whole["width"]
    assert_accessible(page)
    assert errors == []


def test_a_page_that_not_everybody_can_use_fails_the_check(page, desk):
    page.goto(f"{desk[0]}/form")
    page.evaluate("document.querySelector('textarea').parentElement.replaceWith(document.querySelector('textarea'))")
    with pytest.raises(AssertionError, match="label"):
        assert_accessible(page)


def test_every_text_file_of_the_bundle_is_packed_beside_itself():
    for file in (one for one in DIST.iterdir() if one.suffix in {".js", ".css", ".svg"}):
        assert file.with_name(file.name + ".gz").stat().st_size < file.stat().st_size, file.name
