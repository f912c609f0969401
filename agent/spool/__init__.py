"""One SQLite file on the customer's server: read positions, records that wait, sealed batches."""

from agent.spool.port import Cursor, Deposit, Intake, SpoolFull
from agent.spool.spool import Spool, open_spool

__all__ = ["Cursor", "Deposit", "Intake", "Spool", "SpoolFull", "open_spool"]
