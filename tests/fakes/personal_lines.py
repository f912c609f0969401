"""Log lines with values that must not leave, and look-alikes that should stay.

Written without a look at the detectors: values are counted out digit by digit, never matched, and nothing
is imported from the agent. The same seed gives the same lines.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

FULL_WIDTH = {ord(str(digit)): 0xFF10 + digit for digit in range(10)} | {ord("-"): 0xFF0D}
BEFORE = (
    "접수 오류 환자 ",
    "挂号失败 ",
    "ERROR save failed for ",
    "user=",
    '{"v":"',
    "예약(",
    "病人\uff1a",
    "[",
    "값=",
    "",
)
AFTER = (" 처리 실패", " 超时", " not found", " code=7", '"}', ")", "。", "]", ", retry 3", "")


@dataclass(frozen=True)
class Planted:
    """`line` holds `value`, spelled as `written`, which must be gone from what is stored."""

    kind: str
    spelling: str
    line: str
    written: str
    value: str


class Writer:
    """One stream of lines."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)

    def digits(self, count: int) -> str:
        return "".join(str(self.dice.randrange(10)) for _ in range(count))

    def letters(self, count: int, alphabet: str = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789") -> str:
        return "".join(self.dice.choice(alphabet) for _ in range(count))

    def day(self) -> datetime:
        return datetime(1930, 1, 1, tzinfo=UTC) + timedelta(days=self.dice.randrange(34_900))

    # -- numbers -------------------------------------------------------------------------------

    def korean_identity(self) -> tuple[str, list[str]]:
        day = self.day()
        is_foreign = self.dice.random() < 0.2
        century = (5 if is_foreign else 1) + (2 if day.year >= 2000 else 0) + self.dice.randrange(2)
        front, back = day.strftime("%y%m%d"), f"{century}{self.digits(5)}"
        total, weight = 0, 2
        for digit in front + back:
            total += weight * int(digit)
            weight = 2 if weight == 9 else weight + 1
        check = str(((13 if is_foreign else 11) - total % 11) % 10)
        back += self.digits(1) if self.dice.random() < 0.5 else check  # since October 2020 it is chance
        return front + back, [front + back, f"{front}-{back}", f"{front} {back}", f"{front} - {back}"]

    def chinese_identity(self) -> tuple[str, list[str]]:
        front = f"{self.dice.choice('123456')}{self.digits(5)}"
        day, rest = self.day().strftime("%Y%m%d"), self.digits(3)
        carry = 0
        for digit in front + day + rest:
            carry = (carry + int(digit)) * 2 % 11
        check = (12 - carry) % 11
        rest += "X" if check == 10 else str(check)
        value = front + day + rest
        return value, [value, f"{front} {day} {rest}", f"{front}-{day}-{rest}", value.lower()]

    def korean_mobile(self) -> tuple[str, list[str]]:
        middle, last = str(self.dice.randrange(2000, 10000)), self.digits(4)
        written = [f"010{middle}{last}", f"010-{middle}-{last}", f"010 {middle} {last}", f"010.{middle}.{last}"]
        written += [f"+82-10-{middle}-{last}", f"+82 10 {middle} {last}", f"+8210{middle}{last}"]
        return f"10{middle}{last}", [*written, f"0082-10-{middle}-{last}", f"(010){middle}-{last}"]

    def korean_line(self) -> tuple[str, list[str]]:
        area = self.dice.choice(["2", "31", "32", "41", "42", "51", "53", "62", "64", "70"])
        middle, last = str(self.dice.randrange(200, 10000)), self.digits(4)
        written = [f"0{area}-{middle}-{last}", f"(0{area}) {middle}-{last}", f"0{area}) {middle}-{last}"]
        return f"{area}{middle}{last}", [*written, f"+82-{area}-{middle}-{last}"]

    def chinese_mobile(self) -> tuple[str, list[str]]:
        front = self.dice.choice(["130", "135", "138", "139", "150", "159", "166", "176", "186", "189", "199"])
        middle, last = self.digits(4), self.digits(4)
        written = [f"{front}{middle}{last}", f"{front}-{middle}-{last}", f"{front} {middle} {last}"]
        return f"{front}{middle}{last}", [*written, f"+86 {front} {middle} {last}", f"+86-{front}{middle}{last}"]

    def chinese_line(self) -> tuple[str, list[str]]:
        area, line = self.dice.choice(["020", "021", "0755", "0571", "028"]), f"8{self.digits(7)}"
        return area + line, [f"{area}-{line}", f"({area}) {line}", f"+86-{area[1:]}-{line}"]

    def card(self) -> tuple[str, list[str]]:
        front = self.dice.choice(["4", "51", "55", "2221", "6011", "6212", "9410", "3528"])
        number = front + self.digits(15 - len(front))
        check = next(digit for digit in "0123456789" if _card_sum(number + digit) % 10 == 0)
        number += check
        groups = [number[at : at + 4] for at in range(0, 16, 4)]
        return number, [number, "-".join(groups), " ".join(groups)]

    # -- secrets -------------------------------------------------------------------------------

    def password(self) -> tuple[str, list[str]]:
        value = self.letters(self.dice.randrange(6, 20)) + self.dice.choice(["!", "#7", "*", "가", "密", "?a"])
        return value, [value]

    def jwt(self) -> str:
        head = base64.urlsafe_b64encode(b'{"alg":"HS256","n":"%d"}' % self.dice.randrange(10**6)).decode().rstrip("=")
        return f"{head}.{self.letters(40)}.{self.letters(43)}"

    def pem(self) -> str:
        kind = self.dice.choice(["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"])
        raw = base64.b64encode(self.dice.randbytes(self.dice.randrange(200, 900))).decode()
        rows = [raw[at : at + 64] for at in range(0, len(raw), 64)]
        return "\n".join([f"-----BEGIN {kind}-----", *rows, f"-----END {kind}-----"])


def _card_sum(number: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(number)):
        worth = int(digit) * (1 + place % 2)
        total += worth // 10 + worth % 10
    return total


def _spaced(written: str) -> str:
    plain = "".join(letter for letter in written if letter.isalnum())
    return " ".join(plain)


def _json(written: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" if letter.isdigit() else letter for letter in written)


def _percent(written: str) -> str:
    return "".join(f"%{byte:02X}" for byte in written.encode())


def _double_percent(written: str) -> str:
    return _percent(written).replace("%", "%25")


def _dashes(written: str) -> str:
    return written.replace("-", "\u2013").replace(" ", "\u00a0")


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda written: written,
    "full width": lambda written: written.translate(FULL_WIDTH),
    "spaced": _spaced,
    "json": _json,
    "percent": _percent,
    "percent twice": _double_percent,
    "typographic": _dashes,
}
SECRET_LINES: dict[str, str] = {
    "form": "login password={} user=kim",
    "form and": "POST /login?user=kim&passwd={}&lang=ko",
    "json": '{{"user":"kim","password":"{}","lang":"ko"}}',
    "json spaced": '{{ "user_password" : "{}", "lang": "ko" }}',
    "json in json": '{{"body":"{{\\"pwd\\":\\"{}\\",\\"lang\\":\\"ko\\"}}"}}',
    "single quotes": "{{'passwd': '{}', 'lang': 'ko'}}",
    "korean": "비밀번호: {} 입력",
    "korean spoken": "비밀번호는 {} 입니다",
    "chinese": "密码\uff1a{} 错误",
    "connection": "Server=db;User Id=sa;Password={};Database=his",
    "option": "mysqldump --password {} his",
    "option equals": "mysqldump --password={} his",
    "element": "<auth><password>{}</password></auth>",
    "address": "postgresql://his:{}@db.example/his",
    "basic": "Authorization: Basic {}",
    "bearer": "> authorization: Bearer {}",
    "api key": "X-Api-Key: {}",
    "sql": "CREATE USER his IDENTIFIED BY '{}'",
    "yaml": "client_secret: {}",
    "arrow": '[:password=>"{}"]',
}
# Fixed lines are known by the gaps between their groups: without these they are order numbers. Documented.
MISSED = {("korean_line", "spaced"), ("chinese_line", "spaced")}
NUMBERS = (
    "korean_identity",
    "chinese_identity",
    "korean_mobile",
    "korean_line",
    "chinese_mobile",
    "chinese_line",
    "card",
)


def planted(seed: int, count: int) -> Iterator[Planted]:
    """So many lines, every kind in every spelling in turn."""
    writer = Writer(seed)
    numbers = [(kind, spelling) for kind in NUMBERS for spelling in SPELLINGS if (kind, spelling) not in MISSED]
    secrets = [("password", shape) for shape in SECRET_LINES]
    kinds = [*numbers, *secrets, ("jwt", "plain"), ("cloud key", "plain"), ("record number", "plain")]
    for at in range(count):
        kind, spelling = kinds[at % len(kinds)]
        yield _one(writer, kind, spelling)


def _one(writer: Writer, kind: str, spelling: str) -> Planted:
    before, after = writer.dice.choice(BEFORE), writer.dice.choice(AFTER)
    if kind in NUMBERS:
        value, forms = getattr(writer, kind)()
        written = SPELLINGS[spelling](writer.dice.choice(forms))
        return Planted(kind, spelling, f"{before}{written}{after}", written, value)
    if kind == "password":
        value = writer.letters(24) if spelling in {"basic", "bearer", "address"} else writer.password()[0]
        return Planted(kind, spelling, SECRET_LINES[spelling].format(value), value, value)
    if kind == "jwt":
        value = writer.jwt()
        return Planted(kind, spelling, f"{before}{value}{after}", value, value)
    if kind == "cloud key":
        value = "AKIA" + writer.letters(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        return Planted(kind, spelling, f"key {value} used", value, value)
    value = writer.digits(8)
    name = writer.dice.choice(["환자번호: {}", "chart_no={}", '"mrn":"{}"', "病历号\uff1a{}", "MRN {}"])
    return Planted(kind, spelling, f"{writer.dice.choice(BEFORE[:4])}{name.format(value)} x", value, value)


LOOK_ALIKES: dict[str, Callable[[Writer], str]] = {
    "13 digits": lambda writer: writer.digits(13),
    "18 digits": lambda writer: writer.digits(18),
    "16 digits": lambda writer: writer.digits(16),
    "11 digits": lambda writer: writer.digits(11),
    "order number": lambda writer: f"ORD-2026{writer.digits(4)}-{writer.digits(6)}",
    "milliseconds": lambda writer: str(1_760_000_000_000 + writer.dice.randrange(30_000_000_000)),
    "microseconds": lambda writer: str(1_760_000_000_000_000 + writer.dice.randrange(30_000_000_000_000)),
    "time": lambda writer: (writer.day() + timedelta(milliseconds=writer.dice.randrange(86_400_000))).isoformat(" "),
    "compact time": lambda writer: writer.day().strftime("%Y%m%d-%H:%M:%S:") + writer.digits(3),
    "address": lambda writer: ".".join(str(writer.dice.randrange(256)) for _ in range(4)) + ":8080",
    "uuid": lambda writer: "-".join(writer.dice.randbytes(size).hex() for size in (4, 2, 2, 2, 6)),
    "hash": lambda writer: writer.dice.randbytes(writer.dice.choice([16, 20, 32])).hex(),
    "pointer": lambda writer: f"0x{writer.dice.randbytes(8).hex()}",
    "version": lambda writer: f"{writer.dice.randrange(20)}.{writer.dice.randrange(40)}.{writer.dice.randrange(9000)}",
    "float": lambda writer: repr(writer.dice.random()),
    "words": lambda writer: writer.dice.choice(
        ["Failed password for root from", "using password: YES", "unexpected token: ;", "session opened for user",
         "password incorrect", "암호화 완료", "비밀번호가 일치하지 않습니다", "basic authentication failed",
         "PRIVATE KEY missing"]
    ),
}  # fmt: skip


def look_alikes(seed: int, count: int) -> Iterator[tuple[str, str, str]]:
    """So many (kind, line, value): nothing in them is a person's."""
    writer = Writer(seed)
    kinds = list(LOOK_ALIKES)
    for at in range(count):
        kind = kinds[at % len(kinds)]
        value = LOOK_ALIKES[kind](writer)
        yield kind, f"{writer.dice.choice(BEFORE[2:4])}{value} after {writer.dice.randrange(900)} ms", value
