#!/usr/bin/env bash
# Installs the Debian packages of the named sets when they are missing; does nothing, and asks for nothing, otherwise.
# usage: deploy/system-packages.sh [list] run|test ...     (list: names them and installs nothing)
set -euo pipefail

# What the gateway itself uses: a virtual environment, unpacking of RAR, CAB and ISO, reading of scans and stamps, pages of the console.
run=(python3-venv fonts-dejavu-core fonts-liberation libarchive13t64 libjs-htmx libtesseract5 tesseract-ocr-vie)
# What the tests use beside it: real mail programs, a browser, a second opinion on documents, fault injection.
test=(age chromium curl faketime gcc haproxy libc6-dev libreoffice-calc-nogui libreoffice-impress-nogui libreoffice-writer-nogui python3-uno
  libnet-ssleay-perl libsasl2-modules msmtp mutt p7zip-full poppler-utils postfix postgresql prometheus qpdf sasl2-bin slapd strace swaks tesseract-ocr xmlsec1)

# Debian 12 has the library under its old name.
if ! apt-cache show libarchive13t64 >/dev/null 2>&1 && apt-cache show libarchive13 >/dev/null 2>&1; then
  run=("${run[@]/libarchive13t64/libarchive13}")
fi
# Without htmx the pages of the console work as well; Debian 12 does not have it.
apt-cache show libjs-htmx >/dev/null 2>&1 || run=("${run[@]/libjs-htmx/}")
# What the long runs of `make campaign` use beside that: a Debian and a container of their own, mail programs with windows.
campaign=(buildah debootstrap etcd-server npm patroni podman python3-etcd systemd-container thunderbird thunderbird-l10n-vi xdotool xvfb)

if [ "${1-}" = list ]; then
  shift
  for set in "$@"; do
    declare -n packages="$set"
    printf '%s\n' "${packages[@]}"
  done
  exit 0
fi

missing=()
for set in "$@"; do
  declare -n packages="$set"
  for package in "${packages[@]}"; do
    [ -n "$package" ] || continue
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Missing packages, and neither root nor sudo to install them: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing Debian packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# The tests start their own instances: a freshly installed server must not start by itself.
guard=/usr/sbin/policy-rc.d
if [ ! -e "$guard" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$guard" >/dev/null
  "${as_root[@]}" chmod 755 "$guard"
  trap '"${as_root[@]}" rm -f "$guard"' EXIT
fi
"${as_root[@]}" apt-get -o DPkg::Lock::Timeout=300 -qq update
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq -y --no-install-recommends install "${missing[@]}" >/dev/null
