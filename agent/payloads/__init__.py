"""The new files of patches, fetched from the collector before their time and believed by their SHA-256 alone."""
