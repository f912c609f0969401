"""Services that a boot must not start while the product is half changed.

One file says that they are held (`HELD`, in the folder of the patches). A unit of systemd gets a drop-in whose
condition is that this file is not there: systemd then leaves it alone, whoever asks, and says why. The order makes
it safe at each point of a crash: to hold, first the drop-ins and then the file; to let go, first the file. A drop-in
that is left over does nothing.

A service that is started by an argument list has no such condition: whoever starts it at boot has to ask for the
file (`test ! -e`), which the patch's notes say; our own start asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from remediation.durable import flush_folder, write_durably
from remediation.patch.manifest import Service

HELD: Final = "held"
DROP_INS: Final = Path("/etc/systemd/system")
DROP_IN: Final = "50-sitewarden-patch.conf"
READABLE: Final = 0o644


class Holding:
    """The hold on all services of this host. `reload` tells the service manager that its files have changed."""

    def __init__(self, folder: Path, reload: Callable[[], None], drop_ins: Path = DROP_INS) -> None:
        self.file = folder / HELD
        self._reload = reload
        self._drop_ins = drop_ins

    @property
    def is_held(self) -> bool:
        """Whether services may not start."""
        return self.file.exists()

    def hold(self, services: Sequence[Service]) -> None:
        """Nobody starts them from here on, durably."""
        units = [service.unit for service in services if service.unit is not None]
        for unit in units:
            self._write(unit)
        if units:
            self._reload()
        write_durably(self.file, b"a patch is being applied or taken back\n", mode=READABLE)

    def let_go(self, services: Sequence[Service]) -> None:
        """They may start again, durably."""
        self.file.unlink(missing_ok=True)
        flush_folder(self.file.parent)
        removed = [self._remove(service.unit) for service in services if service.unit is not None]
        if any(removed):
            self._reload()

    def _write(self, unit: str) -> None:
        folder = self._drop_ins / f"{unit}.d"
        if not folder.exists():
            folder.mkdir(parents=True, mode=0o755)
            flush_folder(folder.parent)
        path = str(self.file).replace("%", "%%")
        write_durably(folder / DROP_IN, f"[Unit]\nConditionPathExists=!{path}\n".encode(), mode=READABLE)

    def _remove(self, unit: str) -> bool:
        file = self._drop_ins / f"{unit}.d" / DROP_IN
        if not file.exists():
            return False
        file.unlink()
        flush_folder(file.parent)
        return True
