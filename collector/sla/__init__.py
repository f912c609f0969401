"""Service clocks: calendars of working time, what is due when, and why."""
