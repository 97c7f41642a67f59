#!/usr/bin/env bash
# Builds dist/congvu-gateway_VERSION_ARCHITECTURE.deb for the Debian release that this machine runs.
# usage: deploy/debian/build.sh [VERSION]     (`make deb` sees to uv first)
set -euo pipefail
cd "$(dirname "$0")/../.."
umask 022

uv=.venv/bin/uv
here=deploy/debian
version=${1:-$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)}
# The modules are built for one minor version of Python, so the package is for the release that has it.
read -r this next < <(/usr/bin/python3 -c 'import sys; a, b = sys.version_info[:2]; print(f"{a}.{b} {a}.{b + 1}")')
depends="python3 (>= $this), python3 (<< $next~), openssl, systemd-standalone-sysusers | systemd-sysusers"
for package in $(deploy/system-packages.sh list run); do
  [ "$package" = python3-venv ] || depends+=", $package"
done

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
program=$root/opt/gateway/.venv
# The modules in an environment that may stand anywhere, and nothing of the machine's own.
"$uv" venv -q --relocatable --python /usr/bin/python3 "$program"
"$uv" pip install -q --python "$program/bin/python" --link-mode copy --compile-bytecode --require-hashes -r requirements-cluster.lock
"$uv" pip install -q --python "$program/bin/python" --link-mode copy --compile-bytecode --no-deps .

install -d "$root"/{usr/bin,DEBIAN,opt/gateway/docs}
ln -s /opt/gateway/.venv/bin/gateway "$root/usr/bin/gateway"
install -m 0644 README.md CHANGELOG.md "$root/opt/gateway"
install -m 0644 docs/*.md "$root/opt/gateway/docs"
# What the guide has people copy; units are where systemd finds them.
for folder in grafana haproxy patroni postfix prometheus sendmail systemd/gateway.service.d; do
  install -D -m 0644 -t "$root/opt/gateway/deploy/$folder" "deploy/$folder"/*
done
install -D -m 0644 -t "$root/usr/share/doc/congvu-gateway" $here/copyright
install -D -m 0644 -t "$root/usr/lib/sysusers.d" $here/congvu-gateway.conf

units=$root/usr/lib/systemd/system
install -D -m 0644 -t "$units" deploy/systemd/*.{service,socket,timer}
drop_ins=(deploy/systemd/gateway.service.d/low-ports.conf)
[ "$(. /etc/os-release && echo "${VERSION_ID-}")" != 12 ] || drop_ins+=(deploy/systemd/gateway.service.d/debian-12.conf)
install -D -m 0644 -t "$units/gateway.service.d" "${drop_ins[@]}"

install -D -m 0644 -t "$root/etc/gateway" deploy/gateway.yaml deploy/gateway.schema.json $here/directory.yaml
install -D -m 0644 -t "$root/etc/gateway/certs" certs/README.md certs/manifest.yaml certs/*.cer
(cd "$root" && find etc -type f | sed 's|^|/|' | sort) >"$root/DEBIAN/conffiles"

install -m 0755 $here/{postinst,prerm,postrm} "$root/DEBIAN"
(cd "$root" && find . -type f -not -path './DEBIAN/*' -printf '%P\0' | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
cat >"$root/DEBIAN/control" <<CONTROL
Package: congvu-gateway
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: Cong thu cong vu <root@localhost>
Section: mail
Priority: optional
Installed-Size: $(du -sk "$root" | cut -f1)
Depends: $depends
Recommends: systemd, rsync, openssh-client
Description: outbound mail gateway and policy milter for Vietnamese public offices
 Stands between mail clients and the city's mail server, reads every document in
 every mail, and judges it by the regulation on official e-mail (Decision
 7600/QD-UBND): what passes is relayed byte for byte, the rest is refused with a
 reason that a clerk can act on. Guide: /opt/gateway/docs/admin-guide.vi.md
CONTROL

mkdir -p dist
rm -f dist/congvu-gateway_*.deb
deb=dist/congvu-gateway_${version}_$(dpkg --print-architecture).deb
dpkg-deb --root-owner-group -Zzstd --build "$root" "$deb" >/dev/null
echo "$deb"
