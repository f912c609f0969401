"""The demo, unattended: cause each fault, collect what can be seen from outside, judge it."""
