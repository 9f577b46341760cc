#!/bin/sh
# Installs the Debian packages named as arguments. Runs as root.
#
# A package's service does not start by itself, neither now nor at the next boot: NoduleLab starts its own Orthanc and
# leaves any other alone. While packages are set up, a policy (invoke-rc.d, /usr/sbin/policy-rc.d) denies the start of
# services; what was there before is put back in every case. A service that was installed before is not touched.
set -eu
export DEBIAN_FRONTEND=noninteractive

services='orthanc postgresql'
policy=${NODULELAB_POLICY_FILE:-/usr/sbin/policy-rc.d}
saved=$policy.before-nodulelab
mark='# written by NoduleLab for the time of one installation'

restore() {
  if [ -f "$policy" ] && grep -qF "$mark" "$policy"; then rm -f "$policy"; fi
  if [ -e "$saved" ]; then mv "$saved" "$policy"; fi
}
restore # what an installation that was cut off by force may have left
trap restore EXIT
trap 'exit 130' INT TERM HUP

denied() {
  [ -x "$policy" ] || return 1
  answer=0
  "$policy" orthanc start >/dev/null 2>&1 || answer=$?
  [ "$answer" -eq 101 ]
}
if ! denied; then
  if [ -e "$policy" ]; then mv "$policy" "$saved"; fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
  chmod 755 "$policy"
fi

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'; }
fresh=
for service in $services; do
  if ! installed "$service"; then fresh="$fresh $service"; fi
done

install() { apt-get install -y -q --no-install-recommends "$@"; }
# The lists may be absent or old: fetch them only then.
if ! install "$@"; then
  apt-get update -q
  install "$@"
fi

for service in $fresh; do
  if ! installed "$service"; then continue; fi
  if command -v systemctl >/dev/null; then systemctl disable "$service" || true; fi
  if command -v update-rc.d >/dev/null; then update-rc.d "$service" disable || true; fi
done
