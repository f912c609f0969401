#!/bin/sh
# Makes the agent's account, installs the units of this directory and opens the executor's socket. Run as root;
# again after each new version. It enrols nothing and starts no new agent: settings and enrolment come first.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
if [ "$here" != /opt/sitewarden ]; then
  echo "the units start /opt/sitewarden; this directory is $here" >&2
  exit 1
fi
cd "$here"
install -D -m 644 units/sitewarden.sysusers /etc/sysusers.d/sitewarden.conf
systemd-sysusers sitewarden.conf
install -d -m 755 /etc/sitewarden /usr/local/bin
ln -sf "$here/bin/sitewarden-agent" /usr/local/bin/sitewarden-agent
install -m 644 -t /etc/systemd/system units/*.service units/*.socket units/*.timer
# Every start of the executor is quicker by this. By hash: all files of a version have one and the same time.
"${SITEWARDEN_PYTHON:-python3}" -P -m compileall -q --invalidation-mode checked-hash agent remediation terminal wire
systemctl daemon-reload
systemctl enable --quiet --now sitewarden-executor.socket
systemctl enable --quiet sitewarden-patch-recover.service
[ ! -e /etc/sitewarden/backup.yaml ] || systemctl enable --quiet --now sitewarden-backup.timer
systemctl try-restart sitewarden-agent.service
echo "next: write /etc/sitewarden/agent.yaml, sitewarden-agent enrol TOKEN, systemctl enable --now sitewarden-agent"
echo "for backups: write /etc/sitewarden/backup.yaml, sitewarden-agent backup keys init, run this again"
