"""`sitewarden`: what the vendor does at the desk."""

from __future__ import annotations

import sys
from pathlib import Path

from deploy.desk import agent_build, catalogue_check, demo
from deploy.desk.commands import (
    bundle_get,
    catalogue_compile,
    catalogue_diff,
    catalogue_export,
    catalogue_import,
    catalogue_suggest,
    catalogue_test,
    inspect_,
    key_new,
    key_show,
    login,
    logout,
    patch_build,
    patch_inspect,
    patch_publish,
    patch_sign,
    patch_verify,
    repo_add,
    repo_bundle,
    repo_delegate,
    repo_init,
    repo_publish,
    repo_renew,
    repo_rotate,
    repo_sign,
    repo_status,
    repo_withdraw,
    request_actions,
    request_new,
    request_send,
    request_sign,
    request_status,
    sign,
    verify,
    whoami,
)
from terminal import Command, run
from wire.sentence import sentence

COMMANDS: tuple[Command, ...] = (
    agent_build.COMMAND,
    bundle_get.COMMAND,
    catalogue_check.COMMAND,
    catalogue_compile.COMMAND,
    catalogue_diff.COMMAND,
    catalogue_export.COMMAND,
    catalogue_import.COMMAND,
    catalogue_suggest.COMMAND,
    catalogue_test.COMMAND,
    demo.COMMAND,
    inspect_.COMMAND,
    key_new.COMMAND,
    key_show.COMMAND,
    login.COMMAND,
    logout.COMMAND,
    patch_build.COMMAND,
    patch_inspect.COMMAND,
    patch_publish.COMMAND,
    patch_sign.COMMAND,
    patch_verify.COMMAND,
    repo_add.COMMAND,
    repo_bundle.COMMAND,
    repo_delegate.COMMAND,
    repo_init.COMMAND,
    repo_publish.COMMAND,
    repo_renew.COMMAND,
    repo_rotate.COMMAND,
    repo_sign.COMMAND,
    repo_status.COMMAND,
    repo_withdraw.COMMAND,
    request_actions.COMMAND,
    request_new.COMMAND,
    request_send.COMMAND,
    request_sign.COMMAND,
    request_status.COMMAND,
    sign.COMMAND,
    verify.COMMAND,
    whoami.COMMAND,
)
LOCALE = Path(__file__).parent / "locale"


def main() -> int:
    """The console script."""
    return run("sitewarden", sentence("the vendor's desk of Sitewarden"), COMMANDS, LOCALE)


if __name__ == "__main__":
    sys.exit(main())
