"""Rules on the file of a bundle: one of its processes runs as a case, and begins in a way that names a household."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from domain.errors import Finding
from domain.text import gettext as _
from workflows.bpmn_xml import nodes_of, tag
from workflows.calls import called_by
from workflows.diagrams import main_process
from workflows.lint_elements import finding
from workflows.starts import StartSpec, read_starts


def check_main(root: etree._Element) -> Iterator[Finding]:
    """Which process of a bundle runs, and how it begins."""
    processes = [process for process in root.iter(tag("process")) if nodes_of(process)]
    main = main_process(root)
    if main is None:
        sentence = _(
            "The file holds %(count)s processes, none or several of which nothing calls.", count=len(processes)
        )
        remedy = _("Keep one that nothing calls; call the others from it, or mark them as not executable.")
        for process in processes[-1:]:
            yield finding(process, sentence, remedy, code="one-process")
        return
    calls = {called_by(node) for process in processes for node in process.iter(tag("callActivity"))}
    for process in processes:
        if process is not main and process.get("id") not in calls:
            sentence = _("This process is shown and not run: a case runs one process and what it calls.")
            remedy = _("Remove it, or deploy it as a process of its own.")
            yield finding(process, sentence, remedy, "warning", code="process-shown")
    yield from _starts(main)
    yield from _keys(root)


def _starts(main: etree._Element) -> Iterator[Finding]:
    nodes = {str(node.get("id")): node for node in nodes_of(main)}
    for start in read_starts(main):
        node = nodes.get(start.id)
        if node is not None and not _names_somebody(start):
            sentence = _("Nobody could say which household a case is about that begins like this.")
            remedy = _("Use a plain start event, or a message or signal of another process: its household is meant.")
            yield finding(node, sentence, remedy, code="start-names-nobody")


def _names_somebody(start: StartSpec) -> bool:
    return start.kind in ("none", "message", "signal") and not start.gateway


def _keys(root: etree._Element) -> Iterator[Finding]:
    """Between cases of the house a key is looked up before a case is loaded: it must be known when the wait begins."""
    subscribed = {one.get("correlationKeyRef") for one in root.iter(tag("correlationSubscription"))}
    for key in root.iter(tag("correlationKey")):
        if key.get("id") not in subscribed:
            sentence = _(
                "The key is told by the first message only; cases of this house are found by their own values."
            )
            remedy = _("Subscribe the process to the key, or write the property correlation on the events.")
            yield finding(key, sentence, remedy, code="key-without-subscription")
