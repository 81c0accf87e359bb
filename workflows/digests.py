"""One digest for a whole bundle. The standard library alone: the short way to a warm start asks for it too."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path


def manifest_digest(manifest: Mapping[str, str]) -> str:
    """SHA-256 over path -> digest of the bytes, in the order of the paths."""
    return hashlib.sha256(repr(sorted(manifest.items())).encode()).hexdigest()


def files_in(folder: Path) -> dict[str, bytes]:
    """Path inside the folder -> bytes of every file that is not hidden."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def folder_digest(folder: Path) -> str:
    """The digest of the bundle in a folder, as `Bundle.digest` gives it."""
    return manifest_digest({path: hashlib.sha256(part).hexdigest() for path, part in files_in(folder).items()})
