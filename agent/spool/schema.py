"""The tables of the spool, version 3.

`waiting` holds records that no batch has yet; `batch` holds sealed batches, acked ones too while
they are kept; `parked` holds what the collector could not take. `meta` holds the agent's place in
the exchange: agent, epoch, sealed (highest sequence ever sealed), mark (highest acked), session,
generation, gaps (how many were recorded). `history` (since version 2) holds the peaks that forecasts are
made from: one row for four hours of one series, three weeks of them. `level`
(since version 3) says which events leave first: 1 is the most urgent.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = 3
KEPT_SLOTS: Final = 126  # of a series of the history

HISTORY: Final = """
CREATE TABLE history (series TEXT NOT NULL, slot INTEGER NOT NULL, peak REAL NOT NULL, PRIMARY KEY (series, slot))
  WITHOUT ROWID;
"""

LEVELS: Final = """
ALTER TABLE waiting ADD COLUMN level INTEGER NOT NULL DEFAULT 3;
UPDATE waiting SET owner='' WHERE owner IS NULL AND rank=1;
CREATE INDEX waiting_urgency ON waiting (level, id DESC) WHERE rank=1;
CREATE INDEX waiting_queue ON waiting (owner, id) WHERE rank=1;
"""

TABLES: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE cursor (
  source TEXT NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL, path TEXT NOT NULL,
  head_hash TEXT NOT NULL, head_bytes INTEGER NOT NULL, generation INTEGER NOT NULL,
  position INTEGER NOT NULL, line_number INTEGER NOT NULL, history_until INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (source, device, inode)
) WITHOUT ROWID;
CREATE TABLE source (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE level (key TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE waiting (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  rank INTEGER NOT NULL,
  fold TEXT,
  owner TEXT,
  status TEXT,
  record BLOB NOT NULL,
  size INTEGER NOT NULL
);
CREATE INDEX waiting_order ON waiting (rank, id);
CREATE INDEX waiting_fold ON waiting (fold) WHERE fold IS NOT NULL;
CREATE INDEX waiting_owner ON waiting (owner, status) WHERE owner IS NOT NULL AND fold IS NOT NULL;
CREATE TABLE batch (
  sequence INTEGER PRIMARY KEY,
  body BLOB NOT NULL,
  records INTEGER NOT NULL,
  size INTEGER NOT NULL,
  doubtful INTEGER NOT NULL DEFAULT 0,
  acked_at REAL
);
CREATE INDEX batch_kept ON batch (acked_at) WHERE acked_at IS NOT NULL;
CREATE TABLE parked (
  id INTEGER PRIMARY KEY AUTOINCREMENT, record BLOB NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL
);
"""

# What each version has beyond the one before it, by the version that it makes.
STEPS: Final = {1: TABLES, 2: HISTORY, 3: LEVELS}
