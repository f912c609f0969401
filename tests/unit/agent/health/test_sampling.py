from __future__ import annotations

from agent.health.disks import DiskProbe
from agent.health.sampling import Sampler
from agent.settings.model import WatchedProcess
from wire.messages import EXAMPLE_TIME, Disk, decode_record, encode_record


def test_a_sample_of_this_host_goes_over_the_wire() -> None:
    disks = [Disk(mount="/", size_bytes=1, used_percent=50.0)]
    sampler = Sampler(disks=DiskProbe(lambda: disks))
    sample = sampler.sample([WatchedProcess(name="none", command="\x00 never")], EXAMPLE_TIME)
    assert decode_record(encode_record(sample.health)) == sample.health
    assert sample.health.disks == disks
    assert sample.members == {"none": frozenset()}
