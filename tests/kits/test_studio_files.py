"""Drawings of other programs in our editor, of $HEDUI_KITS/miwg and perf, and some made here without a picture: each
opens, and what is saved after a change that was taken back, and after a move, holds everything it held."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.browser.drawings import NAMESPACES
from tests.infrastructure.browser import watch_console
from workflows.bpmn_xml import ACTIVITIES, EVENTS, GATEWAYS, tag

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "webapp" / "static" / "dist"
MODDLE = ROOT / "frontend" / "node_modules" / "bpmn-moddle" / "resources" / "bpmn" / "json"
KIT = Path(os.environ.get("HEDUI_KITS", "")) / "miwg"
pytestmark = pytest.mark.skipif(not KIT.is_dir(), reason="HEDUI_KITS names no folder with miwg")

PICTURE = ("BPMN/20100524/DI", "DD/20100524/DC", "DD/20100524/DI")
POLICY = "default-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:"
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".woff": "font/woff",
}
PAGE = """<!doctype html><html lang="en"><head><title>x</title><meta name="csrf-token" content="x">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/{css}"><link rel="stylesheet" href="/size.css">
<script type="module" src="/{js}"></script></head>
<body><main><div id="studio" data-part="process.bpmn" data-revision="1" data-draft-url="/" data-file-url="/file"
data-check-url="/check" data-presence-url="" data-words-url="/words"><span data-studio-status></span>
<button data-studio-save>Save</button><div class="drawing-editor"><div class="drawing-canvas" data-studio-canvas></div>
<aside class="drawing-panel" data-studio-panel></aside></div></div></main></body></html>"""


class Bench(BaseHTTPRequestHandler):
    """The page of the editor around one file, and what it sends back."""

    content: bytes
    sent: list[bytes]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        names = json.loads((DIST / "manifest.json").read_text())
        if path == "/page":
            self._answer("text/html", PAGE.format(css=names["drawing.css"], js=names["drawing.js"]).encode())
        elif path == "/size.css":
            self._answer("text/css", b".drawing-canvas { height: 700px } body { margin: 0 }")
        elif path in ("/file", "/words"):
            self._answer("text/plain", self.content if path == "/file" else b"{}")
        else:
            file = DIST / path.removeprefix("/")
            self._answer(TYPES.get(file.suffix, "application/octet-stream"), file.read_bytes())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/check"):
            return self._answer("application/json", b'{"passes": true, "findings": []}')
        type(self).sent.append(body)
        told = {"revision": len(self.sent) + 1, "merged": False, "unchanged": False, "saved": "09:00"}
        return self._answer("application/json", json.dumps(told).encode())

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def bench() -> Iterator[tuple[str, type[Bench]]]:
    handler = type("ThisBench", (Bench,), {"content": b"", "sent": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()


def save(page: Any, number: int) -> None:
    page.locator("[data-studio-save]").click()
    page.locator(f"#studio[data-saved='{number}']").wait_for()


def choose_a_shape(page: Any) -> str:
    page.locator("#panel-tab-elements").click()
    button = page.locator(".outline button[data-element]").first
    name = str(button.get_attribute("data-element"))
    button.click()
    page.locator(".djs-container > svg").first.focus()
    return name


def edited(page: Any, address: str, desk: type[Bench], content: bytes) -> tuple[bytes, bytes]:
    """The file as saved after a change that was taken back, and after a move."""
    desk.content, desk.sent = content, []
    errors = watch_console(page)
    page.goto(f"{address}/page")
    page.locator("#studio[data-ready=yes]").wait_for()
    choose_a_shape(page)
    for english in ("x", ""):
        page.locator("#panel-name-en").fill(english)
        page.locator("#panel-name-en").press("Tab")
    save(page, 2)
    choose_a_shape(page)
    page.keyboard.press("Shift+ArrowDown")
    save(page, 3)
    assert errors == []
    untouched, moved = desk.sent[-2:]
    return untouched, moved


# --- what a file says ------------------------------------------------------------------------------------------------


@cache
def defaults() -> frozenset[tuple[str, str]]:
    """Attributes and the value that leaving them out means."""
    found = set()
    for file in ("bpmn.json", "bpmndi.json", "di.json"):
        for kind in json.loads((MODDLE / file).read_text())["types"]:
            for one in kind.get("properties", ()):
                if "default" in one:
                    found.add((one["name"], str(one["default"]).lower()))
    return frozenset(found)


def said(content: bytes) -> Counter[tuple[object, ...]]:
    """Everything a file says about its elements: where, what, with which attributes and text; positions left out."""
    root = etree.fromstring(content)
    return Counter(_said(element) for element in root.iter("*"))


def _said(element: etree._Element) -> tuple[object, ...]:
    drawn = any(part in element.tag for part in PICTURE)
    attributes = tuple(sorted(
        (str(key), _plain(str(key), str(value), element))
        for key, value in element.attrib.items()
        if (etree.QName(str(key)).localname, str(value).lower()) not in defaults()
        and not (drawn and _measure(str(value)))
    ))  # fmt: skip
    owner = next((str(one.get("id")) for one in element.iterancestors() if one.get("id")), "")
    return owner, element.tag, attributes, " ".join((element.text or "").split())


def _measure(value: str) -> bool:
    return value.replace(".", "", 1).removeprefix("-").isdigit()


def _plain(key: str, value: str, element: etree._Element) -> str:
    """A type's or reference's name without the prefix that the file happens to use for it."""
    prefix, colon, name = value.partition(":")
    return name if colon and prefix in element.nsmap else value


def lost(before: bytes, after: bytes) -> list[tuple[object, ...]]:
    return sorted((said(before) - said(after)).elements(), key=str)


def test_a_file_of_another_program_loses_nothing(page: Any, bench: tuple[str, type[Bench]]) -> None:
    address, desk = bench
    files = [*sorted(KIT.glob("*.bpmn")), *sorted((KIT.parent / "perf").glob("*.bpmn"))]
    missing: dict[str, object] = {}
    count = 0
    for file in files:
        content = file.read_bytes()
        untouched, moved = edited(page, address, desk, content)
        assert said(untouched) - said(moved) == Counter(), f"{file.name}: a move changes more than positions"
        count += sum(said(content).values())
        if gone := lost(content, untouched):
            missing[file.name] = gone[:5]
    print(f"\nmiwg and perf: {len(files)} files with {count} elements opened and saved, {len(missing)} with a loss")
    assert not missing


PLAIN: dict[str, Callable[[], str]] = {
    "a chain of 60": lambda: _chain(60),
    "a chain of 300": lambda: _chain(300),
    "ways that part and meet": lambda: (
        '<bpmn:startEvent id="s" /><bpmn:parallelGateway id="split" /><bpmn:parallelGateway id="join" />'
        '<bpmn:userTask id="a" /><bpmn:userTask id="b" /><bpmn:subProcess id="sub"><bpmn:startEvent id="s2" />'
        '<bpmn:task id="t2" /><bpmn:endEvent id="e2" /><bpmn:sequenceFlow id="x1" sourceRef="s2" targetRef="t2" />'
        '<bpmn:sequenceFlow id="x2" sourceRef="t2" targetRef="e2" /></bpmn:subProcess><bpmn:endEvent id="e" />'
        '<bpmn:boundaryEvent id="late" attachedToRef="sub"><bpmn:timerEventDefinition id="d3"><bpmn:timeDuration '
        'xsi:type="bpmn:tFormalExpression">P15D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>'
        '<bpmn:endEvent id="e3" />'
    )
    + _flows([("s", "split"), ("split", "a"), ("split", "b"), ("a", "join"), ("b", "sub"), ("sub", "join")])
    + '<bpmn:sequenceFlow id="g1" sourceRef="join" targetRef="e" />'
    + '<bpmn:sequenceFlow id="g2" sourceRef="late" targetRef="e3" />',
}  # fmt: skip


def _chain(length: int) -> str:
    names = ["s", *(f"t{n}" for n in range(length)), "e"]
    tasks = "".join(f'<bpmn:task id="{name}" name="{name}" />' for name in names[1:-1])
    return f'<bpmn:startEvent id="s" />{tasks}<bpmn:endEvent id="e" />' + _flows(list(pairwise(names)))


def _flows(pairs: list[tuple[str, str]]) -> str:
    return "".join(f'<bpmn:sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}" />' for n, (a, b) in enumerate(pairs))


@pytest.mark.parametrize("kind", PLAIN)
def test_a_file_without_a_picture_is_laid_out_and_loses_nothing(
    page: Any, bench: tuple[str, type[Bench]], kind: str
) -> None:
    address, desk = bench
    body = f'<bpmn:process id="p" isExecutable="true">{PLAIN[kind]()}</bpmn:process>'
    content = f'<bpmn:definitions {NAMESPACES} id="d" targetNamespace="t">{body}</bpmn:definitions>'.encode()
    untouched, _moved = edited(page, address, desk, content)
    assert lost(content, untouched) == []
    root = etree.fromstring(untouched)
    drawn = {one.get("bpmnElement") for one in root.iter() if "BPMNShape" in one.tag or "BPMNEdge" in one.tag}
    meant = {
        one.get("id") for kind in (*ACTIVITIES, *EVENTS, *GATEWAYS, "sequenceFlow") for one in root.iter(tag(kind))
    }
    assert meant <= drawn
