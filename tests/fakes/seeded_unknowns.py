"""Unknown errors of a small fleet, for the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from collector.unknowns import repository
from tests.builders import an_unknown_error
from tests.fakes.seeded_console import Seeds
from wire.fingerprint import OVERFLOW, template_fingerprint

SEEN: tuple[tuple[str, str, tuple[str, ...], int], ...] = (
    (
        "ERROR lab.gateway: order <*> for ward <*> not accepted by <address>: timeout after <*> ms",
        "09:12:44 ERROR lab.gateway: order 88120 for ward 7 not accepted by 10.0.4.17: timeout after 30000 ms",
        ("daejeon", "chengchuan", "busan"),
        31,
    ),
    (
        "오류: 처방 <*> 저장 실패 - 잠금 대기 시간 초과",
        "오류: 처방 20261124-0031 저장 실패 - 잠금 대기 시간 초과",
        ("daejeon", "busan"),
        412,
    ),
    ("FATAL 连接医保平台失败: <path> 返回 <*>", "FATAL 连接医保平台失败: /api 返回 503", ("chengchuan",), 96),
    (
        "org.clinic.report.PdfException: font <path> is not readable",
        "org.clinic.report.PdfException: font /usr/share/fonts/x.ttf is not readable\n\tat Pdf.open(Pdf.java:17)",
        ("daejeon",),
        3,
    ),
    (OVERFLOW, "", ("busan",), 12_904),
)  # fmt: skip


def seed_unknowns(seeds: Seeds, **changed: Any) -> None:
    """Two weeks of them."""
    now = seeds.now()
    with seeds.store.writing() as connection:
        for number, (template, sample, sites, count) in enumerate(SEEN):
            for ago in range(0, 14, number + 1):
                at = now - timedelta(days=ago, minutes=5 + number)
                error = an_unknown_error(
                    **{
                        "template": template,
                        "fingerprint": template_fingerprint("clinic", template),
                        "sample": sample,
                        "severity": "ERROR" if sample else "",
                        "source": "/var/log/his/lis-gw.log",
                        "count": max(1, count * (14 - ago) // 14 * ((ago * 7) % 5 + 1) // 5),
                        "first_at": at,
                        "last_at": at,
                        **changed,
                    }
                )
                for site in sites:
                    repository.take(connection, site, [error], at)
