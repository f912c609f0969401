"""Support bundles that customers released: received in pieces, kept by their digest, handed to engineers."""
