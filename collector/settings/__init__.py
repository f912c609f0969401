"""The collector's one settings file."""

from collector.settings.model import Listener, Rules, Settings

__all__ = ["Listener", "Rules", "Settings"]
