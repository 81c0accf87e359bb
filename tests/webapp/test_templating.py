"""Templates compiled once a language: what they say, what they escape, and that nobody reads another's language."""

from __future__ import annotations

import pytest
from flask import Flask, render_template, render_template_string
from jinja2 import DictLoader

from domain.home import Home
from tests.support import CHEAP
from webapp import i18n
from webapp.app import create_app

ZH, EN = "/?lang=zh", "/?lang=en"
PAGES = {
    "said.html": "{{ _('Sign out') }}|{{ _('%(count)s overdue', count=3) }}|{{ named }}",
    "about.html": "{% from 'inner.html' import inner %}{{ inner() }}{% include 'said.html' %}",
    "inner.html": "{% macro inner() %}<b title=\"{{ _('Sign out') }}\">{% trans %}Done{% endtrans %}</b>{% endmacro %}",
    "whole.html": "{{ gettext('100%% of it') }}{{ _('<i>') }}{{ _(named) }}{{ (_('Done') ~ '<') }}",
}


@pytest.fixture
def app(home: Home) -> Flask:
    """An application whose templates are those above."""
    made = create_app(home.settings, passwords=CHEAP)
    made.jinja_env.loader = DictLoader(PAGES)
    return made


def said(app: Flask, address: str, name: str, **values: object) -> str:
    with app.test_request_context(address):
        return render_template(name, **values)


def test_one_process_says_each_sentence_in_the_language_of_its_request(app: Flask) -> None:
    """One template, four requests in turn: a language's constants never stand on the other language's page."""
    for _turn in range(2):
        assert said(app, EN, "about.html", named="x") == '<b title="Sign out">Done</b>Sign out|3 overdue|x'
        chinese = said(app, ZH, "about.html", named="x")
        assert chinese == '<b title="退出">已办</b>退出|3 件逾期|x'


def test_what_a_template_says_is_as_safe_as_it_was(app: Flask) -> None:
    """Sentences may hold markup of ours, values may not; two percent signs are one; a name is looked up as it runs."""
    assert said(app, EN, "whole.html", named="<b>") == "100% of it<i><b>Done&lt;"
    assert said(app, EN, "said.html", named="<b>").endswith("|&lt;b&gt;")


def test_a_sentence_without_values_costs_a_page_nothing(app: Flask) -> None:
    """What a template is compiled to holds the sentence itself and asks for none."""
    with app.test_request_context(ZH):
        assert i18n.language() == "zh_Hans_CN"
        environment = app.jinja_env.get_template("inner.html").environment
        code = environment.compile(PAGES["inner.html"], "inner.html", raw=True)
    assert "退出" in code
    assert "resolve('_')" not in code and "resolve('gettext')" not in code


def test_templates_out_of_a_string_speak_too(app: Flask) -> None:
    """What is no file of ours is not compiled ahead and says the same."""
    with app.test_request_context(ZH):
        assert render_template_string("{{ _('Sign out') }}") == "退出"
