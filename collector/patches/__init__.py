"""Patches as the vendor publishes them, on which hosts they would help, and what their customers said. Runs nothing."""
