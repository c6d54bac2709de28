"""The report shows the data as it is, on a hundred columns."""

from __future__ import annotations

from datetime import date

from rich.console import Console

from python_udfs.source_inspection import Inspection
from python_udfs.source_inspection.conversions import Conversions
from python_udfs.source_inspection.events import EventName, EventSource
from python_udfs.source_inspection.report import WIDTH, print_report
from python_udfs.source_inspection.tables import QuarantineReason, Table

DAY = date(2026, 1, 31)


def report(names: tuple[EventName, ...]) -> str:
    found = Inspection(
        event_sources=("zendesk",),
        business_sources=("raw",),
        as_of_on=DAY,
        horizon_days=60,
        first_days=14,
        tables=(
            Table("raw", "users", True, False, 3, ("email",), ("e_mail",)),
            Table("raw", "events", True, False, 3, (), tuple(f"column_{i}" for i in range(40))),
            Table("raw", "leads", False, True, None, (), ()),
        ),
        contract_tables=(),
        events=(EventSource("zendesk", 10, DAY, DAY, 1, 2, 0, 0, 0, 4, 0, True),),
        event_names=names,
        name_count=len(names),
        quarantine=(
            QuarantineReason("zendesk", "events", "bot", 1, 0.1, "zendesk:ticket:1", None, "None."),
        ),
        conversions=Conversions(0, None, None, 0, 0, 0, {}),
        lifts=(),
    )
    console = Console(highlight=False, emoji=False, width=WIDTH, record=True, quiet=False)
    with console.capture() as capture:
        print_report(console, found, tracked={"[bold] move"}, names_shown=20)
    return capture.get()


def name(text: str) -> EventName:
    return EventName("zendesk", text, 5, 0.5, 2, 1, DAY, DAY, True)


def test_names_and_ids_are_shown_as_they_are_and_cut_where_they_are_long():
    text = report((name("[bold] move"), name("x" * 500)))
    assert "[bold] move" in text
    assert "zendesk:ticket:1" in text
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert text.count("x" * 20) == 1


def test_missing_columns_are_named_and_many_unknown_ones_counted():
    text = report(())
    assert "without email; not read: e_mail" in text
    assert "40 not read" in text
    assert "There are no events." in text
    assert "No account has a paid subscription." in text


def test_what_was_counted_on_a_sample_is_marked():
    text = report((name("a"),))
    assert "about 4" in text
    assert "~2" in text
