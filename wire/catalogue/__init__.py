"""The vendor's coding file: product -> module code -> error code, and how a log line is mapped to it."""

from wire.catalogue.model import Catalogue, ErrorCode, Module, Pattern, Texts
from wire.catalogue.reading import host_catalogue, read_catalogue

__all__ = ["Catalogue", "ErrorCode", "Module", "Pattern", "Texts", "host_catalogue", "read_catalogue"]
