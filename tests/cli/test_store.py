"""`./run do store`: another key, and data past their time."""

from __future__ import annotations

import json
from pathlib import Path

from domain.vault import KEYFILE
from tests.cli.test_commands import do
from tests.homes import Office


def test_a_change_of_keys_is_told_by_doctor_carried_out_once_and_deletion_leaves_certificates(
    office: Office, tmp_path: Path
) -> None:
    path = office.home.settings.keys / KEYFILE
    held = json.loads(path.read_text())
    assert "current key" in do(office.place, "store", "rotate").stdout
    path.write_text(json.dumps({"current": 2, "masters": held["masters"] | {"2": "2a" * 32}}))

    assert "store rotate" in do(office.place, "doctor").stdout
    said = do(office.place, "store", "rotate")
    assert said.returncode == 0
    assert "sealed anew" in said.stdout
    assert "store rotate" not in do(office.place, "doctor").stdout

    purged = do(office.place, "store", "purge", "--before", "2099-01-01", "--reason", "期满").stdout
    assert "Certificate" in purged
    paper = tmp_path / "certificate.pdf"
    ref = purged.split("Certificate ")[1].split(":")[0]
    assert do(office.place, "store", "certificate", ref, "--out", str(paper)).returncode == 0
    assert paper.read_bytes().startswith(b"%PDF-")
    assert "no such certificate" in do(office.place, "store", "certificate", "none", "--out", str(paper)).stderr
    assert (
        "\n0 deliveries were deleted"
        in "\n" + do(office.place, "store", "purge", "--before", "2099-01-01", "--reason", "期满").stdout
    )
