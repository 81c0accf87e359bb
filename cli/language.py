"""The language of the command line: Chinese unless HEDUI_LANG says English."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from pathlib import Path

from domain.text import Translate

CATALOGUES = Path(__file__).resolve().parent.parent / "webapp" / "translations"


def translator(environment: Mapping[str, str]) -> Translate | None:
    """Translates source sentences; None leaves them English."""
    wanted = environment.get("HEDUI_LANG") or "zh_Hans_CN"
    if wanted.lower().startswith("en"):
        return None
    return gettext.translation("messages", CATALOGUES, [wanted], fallback=True).gettext
