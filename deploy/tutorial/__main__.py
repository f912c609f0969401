"""`python -m deploy.tutorial PAGE...`: exit 0 when every page holds."""

from __future__ import annotations

import sys
from pathlib import Path

from deploy.tutorial.page import PageRefused, read_page
from deploy.tutorial.runner import StepFailed, run_page


def main(pages: list[str]) -> int:
    """Run the pages in their order; 1 for a step that fails, 2 for a page that cannot be read."""
    for page in pages:
        try:
            steps = read_page(Path(page).read_text())
            run_page(steps, sys.stdout.write)
        except StepFailed as failure:
            sys.stderr.write(f"{page}: {failure}\n")
            return 1
        except (PageRefused, OSError, UnicodeDecodeError) as problem:
            sys.stderr.write(f"{page}: {problem}\n")
            return 2
        sys.stdout.write(f"{page}: {len(steps)} steps hold\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
