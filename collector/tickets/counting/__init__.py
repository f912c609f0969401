"""Fingerprints of a whole group of batches, counted together."""
