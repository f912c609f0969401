"""Alerts and their tickets as rows."""
