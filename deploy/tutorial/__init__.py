"""Runs a tutorial as it is written: `python -m deploy.tutorial docs/tutorials/first.md`."""
