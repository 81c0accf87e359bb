"""`./run do counts`: wrong figures are told, and counted anew."""

from __future__ import annotations

from sqlalchemy import create_engine, text

from tests.cli.test_commands import do
from tests.homes import DEMO
from tests.infrastructure.databases import SQLITE


def test_wrong_counts_are_told_by_doctor_and_verify_and_mended(fresh_place) -> None:
    place = fresh_place(SQLITE, DEMO)
    assert do(place, "counts", "verify").returncode == 0
    engine = create_engine(place.url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO task_count VALUES (1, '', 'FREE', '2027-06-01 15:59:59.000000', 3)"))
    engine.dispose()
    told = do(place, "counts", "verify")
    assert (told.returncode, "+3" in told.stderr) == (1, True)
    assert "counts mend" in do(place, "doctor", HEDUI_LANG="en").stdout
    assert do(place, "counts", "mend").returncode == 0
    assert do(place, "counts", "verify").returncode == 0
