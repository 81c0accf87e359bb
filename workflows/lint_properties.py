"""Properties of steps that name something outside the drawing (a term of the rules, a stage, a decision of a table) or
say something about people (who may skip the step, who is named for it, how pressing it is, what they must know)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from lxml import etree

from decisions import Model
from domain.errors import Finding, NotFound
from domain.policy_keys import policy_key, policy_keys
from domain.text import gettext as _
from workflows.bpmn_xml import camunda, local, nodes_of, read_tree, scopes_of
from workflows.lint_elements import finding
from workflows.steps import GROUP, properties_of, words

LOWEST = 10

TERMS = ("term", "term-internal")
YES_NO = ("skippable", "nominate")
ASSIGN, QUEUE, LEAST_LOADED, SAME_AS = "assign", "queue", "least-loaded", "same-as:"
OF_PEOPLE = (*YES_NO, "priority", "skill", GROUP, ASSIGN)
PERSONS = ("userTask", "manualTask")
_SKILL = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")


def check_properties(
    xml: bytes, *, stages: Collection[str] | None, models: Mapping[str, Model | None]
) -> Iterator[Finding]:
    """Every property that names what does not exist. Only for a drawing that `lint.check_diagram` found no error in.

    stages: codes of process.toml, None when they cannot be read; models: by name, None when the table is refused.
    """
    tree = read_tree(xml)
    groups = Counter(
        word
        for scope in scopes_of(tree)
        for node in nodes_of(scope)
        for word in words(properties_of(node).get(GROUP, ""))
    )
    persons = {
        node.get("id", ""): properties_of(node)
        for scope in scopes_of(tree)
        for node in nodes_of(scope)
        if local(node) in PERSONS
    }
    for scope in scopes_of(tree):
        for node in nodes_of(scope):
            given = properties_of(node)
            yield from _assigned(node, given, persons)
            yield from _terms(node, given)
            yield from _people(node, given, groups)
            stage = given.get("stage", "")
            if stage and stages is not None and stage not in stages:
                remedy = _("Use one of: %(names)s.", names=", ".join(sorted(stages)) or "-")
                yield finding(
                    node,
                    _("There is no stage %(stage)s in the process's details.", stage=stage),
                    remedy,
                    code="unknown-stage",
                )
            if local(node) == "businessRuleTask" and given.get("decision"):
                yield from _decision(node, given["decision"], models.get(camunda(node, "decisionRef")))


def _terms(node: etree._Element, given: Mapping[str, str]) -> Iterator[Finding]:
    if given.get("term-internal") and not given.get("term"):
        sentence = _("The internal term counts only where policy may set none; the step names no term of the rules.")
        yield finding(node, sentence, _("Choose the term too, or this one as the term."), "warning", code="term-alone")
    if given.get("term") and local(node) not in ("userTask", "manualTask"):
        sentence = _("The term has no effect: no person does this step.")
        yield finding(node, sentence, _("Put it on a person's step, or draw a timer."), "warning", code="term-unobeyed")
    for name in TERMS:
        key = given.get(name, "")
        if key and not _is_term(key):
            terms = ", ".join(one.name for one in policy_keys() if one.kind.name.startswith("term"))
            yield finding(
                node,
                _("The rules know no term %(key)s.", key=key),
                _("Use one of: %(names)s.", names=terms),
                code="unknown-term",
            )


def _people(node: etree._Element, given: Mapping[str, str], groups: Mapping[str, int]) -> Iterator[Finding]:
    said = [name for name in OF_PEOPLE if given.get(name)]
    if said and local(node) not in PERSONS:
        sentence = _("“%(name)s” has no effect: no person does this step.", name=said[0])
        yield finding(
            node, sentence, _("Take it away, or put it on a person's step."), "warning", code="people-unobeyed"
        )
        return
    for name in YES_NO:
        if given.get(name, "no") not in ("yes", "no"):
            sentence = _("“%(name)s” is neither yes nor no.", name=name)
            yield finding(node, sentence, _("Write yes, or take it away."), code="not-yes-or-no")
    priority = given.get("priority", "")
    if priority and not (priority.isascii() and priority.isdigit() and int(priority) <= LOWEST):
        sentence = _("The priority %(value)s is no number from 0 to 10.", value=priority)
        yield finding(node, sentence, _("0 comes first, 10 last, 5 is usual."), code="bad-priority")
    skill = given.get("skill", "")
    if skill and not _SKILL.fullmatch(skill):
        sentence = _("The skill %(skill)s cannot be given to anybody.", skill=skill)
        yield finding(node, sentence, _("Use small letters, digits and hyphens, at most 48."), code="bad-skill")
    for word in words(given.get(GROUP, "")):
        if groups[word] == 1:
            sentence = _("The step is alone in the separation group %(group)s, which therefore keeps nobody apart.",
                         group=word)  # fmt: skip
            yield finding(
                node, sentence, _("Put another step into it, or take it away."), "warning", code="group-alone"
            )


def _assigned(
    node: etree._Element, given: Mapping[str, str], persons: Mapping[str, Mapping[str, str]]
) -> Iterator[Finding]:
    """Whom the tasks of a step go to by themselves."""
    how, own = given.get(ASSIGN, ""), node.get("id", "")
    if not how or own not in persons:
        return
    other = how.removeprefix(SAME_AS) if how.startswith(SAME_AS) else ""
    if how not in (QUEUE, LEAST_LOADED) and not other:
        yield finding(
            node,
            _("The step's tasks cannot be assigned by “%(how)s”.", how=how),
            _("Write queue, least-loaded, or same-as: and the id of a person's step."),
            code="bad-assign",
        )
    elif other and other not in persons:
        sentence = _("The step's tasks go to whoever did %(step)s, and no person does such a step.", step=other)
        yield finding(node, sentence, _("Name a person's step by its id."), code="same-as-nobody")
    elif other and other != own and _apart(given, persons[other], own, other):
        sentence = _("The step's tasks go to whoever did %(step)s, who may not do them.", step=other)
        yield finding(
            node, sentence, _("Take away the separation, or let the tasks wait in the queue."), code="same-as-separated"
        )
    if how != QUEUE and given.get("nominate", "") == "yes":
        sentence = _("The tasks of the step go to nobody by themselves: a head names who may do them.")
        yield finding(node, sentence, _("Choose one of the two."), "warning", code="assign-unobeyed")


def _apart(one: Mapping[str, str], other: Mapping[str, str], own: str, others: str) -> bool:
    """Whether separation of duties keeps whoever did one of two steps from the other."""
    named = others in words(one.get("separate-from", "")) or own in words(other.get("separate-from", ""))
    return named or not set(words(one.get(GROUP, ""))).isdisjoint(words(other.get(GROUP, "")))


def _is_term(key: str) -> bool:
    try:
        return policy_key(key).kind.name.startswith("term")
    except NotFound:
        return False


def _decision(node: etree._Element, name: str, model: Model | None) -> Iterator[Finding]:
    if model is None:
        return
    known = {label for one in model.decisions for label in (one.id, one.name) if label}
    if name not in known:
        remedy = _("Use one of: %(names)s.", names=", ".join(sorted(known)))
        yield finding(
            node, _("The table has no decision %(name)s.", name=name), remedy, code="unknown-decision-in-table"
        )
