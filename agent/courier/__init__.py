"""Carrying signed documents between collector, people and executor; deciding nothing."""
