from __future__ import annotations

import msgspec
import pytest

from remediation.backup.sources.postgresql_shape import Shape, creation, decode_shape, properties

SHAPE = Shape(database="k", owner='Ä "b"', encoding="UTF8", collate="C", ctype="ko_KR.UTF-8")


def test_a_database_is_made_as_it_was() -> None:
    said = creation(SHAPE, "k'2")
    assert said == (
        "CREATE DATABASE \"k'2\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'ko_KR.UTF-8'"
        ' OWNER "Ä ""b"""'
    )
    assert "OWNER" not in creation(SHAPE, "k", owner=False)
    other = msgspec.structs.replace(SHAPE, provider="i", icu_locale="ko-KR")
    assert "LOCALE_PROVIDER icu ICU_LOCALE 'ko-KR'" in creation(other, "k")


def test_settings_and_rights() -> None:
    other = msgspec.structs.replace(
        SHAPE,
        settings=['search_path="Ä", public', "work_mem=4MB", "app.note=it's"],
        grants=[("", "CONNECT", False), ("x", "CREATE", True), ("x", "STRANGE", False)],
    )
    assert list(properties(other, "n")) == [
        'ALTER DATABASE "n" SET "search_path" TO "Ä", public',
        'ALTER DATABASE "n" SET "work_mem" TO \'4MB\'',
        "ALTER DATABASE \"n\" SET \"app.note\" TO 'it''s'",
        'REVOKE ALL ON DATABASE "n" FROM PUBLIC',
        'GRANT CONNECT ON DATABASE "n" TO PUBLIC',
        'GRANT CREATE ON DATABASE "n" TO "x" WITH GRANT OPTION',
    ]
    assert list(properties(SHAPE, "n")) == []


def test_what_is_no_shape_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_shape(b"{}")
