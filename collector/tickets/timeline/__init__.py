"""The one place where a line is added to a ticket's timeline, and its clocks are moved."""
