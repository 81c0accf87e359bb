"""The decisions of a case: which row counted in its owner's words, why another did not, and who may see the values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest
from sqlalchemy import select

from domain.journal import JournalEntry
from tasks.cases import decided
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys import steps
from tests.journeys.played import SEARCHED, story_of
from tests.journeys.playing import Story
from tests.webapp.desk_world import app_of, browser_of
from tests.webapp.owner_world import begun, owner_of, post, read, send_file
from tests.workflows.test_decision_steps import bundle, play, table
from workflows import definitions
from workflows.bundles import Bundle
from workflows.decision_rows import DecisionMade, DecisionRule, facts_of, seen_by


@pytest.fixture
def found(office_in: Callable[[Template], Office]) -> Story:
    """A case whose sources have answered: the table has spoken; the report is still to be drafted."""
    story = story_of(office_in(SEARCHED))
    assert story.open_steps() == ["draft_report"]
    return story


def section_of(page: str) -> str:
    """The words of the section on decisions, as a reader hears them; "" where there is none."""
    part = re.search(r'<section class="section" id="decisions">.*?</section>', page, re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", part[0])).split()) if part else ""


def link_of(page: str) -> str:
    part = re.search(r'href="(/cases/[a-z0-9]+/decisions/[a-z0-9]+)"', page)
    assert part, "the page leads to no decision"
    return part[1]


def test_a_case_keeps_the_rows_that_counted_with_what_they_saw_sealed(found: Story) -> None:
    with found.work() as work:
        (made,) = found.rows(work, DecisionMade)
        assert (made.step_id, made.table, made.decision, made.version) == ("raise_doubts", "doubts", "doubts", 1)
        assert made.made_at == work.now and made.engine
        facts = facts_of(work, made)
        assert len(facts) == made.asked > made.silent
        rules = list(work.session.scalars(select(DecisionRule).where(DecisionRule.made_id == made.id)))
        assert rules
        told = [seen_by(work, rule) for rule in rules]
        for rule, seen in zip(rules, told, strict=True):
            assert facts[rule.fact]["ref"] == rule.subject != ""
            assert rule.rule_id and rule.number > 0 and rule.table_id == "doubts_table"
            assert all(len(one) == 3 for one in seen["inputs"])
        assert any(value == {"$number": "9640.00"} for seen in told for _label, value, _cell in seen["inputs"])
        assert not any(b"9640" in bytes(rule.body) for rule in rules)
        (entry,) = work.session.scalars(select(JournalEntry).where(JournalEntry.event == "decision.made"))
        assert entry.subject == made.ref and entry.body["asked"] == made.asked


def test_the_row_that_counted_is_shown_with_each_column_its_cell_and_what_was_seen(found: Story) -> None:
    handler = browser_of(app_of(found.office), found.office, "handler")
    said = section_of(handler.get(f"/cases/{found.case_ref}").text)
    assert "生成疑点 · 疑点规则" in said
    assert "比对 " in said and '"UNDER"' in said
    assert "9,640" in said
    english = section_of(handler.get(f"/cases/{found.case_ref}?lang=en").text)
    assert "The row asks" in english and "version 1" in english


def test_the_agency_sees_the_values_and_the_others_only_what_their_role_may(found: Story) -> None:
    app, address = app_of(found.office), f"/cases/{found.case_ref}"
    handler, clerk, town = (browser_of(app, found.office, one) for one in ("handler", "clerk", "town"))
    full = link_of(handler.get(address).text)
    for side in (clerk, town):
        assert section_of(side.get(address).text) == ""
        assert side.get(full).status_code == 404

    steps.report(found)
    assert "9,640" in section_of(clerk.get(address).text)
    assert "9,640" in clerk.get(full).text
    masked = town.get(address).text
    assert "生成疑点" in section_of(masked) and "9,640" not in section_of(masked)
    page = town.get(full)
    assert page.status_code == 200
    assert "9,640" not in page.text and "UNDER" in page.text
    rows = page.text[page.text.index("rows-why") : page.text.index("<details")]
    assert rows.count("<tr") > 3 and "<code>" not in rows, "the cells that failed would bound the values"
    assert browser_of(app, found.office, "cityhandler").get(full).status_code == 404


def test_a_reader_learns_of_every_row_why_it_did_not_count(found: Story) -> None:
    handler = browser_of(app_of(found.office), found.office, "handler")
    full = link_of(handler.get(f"/cases/{found.case_ref}").text)
    page = handler.get(full).text
    rows = re.findall(
        r'<tr(?: class="chosen")?><th scope="row">(\d+)</th>(.*?)</tr>',
        page[page.index("rows-why") : page.index("<details")],
        re.S,
    )
    with found.work() as work:
        (made,) = found.rows(work, DecisionMade)
        counted = {rule.number for rule in work.session.scalars(select(DecisionRule)) if rule.fact == _chosen(page)}
    assert made.asked > 1
    assert {int(number) for number, cells in rows if "计入" in cells or "生效" in cells} == counted
    missed = [cells for _number, cells in rows if "<code>" in cells]
    assert len(missed) == len(rows) - len(counted) > 3
    silent = next(int(one) for one in re.findall(r'\?fact=(\d+)"', page) if int(one) not in _with_rules(found))
    other = handler.get(f"{full}?fact={silent}").text
    assert 'class="hit"' not in other and "rows-why" in other
    assert handler.get(f"{full}?fact=9999").status_code == 200


def _chosen(page: str) -> int:
    found = re.search(r'\?fact=(\d+)" aria-current', page)
    assert found
    return int(found[1])


def _with_rules(story: Story) -> set[int]:
    with story.work() as work:
        return {rule.fact for rule in work.session.scalars(select(DecisionRule))}


def test_what_the_program_would_say_otherwise_today_is_said(found: Story) -> None:
    with found.work() as work:
        for rule in work.session.scalars(select(DecisionRule)):
            rule.number += 100
    handler = browser_of(app_of(found.office), found.office, "handler")
    full = link_of(handler.get(f"/cases/{found.case_ref}").text)
    assert "The program has changed since" in handler.get(f"{full}?lang=en").text


def test_a_table_asked_about_the_cases_own_values_is_shown_to_whoever_reads_the_case(office: Office) -> None:
    story = play(office, bundle())
    app, address = app_of(office), f"/cases/{story.case_ref}?lang=en"
    town = browser_of(app, office, "town")
    page = town.get(address)
    said = section_of(page.text)
    assert "判定 · 紧急程度 · version 1 · row 2" in said
    assert "金额 >= 100 250" in said and "level! HIGH" in said
    assert 'data-rules="{&#34;judge&#34;' in page.text
    full = town.get(link_of(page.text) + "?lang=en").text
    assert "金额</span> <code>&lt; 100</code>" in full and "<td>250</td>" in full
    assert browser_of(app, office, "handler").get(address).status_code == 404, "not commissioned yet"


def test_that_no_row_counted_is_said_with_the_reason(office: Office) -> None:
    story = play(office, bundle(table('< 100 -> "LOW"'), condition="judge != null"))
    town = browser_of(app_of(office), office, "town")
    page = town.get(f"/cases/{story.case_ref}?lang=en").text
    assert "no row counted" in section_of(page)
    full = town.get(link_of(page) + "?lang=en").text
    assert "No row counted here." in full and "No rule of the table" in full
    assert "没有规则符合" in town.get(link_of(page) + "?lang=zh").text


# --- findings of a table ------------------------------------------------------------------------------------------


def test_a_finding_of_a_table_names_row_column_and_an_example_in_both_languages(office: Office) -> None:
    owner = owner_of(app_of(office), office)
    draft = begun(owner)
    overlap = table('<= 100 -> "LOW"', '>= 100 -> "HIGH"', '> "2" -> "X"')
    send_file(owner, draft, "grade.dmn", overlap)
    english, chinese = (read(owner.get(f"{draft}?lang={one}").text) for one in ("en", "zh"))
    assert "Rules 1 and 2 can match together, but only one may. For example: 金额 = 100" in english
    assert "row 2" in english and "row 3 · 金额" in english
    assert "规则 1 与规则 2 可能同时符合，但只允许一条。 例如：金额 = 100" in chinese
    assert "第3行 · 金额" in chinese and "用文字去检验数字" in chinese
    assert post(owner, f"{draft}/propose", revision=2, note="两条规则").status_code == 422


def test_a_warning_of_a_table_is_shown_and_does_not_stop_a_proposal(office: Office) -> None:
    owner = owner_of(app_of(office), office)
    draft = begun(owner)
    send_file(owner, draft, "grade.dmn", table('< 100 -> "LOW"', '> 100 -> "HIGH"'))
    page = read(owner.get(f"{draft}?lang=en").text)
    assert "Warning" in page and "No rule matches 金额: 100. For example: 金额 = 100" in page
    assert post(owner, f"{draft}/propose", revision=2, note="有一处空缺").status_code == 302


def test_a_table_that_the_program_refuses_today_leaves_what_was_kept(office: Office) -> None:
    story = play(office, bundle())
    with story.work() as work:
        (made,) = story.rows(work, DecisionMade)
        definition = definitions.by_id(work, made.definition_id)
        refused = Bundle(definition.bundle.key, {**definition.bundle.files, "urgency.dmn": b"<definitions/>"})
        assert decided._model(definition, made) is not None
        assert decided._model(replace(definition, bundle=refused), made) is None
        made.table = "gone"
    browser = browser_of(app_of(office), office, "town")
    page = browser.get(f"/cases/{story.case_ref}?lang=en")
    assert page.status_code == 200
    full = browser.get(link_of(page.text) + "?lang=en")
    assert full.status_code == 200
    assert "250" in full.text and "rows-why" not in full.text
