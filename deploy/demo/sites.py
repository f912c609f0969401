"""The two customers of the demo."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Site:
    """One customer site: what `site add` is told. `tz` is an IANA zone, `language` a tag."""

    id: str
    name: str
    customer: str
    tz: str
    language: str


HOSPITAL = Site("seoul-hospital", "Seoul Hangang Hospital", "Hangang Medical Foundation", "Asia/Seoul", "ko")
CLINIC = Site("shanghai-clinic", "Shanghai Xuhui Clinic", "Xuhui Health Centre", "Asia/Shanghai", "zh-Hans")
SITES = (HOSPITAL, CLINIC)
