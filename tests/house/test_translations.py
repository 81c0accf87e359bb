"""Every sentence a person reads stands in the catalogue, whole; and each check shown to fail on a bad one."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from jinja2 import Environment, TemplateSyntaxError, nodes

from tests.house import rules
from tests.house.rules import ROOT, Source
from tests.infrastructure.reading import read_texts
from webapp.translations import update

TEMPLATES = ROOT / "webapp" / "templates"
PLACES = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")
STRAY = re.compile(r"%(?!\(\w+\)[sd])")
REFUSALS = {"HouseError", "NotFound", "NotPermitted", "Stale", "Conflict", "OperationFailed", "flash"}
# read the same in both languages
SAME = {"English", "中文", "Enter", "Hedui", "CSV", "XLSX", "PDF", "KB", "MB"}


# --- the checks ------------------------------------------------------------------------------------------------


def one(identity: object) -> str:
    """The sentence of a message, the singular where it has two."""
    return str(identity[0] if isinstance(identity, (list, tuple)) else identity)


def forms(message: Message) -> list[str]:
    """The translations of a message, one for each plural form."""
    texts = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return [text or "" for text in texts]


def messages(catalogue: Catalog) -> list[Message]:
    """The sentences without the header."""
    return [message for message in catalogue if message.id]


def unfinished(catalogue: Catalog) -> list[str]:
    """Entries that are empty, only guessed, or no longer used."""
    found = [f"empty: {one(message.id)}" for message in messages(catalogue) if not all(forms(message))]
    found += [f"fuzzy: {one(message.id)}" for message in messages(catalogue) if message.fuzzy]
    return found + [f"obsolete: {one(message.id)}" for message in catalogue.obsolete.values()]


def other_places(catalogue: Catalog) -> list[str]:
    """Entries whose translation has other named places than the sentence."""
    found = []
    for message in messages(catalogue):
        both = message.id if isinstance(message.id, (list, tuple)) else [message.id]
        wanted = Counter(PLACES.findall(str(both[-1])))
        if any(Counter(PLACES.findall(text)) != wanted for text in forms(message)):
            found.append(one(message.id))
        found += [f"{one(message.id)}: {fault}" for fault in message.check(catalogue)]
    return found


def stray_signs(catalogue: Catalog) -> list[str]:
    """Entries with a per cent sign that begins no place: a template fills sentences in and fails on it. Write %%."""
    return [
        one(message.id)
        for message in messages(catalogue)
        for text in (one(message.id), *forms(message))
        if STRAY.search(text.replace("%%", ""))
    ]


def unlike(sources: Catalog, catalogue: Catalog) -> list[str]:
    """Sentences of the sources that the catalogue lacks, and entries that no source has."""
    ours, theirs = ({message.id: message for message in messages(each)} for each in (sources, catalogue))
    found = [f"not in the catalogue: {one(key)} ({ours[key].locations[0][0]})" for key in ours.keys() - theirs.keys()]
    return sorted(found + [f"in no source: {one(key)}" for key in theirs.keys() - ours.keys()])


def unseen(source: Source) -> list[str]:
    """Calls the extractor cannot read: a marked sentence, or a refusal's, that is put together while running."""
    found = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name, first = rules.dotted(node.func).rpartition(".")[2], node.args[0]
        whole = isinstance(first, ast.Constant) and isinstance(first.value, str)
        again = isinstance(first, ast.Attribute) and first.attr == "source"  # a sentence marked elsewhere
        if name in {"_", "gettext", "ngettext"} and not (whole or again):
            found.append(source.at(node, "the sentence is no plain text"))
        if name in REFUSALS and (whole or isinstance(first, ast.JoinedStr)):
            found.append(source.at(node, "the sentence is not marked for translation"))
    return found


def unseen_in_template(path: str, text: str) -> list[str]:
    """The same for a template."""
    found = []
    for call in Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(text).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in {"_", "gettext", "ngettext"}:
            wanted = call.args[:2] if call.node.name == "ngettext" else call.args[:1]
            if not wanted or not all(isinstance(each, nodes.Const) for each in wanted):
                found.append(f"{path}:{call.lineno}: the sentence is no plain text")
    return found


def unmarked(path: str, text: str) -> list[str]:
    """Words that stand in a template outside any expression."""
    bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", lambda cut: "\n" * cut.group().count("\n"), text, flags=re.DOTALL)
    # a macro may write attributes of a tag that stands elsewhere
    texts = [re.sub(r'[a-z-]+="[^"]*"', "", each) for each in read_texts(bare)]
    words = [word for each in texts for word in re.findall(r"[A-Za-z]{2,}|[\u4e00-\u9fff]+", each)]
    return [f"{path}: “{word}” is not marked for translation" for word in words if word not in SAME]


# --- held on the tree ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    return update.kept()


@pytest.fixture(scope="module")
def sources() -> Catalog:
    return update.extracted()


def templates() -> Iterator[tuple[str, str]]:
    for path in sorted(TEMPLATES.rglob("*.html")):
        yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def test_every_sentence_has_its_chinese(catalogue):
    assert unfinished(catalogue) == []


def test_every_translation_keeps_the_named_places(catalogue):
    assert other_places(catalogue) == []


def test_no_sentence_has_a_sign_that_begins_no_place(catalogue):
    assert stray_signs(catalogue) == []


def test_the_catalogue_holds_the_sentences_of_the_sources_and_no_others(sources, catalogue):
    assert unlike(sources, catalogue) == [], "run: python -m webapp.translations.update"


def test_the_catalogue_is_written_so_that_a_change_is_a_small_difference(catalogue):
    assert update.CATALOGUE.read_text(encoding="utf-8") == update.written(catalogue)


def test_the_sources_of_every_room_are_read_and_those_of_tests_are_not(sources):
    rooms = {file.partition("/")[0] for message in messages(sources) for file, _line in message.locations}
    speaking = {source.path.partition("/")[0] for source in rules.modules() if re.search(r"\b_\(", source.text)}
    assert rooms == speaking | {"webapp"}
    assert "tests" not in rooms


def test_every_template_is_read(sources):
    files = {file for message in messages(sources) for file, _line in message.locations}
    marked = {path for path, text in templates() if re.search(r"\b(_|ngettext)\([\"']", text)}
    assert {path for path in files if path.endswith(".html")} == marked


def test_no_sentence_is_hidden_from_the_extractor():
    found = [line for source in rules.modules() for line in unseen(source)]
    found += [line for path, text in templates() for line in unseen_in_template(path, text)]
    assert found == []


def test_no_word_of_a_template_stands_outside_the_catalogue():
    assert [line for path, text in templates() for line in unmarked(path, text)] == []


# --- each check can fail ---------------------------------------------------------------------------------------


def po(text: str) -> Catalog:
    """A catalogue of a few entries."""
    lines = (update.HEADER + text).encode().splitlines(keepends=True)
    return read_po(lines, locale=update.LOCALE)


@pytest.mark.parametrize(
    "entry",
    [
        'msgid "Claim"\nmsgstr ""\n',
        'msgid "%(num)d day"\nmsgid_plural "%(num)d days"\nmsgstr[0] ""\n',
        '#, fuzzy\nmsgid "Claim"\nmsgstr "办结"\n',
        '#~ msgid "Claim"\n#~ msgstr "认领"\n',
    ],
)
def test_an_empty_a_guessed_and_a_forgotten_entry_are_found(entry):
    assert len(unfinished(po(entry))) == 1


@pytest.mark.parametrize(
    "entry",
    [
        'msgid "Row %(row)s"\nmsgstr "第几行"\n',
        'msgid "Row %(row)s"\nmsgstr "第 %(line)s 行"\n',
        'msgid "Claim {n}"\nmsgstr "认领 {count}"\n',
        '#, python-format\nmsgid "%(num)d day"\nmsgid_plural "%(num)d days"\nmsgstr[0] "一天"\n',
    ],
)
def test_a_lost_or_renamed_place_is_found(entry):
    assert other_places(po(entry))


@pytest.mark.parametrize("chinese", ["95%以内", "完成 %", "%(row)d 行，占 5%。"])
def test_a_sign_that_begins_no_place_is_found(chinese):
    assert stray_signs(po(f'msgid "Most"\nmsgstr "{chinese}"\n'))
    assert stray_signs(po('msgid "Most"\nmsgstr "95%%以内 %(row)d"\n')) == []


def tree(folder: Path, files: dict[str, str]) -> Path:
    """A small tree of sources."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_new_and_a_gone_sentence_are_found(tmp_path):
    made = tree(
        tmp_path,
        {
            "tasks/x.py": '_("New sentence.")\n',
            "webapp/templates/x.html": '{{ ngettext("%(num)d row", "%(num)d rows", n) }}',
            "tests/test_x.py": '_("Only in a test.")\n',
        },
    )
    found = unlike(update.extracted(made), po('msgid "Old sentence."\nmsgstr "旧句。"\n'))
    assert found == [
        "in no source: Old sentence.",
        "not in the catalogue: %(num)d row (webapp/templates/x.html)",
        "not in the catalogue: New sentence. (tasks/x.py)",
    ]


def test_a_template_that_does_not_parse_is_no_silent_gap(tmp_path):
    made = tree(tmp_path, {"webapp/templates/x.html": '{{ _("A sentence.") }}{% if %}'})
    with pytest.raises(TemplateSyntaxError):
        update.extracted(made)


def test_bringing_the_catalogue_up_keeps_what_there_was_and_guesses_nothing(tmp_path):
    made = tree(tmp_path, {"x.py": '_("Claim")\n_("Claims")\n'})
    merged = update.merged(update.extracted(made), po('msgid "Claim"\nmsgstr "认领"\n\nmsgid "Gone"\nmsgstr "旧"\n'))
    assert {one(message.id): message.string or "" for message in messages(merged)} == {"Claim": "认领", "Claims": ""}
    assert not merged.obsolete
    assert "fuzzy" not in update.written(merged)


@pytest.mark.parametrize(
    "line",
    [
        '_(f"{name} is gone.")\n',
        "_(sentence)\n",
        '_("One " + "two")\n',
        'raise Conflict("This is closed.")\n',
        'raise errors.NotFound(f"No {name}.")\n',
        'flash("Done.")\n',
    ],
)
def test_a_sentence_that_the_extractor_cannot_see_is_found(line):
    assert len(unseen(Source("tasks/x.py", line))) == 1


@pytest.mark.parametrize("line", ["{{ _(title) }}", '{{ _("One " ~ name) }}', '{{ ngettext("one", many, n) }}'])
def test_a_hidden_sentence_of_a_template_is_found(line):
    assert len(unseen_in_template("x.html", line)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "<p>Nothing</p>",
        "<p>没有</p>",
        '<p aria-label="Stages">{{ _("x") }}</p>',
        '<input placeholder="Name">',
        '<p data-text-failed="Again">',
        '<br aria-hidden="true"><p>Nothing</p>',
        '<article lang="zh">汉字</article><p>Word</p>',
    ],
)
def test_a_word_outside_the_catalogue_is_found(line):
    assert len(unmarked("x.html", line)) == 1
