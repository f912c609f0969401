"""Keeping the agent inside what its host grants it."""
