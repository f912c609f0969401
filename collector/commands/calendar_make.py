"""`sitewarden-collector calendar make`: a calendar of a country's public holidays, as a file to look over."""

from __future__ import annotations

import argparse
from datetime import date

from collector.commands.calendar_words import write_text
from collector.sla.calendar import read_calendar
from collector.sla.making import NoSuchCountry, calendar_yaml, make_calendar
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence

YEARS_MAX = 30


class CalendarMake:
    """Make a calendar."""

    name = "calendar make"
    summary = sentence("make a calendar of a country's public holidays, to look over and import")
    examples = (
        "sitewarden-collector calendar make jp --zone Asia/Tokyo --years 2026-2028 --confirmed-until 2027-12-31",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        parser.add_argument("country", metavar="COUNTRY", help=say(sentence("two letters of ISO 3166")))
        parser.add_argument("--zone", required=True, help=say(sentence("time zone, as Asia/Tokyo")))
        parser.add_argument("--years", required=True, metavar="FROM-TO", help=say(sentence("as 2026-2028")))
        confirmed = say(sentence("the last day that the state has published; later ones are provisional"))
        parser.add_argument("--confirmed-until", required=True, type=date.fromisoformat, metavar="DAY", help=confirmed)
        hours = say(sentence("working hours of Monday to Friday"))
        parser.add_argument("--hours", default="08:30-17:00", help=hours)
        version = say(sentence("name of this version (default: the last year)"))
        parser.add_argument("--calendar-version", metavar="NAME", help=version)
        parser.add_argument("--out", metavar="FILE", help=say(sentence("a new file (default: standard output)")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:  # noqa: ARG002  # the shape of commands
        """Write it."""
        years = _years(arguments.years)
        try:
            calendar = make_calendar(
                arguments.country,
                zone=arguments.zone,
                hours=arguments.hours,
                years=years,
                confirmed_until=arguments.confirmed_until,
                version=arguments.calendar_version or str(years.stop - 1),
            )
        except NoSuchCountry as error:
            raise CommandRefused(error.why) from error
        text = calendar_yaml(calendar)
        read_calendar(text)  # refuses a zone or hours that make no sense
        write_text(text, arguments.out)
        return Exit.DONE


COMMAND = CalendarMake()


def _years(text: str) -> range:
    first, _, last = text.partition("-")
    if first.isdecimal() and (last or first).isdecimal():
        years = range(int(first), int(last or first) + 1)
        if 0 < len(years) <= YEARS_MAX and years.start > 1900 and years.stop <= 2200:  # noqa: PLR2004  # centuries
            return years
    raise CommandRefused(sentence("{text} are no years; write 2026-2028", text=text))
