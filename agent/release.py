"""The version of this agent; a test compares it with pyproject.toml.

Not read from installed metadata: the build for customers' servers is a plain directory without any.
"""

from __future__ import annotations

VERSION = "0.1.0"
