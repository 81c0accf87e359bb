"""Page templates compiled once a worker: each test has an application of its own, and the files are the same."""

from __future__ import annotations

from flask import Flask
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket


class Kept(BytecodeCache):
    """Compiled templates in memory; a changed source has another checksum and is compiled again."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        """The place of a template in the language that its environment compiles for (`webapp.templating`)."""
        language = getattr(environment, "language", "")
        return super().get_bucket(environment, f"{language}:{name}", filename, source)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket, if this template was compiled before."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


def keep() -> None:
    """From here on every application of this process looks there first."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Kept()}
