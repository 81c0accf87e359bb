"""What a person reads of a page: its texts and the attributes that are shown or read aloud."""

from __future__ import annotations

from html.parser import HTMLParser

READ_ATTRIBUTES = ("alt", "aria-label", "aria-description", "placeholder", "title")
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
CODE = frozenset({"code", "kbd", "script", "style"})
ASIDE = frozenset({("aria-hidden", "true"), ("translate", "no")})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        aside = any(name == "lang" or (name, value) in ASIDE for name, value in attrs)
        if tag not in VOID:
            self._open.append((tag, tag in CODE or (aside and tag != "html")))
        for name, value in attrs:
            if value and (name in READ_ATTRIBUTES or name.startswith("data-text")):
                self.handle_data(value)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            continue

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(aside for _tag, aside in self._open):
            self.found.append(data)


def read_texts(page: str) -> list[str]:
    """The texts of a page, in order; left out: what names its own language (`lang`), source text, mere pictures."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.found
