"""An instant as an option of a command."""

from __future__ import annotations

from datetime import datetime

import click

from domain.clock import OFFICE_ZONE
from domain.text import gettext as _


class Instant(click.ParamType[datetime]):
    """An ISO 8601 instant; without an offset it is the office's local time."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The aware instant."""
        if isinstance(value, datetime):
            return value
        try:
            read = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(str(_("“%(text)s” is no instant; write 2027-06-01T09:00:00+08:00.", text=value)), param, ctx)
        return read if read.tzinfo else read.replace(tzinfo=OFFICE_ZONE)
