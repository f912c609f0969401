"""Service clocks on tickets: which steps follow from a change, and what they come to."""
