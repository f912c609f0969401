"""The files of a job's patch, by its layout."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from remediation.executor.patches.jobs import Job
from remediation.patch.layouts.in_place import InPlace
from remediation.patch.layouts.none import NoFiles
from remediation.patch.layouts.port import Files
from remediation.patch.layouts.releases import Releases
from remediation.patch.manifest import Layout, Manifest

NAME_CHARS: Final = 32  # of a digest, as the name of a folder


def files_for(manifest: Manifest, job: Job) -> Files:
    """What exchanges the files; the same for every process that has to do with the job."""
    if not manifest.files:
        return NoFiles()
    root = Path(manifest.root)
    if manifest.layout is Layout.RELEASES:
        return Releases(manifest, root=root, old=job.old, new=job.new)
    return InPlace(manifest, root=root, name=job.digest[:NAME_CHARS])
