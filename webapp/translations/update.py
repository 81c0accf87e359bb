"""Brings the catalogue up to the sentences of the sources: `python -m webapp.translations.update`.

New sentences come in empty, gone ones go, nothing is guessed. The file is sorted and holds neither places nor
dates, so that a change of one sentence is a change of its lines alone.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
LOCALE = "zh_Hans_CN"
CATALOGUE = Path(__file__).parent / LOCALE / "LC_MESSAGES" / "messages.po"
# what marks a sentence, and which of its arguments are the sentence
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "gettext": None, "ngettext": (1, 2)}
HEADER = f"""# Chinese, the default language. Source strings are English.
msgid ""
msgstr ""
"Language: {LOCALE}\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def extracted(root: Path = ROOT) -> Catalog:
    """The sentences of the tree under `root`, with the places where they stand.

    Raises the parser's own error (SyntaxError, TemplateSyntaxError) for a source that does not parse.
    """
    with (ROOT / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping, "babel.cfg")  # type: ignore[no-untyped-call]  # has no types
    found = Catalog()
    for file, line, message, comments, _context in extract_from_dir(root, methods, options, keywords=KEYWORDS):
        found.add(message, None, [(file, line)], auto_comments=comments)
    return found


def kept(path: Path = CATALOGUE) -> Catalog:
    """The catalogue as it is kept."""
    with path.open("rb") as file:
        return read_po(file, locale=LOCALE)


def merged(sources: Catalog, before: Catalog) -> Catalog:
    """The sentences of the sources with the translations there were."""
    made = Catalog(locale=LOCALE)
    for message in sources:
        if message.id:
            known = before.get(message.id)
            same = known is not None and known.id == message.id and not known.fuzzy
            made.add(message.id, known.string if same and known else None, flags=message.flags)
    return made


def written(catalogue: Catalog) -> str:
    """The catalogue's text as it is kept: one line a sentence, sorted, without places and dates."""
    file = io.BytesIO()
    write_po(file, catalogue, width=0, no_location=True, omit_header=True, sort_output=True)
    return HEADER + file.getvalue().decode("utf-8").strip() + "\n"


if __name__ == "__main__":
    CATALOGUE.write_text(written(merged(extracted(), kept())), encoding="utf-8")
