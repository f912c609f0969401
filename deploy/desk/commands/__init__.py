"""Commands of the desk that keep keys, sign, and publish: one file each."""
