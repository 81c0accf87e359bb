"""The shell in a browser: nothing axe complains of, no sideways scroll, no word of English left in Chinese."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.infrastructure.browser import assert_accessible, watch_console
from tests.support import PASSWORD, an_account

PAGES = ("/account/", "/account/password", "/account/second-factor", "/administration/accounts", "/nowhere")
EXPECTED = re.compile(r"status of (403|404|422)")


class Quiet(WSGIRequestHandler):
    """Logs no requests."""

    def log_request(self, *_more) -> None:
        return


@pytest.fixture
def address(app) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(5)


def sign_in(page, address: str, login: str, portal: str) -> None:
    page.goto(f"{address}/sign-in")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.check(f"input[value={portal}]")
    page.click("button.primary")


@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_shell_can_be_used_by_everybody_on_a_desk_and_on_a_phone(home, offices, page, address, width, language):
    an_account(home, offices.agency, "agency_handler", login="ps-hd-03", name="秦白露")
    page.set_viewport_size({"width": width, "height": 768})
    errors = watch_console(page)
    page.goto(f"{address}/sign-in?lang={language}")
    assert_accessible(page)
    page.click("button.primary")
    assert page.locator(".summary-error a").count() == 2
    assert_accessible(page)
    sign_in(page, address, "ps-hd-03", "agency")
    for path in PAGES:
        page.goto(address + path)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert [line for line in errors if not EXPECTED.search(line)] == []


def test_the_keyboard_alone_signs_in(home, offices, page, address):
    an_account(home, offices.agency, "agency_handler", login="ps-hd-03")
    page.goto(f"{address}/sign-in")
    page.keyboard.type("ps-hd-03")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("nav.sidenav").wait_for()
    assert "/sign-in" not in page.url
