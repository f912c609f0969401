#!/bin/sh
# Starts the agent of this directory with SITEWARDEN_PYTHON, or with python3. What it depends on lies in lib/.
# -P: the current directory is no place to import from. The directory stays as its manifest says it.
here=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
PYTHONPATH="$here:$here/lib" PYTHONDONTWRITEBYTECODE=1 exec "${SITEWARDEN_PYTHON:-python3}" -P -m agent "$@"
