"""What a database itself is like, beside its content: encoding, locale, settings, who may connect. Pure.

`pg_dump` keeps these only under the database's own name. They stand beside the dump as `database.json`,
so that a copy under another name, in a scratch server or beside the live one, is made equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Struct

from remediation.backup.sources.postgresql_session import literal, quoted

FILE: Final = "database.json"
QUESTION: Final = """
SELECT jsonb_build_object(
  'database', d.datname, 'owner', pg_get_userbyid(d.datdba), 'encoding', pg_encoding_to_char(d.encoding),
  'collate', d.datcollate, 'ctype', d.datctype,
  'provider', coalesce(to_jsonb(d)->>'datlocprovider', 'c'),
  'icu_locale', coalesce(to_jsonb(d)->>'daticulocale', to_jsonb(d)->>'datlocale', ''),
  'settings', coalesce((SELECT jsonb_agg(c) FROM pg_db_role_setting s, unnest(s.setconfig) c
                         WHERE s.setdatabase = d.oid AND s.setrole = 0), '[]'),
  'grants', (SELECT jsonb_agg(jsonb_build_array(CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END,
                                                a.privilege_type, a.is_grantable))
               FROM aclexplode(d.datacl) a))::text
  FROM pg_database d WHERE d.datname = current_database()
"""
_PRIVILEGES: Final = frozenset({"CREATE", "CONNECT", "TEMPORARY"})


class Shape(Struct, kw_only=True, frozen=True):
    """One database. `grants`: (role or "" for everybody, privilege, may hand it on); None: never changed."""

    database: str
    owner: str
    encoding: str
    collate: str
    ctype: str
    provider: str = "c"
    icu_locale: str = ""
    settings: list[str] = []
    grants: list[tuple[str, str, bool]] | None = None


def decode_shape(content: bytes | str) -> Shape:
    """The shape; `msgspec.DecodeError` when it is none."""
    return msgspec.json.decode(content, type=Shape)


def creation(shape: Shape, name: str, *, owner: bool = True) -> str:
    """The statement that makes an empty database of this shape."""
    words = [f"CREATE DATABASE {quoted(name)} TEMPLATE template0 ENCODING {literal(shape.encoding)}"]
    words += [f"LC_COLLATE {literal(shape.collate)} LC_CTYPE {literal(shape.ctype)}"]
    if shape.provider == "i":
        words.append(f"LOCALE_PROVIDER icu ICU_LOCALE {literal(shape.icu_locale)}")
    return " ".join(words + ([f"OWNER {quoted(shape.owner)}"] if owner else []))


def properties(shape: Shape, name: str) -> Iterator[str]:
    """The statements that give it the settings and the rights of the original."""
    for setting in shape.settings:
        key, _, value = setting.partition("=")
        yield f"ALTER DATABASE {quoted(name)} SET {quoted(key)} TO {_value(key, value)}"
    if shape.grants is None:
        return
    yield f"REVOKE ALL ON DATABASE {quoted(name)} FROM PUBLIC"
    for role, privilege, may_hand_on in shape.grants:
        if privilege in _PRIVILEGES:
            to = quoted(role) if role else "PUBLIC"
            rest = " WITH GRANT OPTION" if may_hand_on else ""
            yield f"GRANT {privilege} ON DATABASE {quoted(name)} TO {to}{rest}"


def _value(key: str, value: str) -> str:
    """A list setting is stored as it was written, already quoted; everything else is one text."""
    return value if key in {"search_path", "session_preload_libraries", "temp_tablespaces"} else literal(value)
