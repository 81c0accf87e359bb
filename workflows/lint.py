"""What may be deployed: an allow-list, with one sentence and one remedy a finding.

The order: may the bytes be read at all; does the file follow the BPMN schema; is every element and attribute
one that the engine carries out; does the drawing hang together; can every expression be read; is every name
known; can the drawing be shown. Nothing is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from lxml import etree

from domain.errors import DefinitionRefused, Finding
from domain.text import Text
from domain.text import gettext as _
from workflows import engine
from workflows.bpmn_xml import XmlRefused, is_bpmn, line_of, local, nodes_of, read_tree, spread_definitions, tag
from workflows.lint_calls import check_calls
from workflows.lint_correlation import check_correlation
from workflows.lint_data import check_data
from workflows.lint_deep import check_deep
from workflows.lint_elements import FILE, check_elements
from workflows.lint_flow import check_flow
from workflows.lint_foreign import ODD, judged
from workflows.lint_main import check_main
from workflows.lint_nodes import Known, OperationSpec, check_nodes
from workflows.lint_picture import check_lanes, check_picture
from workflows.lint_soundness import check_soundness
from workflows.lint_standard import check_standard
from workflows.spiff_schema import schema_errors

# what is said of a file that may not be read, by the rule of `XmlRefused`
XML_REFUSED: dict[str, tuple[Text, Text]] = {
    "too-large": (_("The file is larger than 2 MB."), _("Remove pictures and other ballast from it.")),
    "too-deep": (_("The file nests more than 100 levels."), _("Save the drawing again from the editor.")),
    "too-many-elements": (_("The file has more than 20,000 elements."), _("Split the drawing.")),
    "encoding": (_("The file is not written in UTF-8."), _("Save it as UTF-8.")),
    "doctype": (_("The file declares a document type or entities."), _("Remove the declaration.")),
    "processing-instruction": (_("The file holds a processing instruction."), _("Remove it.")),
    "xinclude": (_("The file includes other files."), _("Put everything into the one file.")),
    "not-well-formed": (_("The file is not well-formed XML."), _("Save the drawing again from the editor.")),
}


def check_diagram(
    xml: bytes,
    *,
    operations: Mapping[str, OperationSpec],
    roles: Collection[str],
    forms: Collection[str],
    decisions: Collection[str],
    facts: Collection[str] | None = None,
    records: Collection[str] | None = None,
    drawing: bool = True,
) -> list[Finding]:
    """Every finding about a drawing, in the order of the file; without an "error" it may be deployed.

    facts, records: operations that a decision step must name as where its facts come from and what is done with
    its answers; None asks for neither. `drawing` False leaves out the check that every node and flow has its place
    in the picture.
    """
    try:
        root = read_tree(xml)
    except XmlRefused as refused:
        return [_unreadable(refused)]
    found = _said(root, Known(operations, roles, forms, decisions, facts, records))
    if root.tag == tag("definitions"):
        found += check_main(root)
    if drawing and root.tag == tag("definitions"):
        found += check_picture(root)
    if not any(one.severity == "error" for one in found):
        found += _buildable(lambda: engine.read_diagram(xml))
    return once(found)


def check_files(files: Mapping[str, bytes], *, known: Known | None = None) -> list[Finding]:
    """What keeps diagrams from being run together as they were drawn, wherever that was; by file name.

    An error is what the standard forbids or the engine cannot carry out; what only an office needs (roles, forms,
    operations, the picture) is left out, and what changes nothing is a warning. known: the tables and operations
    there are; None asks for none. Every finding has its file and line.
    """
    roots: dict[str, etree._Element] = {}
    found: list[Finding] = []
    for name, xml in files.items():
        try:
            roots[name] = read_tree(xml)
        except XmlRefused as refused:
            found.append(replace(_unreadable(refused), file=name))
            continue
        found += _of_file(name, roots[name], known)
    if not any(one.severity == "error" for one in found):
        found += _together(files, roots)
    return found


def _of_file(name: str, root: etree._Element, known: Known | None) -> list[Finding]:
    said = _said(root, known or Known())
    kinds = {str(element.get("id")): local(element) for element in root.iter(etree.Element) if is_bpmn(element)}
    counted = [one for one in (judged(found, kinds) for found in said) if one is not None]
    return [replace(one, file=name, line=one.line or 1) for one in once(counted)]


def _together(files: Mapping[str, bytes], roots: Mapping[str, etree._Element]) -> list[Finding]:
    """What keeps the files from being built, each finding at its file and line."""
    if not any(nodes_of(process) for root in roots.values() for process in root.iter(tag("process"))):
        sentence = _("There is no process with anything in it.")
        name = next(iter(roots), FILE)
        return [Finding(name, "", 1, sentence, _("Draw a process, or name the file that holds it."), code="no-process")]
    return [_placed(one, roots) for one in _buildable(lambda: engine.read_all([*files.values()]))]


def _placed(one: Finding, roots: Mapping[str, etree._Element]) -> Finding:
    for name, root in roots.items():
        found = next((e for e in root.iter(etree.Element) if one.element and e.get("id") == one.element), None)
        if found is not None:
            return replace(one, file=name, line=one.line or line_of(found) or 1)
    return replace(one, file=next(iter(roots), FILE), line=one.line or 1)


def _unreadable(refused: XmlRefused) -> Finding:
    sentence, remedy = XML_REFUSED[refused.rule]
    return Finding(FILE, "", refused.line or 1, sentence, remedy, code=refused.rule)


def _said(root: etree._Element, known: Known) -> list[Finding]:
    """What the rules say that look at one file, but for the picture."""
    found = [*_schema(root), *check_elements(root)]
    if root.tag != tag("definitions"):
        return found
    spread_definitions(root)
    joined = [*check_flow(root), *check_deep(root), *check_standard(root)]
    joined += [*check_calls(root), *check_data(root), *check_correlation(root)]
    if not any(one.severity == "error" and one.code not in ODD for one in joined):
        joined += check_soundness(root)
    return [*found, *joined, *check_nodes(root, known), *check_lanes(root)]


def once(found: Sequence[Finding]) -> list[Finding]:
    """Findings in the order of the file; of two about the same element and rule the first is kept."""
    kept = {(one.file, one.element, one.code): one for one in reversed(found) if one.code.startswith("EXT")}
    return sorted(
        (one for one in found if kept.get((one.file, one.element, one.code), one) is one), key=lambda one: one.line or 0
    )


def for_people(found: Sequence[Finding]) -> list[Finding]:
    """Findings for people: what several rules of the standard say alike is said once, with all their names."""
    said: dict[tuple[object, ...], Finding] = {}
    for one in found:
        key = (one.file, one.element, one.line, str(one.sentence), one.severity)
        if key in said and one.code != said[key].code:
            one = replace(said[key], code=f"{said[key].code} {one.code}".strip())
        said[key] = one
    return list(said.values())


def _schema(root: etree._Element) -> Iterator[Finding]:
    for line, message, near in schema_errors(root):
        sentence = _("The file breaks the BPMN 2.0 schema: %(why)s", why=message.replace(tag(""), ""))
        yield Finding(FILE, near, line, sentence, _("Draw the element again in the editor."), code="schema")


def _buildable(build: Callable[[], object]) -> list[Finding]:
    try:
        build()
    except DefinitionRefused as refused:
        return list(refused.findings)
    return []


__all__ = ["XML_REFUSED", "Known", "OperationSpec", "check_diagram", "check_files", "for_people", "once"]
