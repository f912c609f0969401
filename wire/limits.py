"""Every limit of the wire, with its unit and where the number comes from."""

from __future__ import annotations

PROTOCOL = 1  # version of the exchange; golden files of each version stand in tests/wire

# The frame. 1 MB is what a proxy in front lets through by default (nginx: client_max_body_size 1m);
# 8 MB and 100:1 bound what one request may cost the collector in memory (a bomb is 1,028:1).
BODY_BYTES = 1_000_000
FRAME_PLAIN_BYTES = 8_000_000
FRAME_RATIO = 100
FRAME_RATIO_FLOOR_BYTES = 64_000  # below this a high ratio is normal: equal short records

# A batch: flush at 500 events or 256 KB; the collector takes some more, so that a limit can be raised.
BATCH_RECORDS = 500
BATCH_PLAIN_BYTES = 256_000
BATCH_RECORDS_MAX = 2_000

# Texts, in characters.
NAME_CHARS = 128
CODE_CHARS = 64  # the design's ^[a-z0-9][a-z0-9_-]{0,63}$, with capitals and dots for codes in the field
FIELD_CHARS = 512
LINE_CHARS = 4_096
RECORD_CHARS = 65_536  # a Java stack trace with its causes stays below 20 KB; this is three times that

# Counts.
FIELDS = 32
DISKS = 64
PROCESSES = 64
SAMPLES_PER_EVENT = 3
CONTEXT_LINES_BEFORE = 20
CONTEXT_LINES_AFTER = 5
DOCUMENTS = 32
SOFTWARE = 500  # entries of one diff: about 25 KB; a Debian host has 300 to 3,000 packages

# Signatures: RFC 9421 created/expires within five minutes; skew beyond that is answered with the time.
SIGNATURE_AGE_S = 300
NONCE_CHARS = 64

# Log lines on the host: a longer line is cut there and says so (a 1 GB line without a newline exists).
LINE_BYTES = 1_000_000
