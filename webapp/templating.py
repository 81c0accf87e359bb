"""Templates, compiled once for each language: a sentence that stands in one is written into what it is compiled to.

A page asks for some 150 sentences that take no values. Each of them was found, wrapped and formatted anew on every
page, which was a quarter of what a list cost the processor.
"""

from __future__ import annotations

from typing import Any

from flask.templating import Environment as FlaskEnvironment
from jinja2 import Template, nodes
from jinja2.visitor import NodeTransformer

from webapp import i18n

SENTENCE = frozenset({"_", "gettext"})


class Environment(FlaskEnvironment):
    """Jinja's environment of the application, and behind it one for each language with its own compiled templates."""

    language = ""  # of the one that is a language's own

    def get_template(self, name: Any, parent: Any = None, globals: Any = None) -> Template:
        """A template in the language of the request. Raises TemplateNotFound."""
        return super(Environment, self if self.language else self._spoken()).get_template(name, parent, globals)

    def _spoken(self) -> Environment:
        code = i18n.language()
        known: dict[str, Environment] = self.__dict__.setdefault("_by_language", {})
        found = known.get(code)
        if found is None:
            found = self.overlay()
            found.language = code
            known[code] = found  # two threads at once make two; the later one stays
        return found

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        written: nodes.Template = _Sentences().visit(source) if self.language else source
        return super()._generate(written, name, filename, defer_init)


class _Sentences(NodeTransformer):
    """Puts the translation in the place of every sentence that takes no values, as safe as it was."""

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802  Jinja's visitors are named after their nodes
        """A sentence becomes a constant; any other call is gone through."""
        plain = isinstance(node.node, nodes.Name) and node.node.name in SENTENCE and len(node.args) == 1
        said = node.args[0] if plain and not (node.kwargs or node.dyn_args or node.dyn_kwargs) else None
        if not isinstance(said, nodes.Const):
            self.generic_visit(node)
            return node
        # a percent sign is written twice in the catalogue, as beside values
        return nodes.MarkSafeIfAutoescape(nodes.Const(i18n.translate(said.value) % {}), lineno=node.lineno)
