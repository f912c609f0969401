"""Booted customer servers for tests: a Debian root that is made once, and systemd in it as PID 1."""
