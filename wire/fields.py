"""The types that records are made of: instants with a zone, bounded numbers, texts with a maximum length."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from wire.limits import CODE_CHARS, FIELD_CHARS, FIELDS, LINE_CHARS, NAME_CHARS, RECORD_CHARS

Time = Annotated[datetime, Meta(tz=True)]
Name = Annotated[str, Meta(min_length=1, max_length=NAME_CHARS)]
Code = Annotated[str, Meta(min_length=1, max_length=CODE_CHARS, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*\Z")]
Level = Annotated[int, Meta(ge=1, le=4)]
Count = Annotated[int, Meta(ge=0, le=2**53)]  # 2^53: what every JSON reader keeps exactly
Percent = Annotated[float, Meta(ge=0, le=100)]
Amount = Annotated[float, Meta(ge=0, le=2**53)]
Line = Annotated[str, Meta(max_length=LINE_CHARS)]
Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
FieldValue = Annotated[str, Meta(max_length=FIELD_CHARS)]
FieldName = Annotated[str, Meta(min_length=1, max_length=CODE_CHARS)]
Fields = Annotated[dict[FieldName, FieldValue], Meta(max_length=FIELDS)]
EventId = Annotated[str, Meta(min_length=16, max_length=64, pattern=r"^[0-9a-f]+\Z")]
RecordText = Annotated[str, Meta(max_length=RECORD_CHARS)]
