#!/bin/sh
# Makes the agent's account, installs the units of this directory and opens the executor's socket. Run as root;
# again after each new version. It starts no agent: settings and enrolment come first.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
if [ "$here" != /opt/sitewarden ]; then
  echo "the units start /opt/sitewarden; this directory is $here" >&2
  exit 1
fi
install -D -m 644 "$here/units/sitewarden.sysusers" /etc/sysusers.d/sitewarden.conf
systemd-sysusers
install -d -m 755 /etc/sitewarden
install -D -m 644 -t /etc/systemd/system \
  "$here/units/sitewarden-agent.service" "$here/units/sitewarden-executor.service" "$here/units/sitewarden-executor.socket"
ln -sf "$here/bin/sitewarden-agent" /usr/local/bin/sitewarden-agent
systemctl daemon-reload
systemctl enable --now sitewarden-executor.socket
echo "next: write /etc/sitewarden/agent.yaml, sitewarden-agent enrol TOKEN, systemctl enable --now sitewarden-agent"
