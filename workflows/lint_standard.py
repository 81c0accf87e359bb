"""The constraints of the BPMN 2.0 standard that its schema cannot say, by family; each finding names its rule (EXTnnn).

They hold for the whole file, whatever of it this program carries out: every process, pool, message flow and call.
The numbers are those the field's validators use for these constraints (docs/rules.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lxml import etree

from domain.errors import Finding
from workflows.lint_model import Model
from workflows.lint_standard_data import DATA_RULES
from workflows.lint_standard_events import EVENT_RULES
from workflows.lint_standard_flow import FLOW_RULES
from workflows.lint_standard_pools import POOL_RULES

_RULES: tuple[Callable[[Model], Iterator[Finding]], ...] = (*FLOW_RULES, *EVENT_RULES, *POOL_RULES, *DATA_RULES)


def check_standard(root: etree._Element) -> Iterator[Finding]:
    """Every constraint that the file breaks."""
    model = Model(root)
    for rule in _RULES:
        yield from rule(model)
