"""The gate of publishing: a bundle comes into force only when it passes its check and its own scenarios."""

from __future__ import annotations

import threading
from collections import OrderedDict

from domain.errors import DefinitionRefused, Finding
from domain.text import gettext as _
from workflows import bundles, scenarios
from workflows.bundles import Bundle, Checked
from workflows.scenarios import Tested

KEPT = 32  # bundles whose scenarios' results are remembered
SHOWN_FLOWS = 8

_tested: OrderedDict[tuple[str, str], Tested] = OrderedDict()
_guard = threading.Lock()


def must_pass(bundle: Bundle) -> Checked:
    """Check a bundle and run its scenarios, outside any write transaction.

    Raises DefinitionRefused with all findings.
    """
    checked = bundles.must_pass(bundle)
    found = tested(bundle)
    warnings = (*checked.warnings, *advice(bundle, found))
    if found.failed:
        raise DefinitionRefused([*found.failed, *warnings])
    return Checked(bundle, warnings)


def tested(bundle: Bundle) -> Tested:
    """What comes of the scenarios of a bundle without errors; remembered, for equal files behave alike."""
    key = (bundle.key, bundle.digest)
    with _guard:
        known = _tested.get(key)
    if known is not None:
        return known
    made = scenarios.test(bundle.files)
    with _guard:
        _tested[key] = made
        while len(_tested) > KEPT:
            _tested.popitem(last=False)
    return made


def advice(bundle: Bundle, found: Tested) -> list[Finding]:
    """What the owner should know of scenarios that are not there or leave ways untried; nothing is refused for it."""
    if not scenarios.paths(bundle.files):
        sentence = _("No scenario says what this process should do.")
        remedy = _("Add scenarios/NAME.toml; the handbook for process owners shows how.")
        return [Finding("", "", None, sentence, remedy, "warning", code="no-scenarios")]
    if not found.untaken:
        return []
    names = ", ".join(found.untaken[:SHOWN_FLOWS]) + (" …" if len(found.untaken) > SHOWN_FLOWS else "")
    sentence = _("No scenario goes along these flows: %(names)s.", names=names)
    return [Finding("", "", None, sentence, _("Add a scenario for them."), "warning", code="untried-flows")]
