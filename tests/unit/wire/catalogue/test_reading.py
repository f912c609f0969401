"""A broken catalogue: every kind of fault is told with the line and column where it stands."""

from __future__ import annotations

import pytest

from wire.catalogue import host_catalogue, read_catalogue
from wire.catalogue.reading import decode_catalogue, encode_catalogue
from wire.errors import TextRefused

GOOD = """\
product: clinic
version: "7"
modules:
  - code: billing
    name: {en: Billing, ko: 수납, zh: 收费}
    errors:
      - code: BIL-1001
        level: 2
        title: {en: Payment failed, ko: 결제 실패, zh: 支付失败}
        match:
          - regex: 'payment (?P<order>\\d+) failed'
          - literal: "PAYMENT FAILED"
        identity: [order]
        clears_by: BIL-1002
        samples: ["payment 17 failed"]
      - code: BIL-1002
        level: 4
        title: {en: Payment works, ko: 결제 정상, zh: 支付正常}
        match: [{literal: payment ok}]
"""

FAULTS = [
    ("product: clinic\n", "", "1:1: product is missing"),
    ('version: "7"\n', "", "1:1: version is missing"),
    ("product: clinic", "product: ''", "1:10: product cannot be empty"),
    ("level: 2", "level: 5", "8:16: level is a whole number from 1 (the service is interrupted) to 4 (now and then)"),
    (
        "level: 2",
        "level: high",
        "8:16: level is a whole number from 1 (the service is interrupted) to 4 (now and then)",
    ),
    ("level: 2", "levle: 2", "8:9: levle is not known here"),
    ("        level: 2\n", "", "7:9: level is missing"),
    ("en: Payment failed, ", "", "9:16: en is missing"),
    ("en: Payment failed", "en: ''", "9:21: modules[0].errors[0].title.en cannot be empty"),
    ("code: BIL-1001", "code: BIL 1001", "7:15: a code is letters"),
    ("code: billing", "code: ''", "4:11: modules[0].code cannot be empty"),
    ('literal: "PAYMENT FAILED"', "glob: x*", "12:13: glob is not known here"),
    ('literal: "PAYMENT FAILED"', "literal: ''", "12:22: modules[0].errors[0].match[1].literal cannot be empty"),
    ('literal: "PAYMENT FAILED"', 'literal: "a\\nb"', "12:22: a literal is searched in one line"),
    ('literal: "PAYMENT FAILED"', "{}", "12:13: a match entry has either regex or literal"),
    ('literal: "PAYMENT FAILED"', "{regex: a, literal: b}", "12:21: a match entry has either regex or literal"),
    ("payment (?P<order>\\d+) failed", "payment (?P<order>\\d+", "11:20: not a regular expression: missing )"),
    ("payment (?P<order>\\d+) failed", "(?P<order>a)(?=b)", "11:20: look-around"),
    ("identity: [order]", "identity: [order, ward]", "13:27: no pattern of BIL-1001 has a group named ward"),
    ("identity: [order]", "identity: order", "13:19: modules[0].errors[0].identity is a list"),
    ("clears_by: BIL-1002", "clears_by: BIL-1003", "14:20: BIL-1003 is not another code of this module"),
    ("clears_by: BIL-1002", "clears_by: BIL-1001", "14:20: BIL-1001 is not another code of this module"),
    ("code: BIL-1001", "code: BIL-1002", "16:15: the code BIL-1002 stands twice"),
    ("match: [{literal: payment ok}]", "match: []", "16:9: BIL-1002 has no match entry and can never be found"),
    ("        match: [{literal: payment ok}]\n", "", "16:9: BIL-1002 has no match entry and can never be found"),
    ("match: [{literal: payment ok}]", "match: [{literal: ok}", "20:1: not YAML"),
    ("clears_by: BIL-1002", "clears_by: BIL-1002\n        clears_by: BIL-1002", "15:9: the key clears_by stands twice"),
    ("    name: {en: Billing, ko: 수납, zh: 收费}\n", "", "4:5: name is missing"),
]


def test_the_good_one_is_read_without_a_word() -> None:
    catalogue, warnings = read_catalogue(GOOD)
    assert warnings == []
    assert [error.code for _, error in catalogue.codes()] == ["BIL-1001", "BIL-1002"]
    assert read_catalogue(GOOD.encode()) == (catalogue, [])


@pytest.mark.parametrize(("old", "new", "said"), FAULTS)
def test_faults_with_their_places(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(TextRefused) as refused:
        read_catalogue(GOOD.replace(old, new, 1))
    assert any(line.startswith(said) for line in str(refused.value).splitlines()), str(refused.value)


def test_a_module_that_stands_twice() -> None:
    again = GOOD[GOOD.index("  - code: billing") :]
    with pytest.raises(TextRefused) as refused:
        read_catalogue(GOOD + again)
    assert str(refused.value) == "20:11: the module billing stands twice"


def test_no_module_at_all() -> None:
    with pytest.raises(TextRefused) as refused:
        read_catalogue("product: a\nversion: 1\nmodules: []\n")
    assert str(refused.value).startswith("3:10: modules cannot be empty")


def test_every_fault_is_told_at_once() -> None:
    broken = GOOD.replace("identity: [order]", "identity: [ward]").replace("clears_by: BIL-1002", "clears_by: NONE")
    broken = broken.replace("literal: payment ok", "regex: '(a'")
    with pytest.raises(TextRefused) as refused:
        read_catalogue(broken)
    assert [(fault.line, fault.column) for fault in refused.value.faults] == [(14, 20), (13, 20), (19, 25)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (", ko: 결제 실패", "", "9:16: BIL-1001 has no text in ko"),
        (", ko: 수납, zh: 收费", "", "5:11: billing has no text in ko, zh"),
        ("literal: payment ok", "regex: 'x*'", "19:25: the pattern matches every line, the empty one too"),
        ("literal: payment ok", "regex: '(a+c)+b'", "19:25: a repeat inside a repeat"),
    ],
)
def test_warnings_do_not_stop_it(old: str, new: str, said: str) -> None:
    assert old in GOOD
    _, warnings = read_catalogue(GOOD.replace(old, new, 1))
    assert [str(warning).startswith(said) for warning in warnings] == [True]


def test_the_built_in_catalogue_is_whole() -> None:
    host = host_catalogue()
    codes = {error.code: error for _, error in host.codes()}
    assert {module.code for module in host.modules} == {"HOST", "SITE", "COLLECTOR", "TRUST"}
    for error in codes.values():
        assert error.title.ko
        assert error.title.zh
        assert error.clears_by is None or error.clears_by in codes
    assert {"SITE-SILENT", "TRUST-TOKEN-REUSED", "HOST-DSK-0090"} <= set(codes)
    assert host_catalogue() is host


def test_only_the_built_in_product_may_go_without_patterns() -> None:
    text = GOOD.replace("match: [{literal: payment ok}]", "match: []")
    read_catalogue(text.replace("product: clinic", "product: host"))
    with pytest.raises(TextRefused):
        read_catalogue(text)


def test_it_is_stored_and_comes_back() -> None:
    catalogue, _ = read_catalogue(GOOD)
    assert decode_catalogue(encode_catalogue(catalogue)) == catalogue


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        ("{file: /opt/x/VERSION, regex: 'v(.*)'}", ""),
        ("{package: clinic}", ""),
        ("{url: 'http://127.0.0.1/v', regex: 'v(.*)'}", ""),
        ("{}", "exactly one of file, package and url"),
        ("{file: /x, package: y, regex: '(.)'}", "exactly one of file, package and url"),
        ("{file: /x}", "needs a regex"),
        ("{package: x, regex: '(.)'}", "one of a package has none"),
        ("{file: /opt/../etc/shadow, regex: '(.)'}", "without .."),
        ("{file: opt/x, regex: '(.)'}", "file"),
        ("{file: /x, regex: 'v.*'}", "has one group"),
        ("{file: /x, regex: '(v)(w)'}", "has one group"),
        ("{file: /x, regex: '(v+)+w'}", ""),
        ("{url: 'http://user:secret@x/', regex: '(.)'}", "url"),
        ("{command: ls}", "command is not known here"),
    ],
)
def test_how_a_version_may_be_found(probe: str, said: str) -> None:
    text = GOOD.replace("    errors:", f"    probes: [{probe}]\n    errors:", 1)
    if not said and "+)+" not in probe:
        assert len(read_catalogue(text)[0].modules[0].probes) == 1
        return
    with pytest.raises(TextRefused) as refused:
        read_catalogue(text)
    assert said in str(refused.value.faults[0])


def test_versions_are_an_order_and_none_stands_twice() -> None:
    assert read_catalogue(GOOD)[0].versions == []
    assert read_catalogue(GOOD + 'versions: ["1.0", spring]\n')[0].versions == ["1.0", "spring"]
    with pytest.raises(TextRefused) as refused:
        read_catalogue(GOOD + 'versions: ["1.0", spring, "1.0"]\n')
    assert "the version 1.0 stands twice" in str(refused.value)
