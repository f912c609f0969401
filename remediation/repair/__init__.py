"""Typed actions: argv templates of the vendor with typed parameters."""
