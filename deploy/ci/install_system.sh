#!/usr/bin/env bash
# Installs those packages of system_packages.txt that are missing (Debian, as root).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

missing=()
while read -r name; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null || true)" = installed ] || missing+=("$name")
done < <(grep -v '^#' "$here/system_packages.txt")
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
  echo "these packages are missing, and installing them takes root: apt-get install ${missing[*]}" >&2
  exit 1
fi
echo "installing ${missing[*]}"
# What is installed is for tests alone: no service of it starts. A policy that was there before stays.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
