"""Signed documents: the envelope (DSSE over exact bytes) and the kinds that people sign."""
