"""Nothing personal is stored or leaves: detectors, keyed tokens, the one gate before the spool."""
