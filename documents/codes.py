"""The code a paper carries on every page: as letters, and as a picture that a telephone or a scanner reads."""

from __future__ import annotations

from dataclasses import dataclass

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

# the four modules of white that a reader needs around the picture
_BORDER = 4


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the house prints beside the words of a paper; neither its data nor its digest know of it.

    code: of `domain.issued`, "" for a draft. address: of this service as people type it, "" where it has none.
    training: the home is for training or demonstration, and none of its papers is valid.
    """

    code: str = ""
    address: str = ""
    training: bool = False

    @property
    def said(self) -> str:
        """What the picture says: the page that verifies the paper, or the bare code where nobody can be sent to one."""
        if not self.code or not self.address:
            return self.code
        return f"{self.address.rstrip('/')}/verify/{self.code}"


BARE = Stamp()


def picture(stamp: Stamp) -> str:
    """The QR code (ISO/IEC 18004, level M: 15 % of it may be lost to a fold or a seal) as SVG; "" without a code."""
    if not stamp.code:
        return ""
    drawn = QRCode(border=_BORDER, error_correction=ERROR_CORRECT_M)
    drawn.add_data(stamp.said)
    matrix = drawn.get_matrix()
    size = len(matrix)
    squares = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}h-{size}z"/><path d="{squares}"/></svg>'
    )
