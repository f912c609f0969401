"""What the vendor publishes, fetched from the collector and believed by the vendor's own signatures alone."""
