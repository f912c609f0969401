"""Restoring on purpose: the ladder of drills, from an index that fits to a whole service that answers."""
