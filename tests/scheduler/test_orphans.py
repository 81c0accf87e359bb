"""The sweeper removes what no row names, and nothing else."""

from __future__ import annotations

import os
import time
from pathlib import Path

from sqlalchemy import select

from domain import files
from domain.files import StoredFile
from domain.verification.deliveries import Delivery
from domain.work import OPERATOR, unit_of_work
from scheduler import orphans
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import new_case


def let_time_pass(office: Office, hours: float = 2) -> None:
    for path in folder(office).glob("??/*"):
        os.utime(path, (time.time() - hours * 3600,) * 2)


def folder(office: Office) -> Path:
    return office.place.home / "files"


def test_a_file_whose_act_failed_goes_after_its_grace(office):
    orphan = office.home.blobs.put_bytes(b"nobody's")
    unfinished = folder(office) / orphan.name[:2] / "0123.part"
    unfinished.write_bytes(b"half")
    assert orphans.remove(office.home) == 0, "its row may still come"
    let_time_pass(office)
    assert orphans.remove(office.home) == 2
    assert not office.home.blobs.exists(orphan.name)
    assert not unfinished.exists()


def test_every_file_of_a_lived_in_office_stays_and_opens(office):
    story = new_case(office)
    steps.to_queries(story)
    steps.report(story)
    let_time_pass(office)
    before = set(office.home.blobs.names())
    assert orphans.remove(office.home) == 0
    assert set(office.home.blobs.names()) == before
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        for row in work.session.scalars(select(StoredFile)):
            assert files.content(work, row).read()
        stores = [delivery.store for delivery in work.session.scalars(select(Delivery))]
    assert len(stores) == 6
    assert all(store is not None and office.home.blobs.read(store) for store in stores)
