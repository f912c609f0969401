"""Replays of recent events with other thresholds, beside the ones in force."""
