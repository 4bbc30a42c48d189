#!/usr/bin/env bash
# Builds the image where no registry of images can be reached: packaging/build-image.sh [NAME:TAG]
# From nothing but this machine's Node 24 with the libraries that it needs, and the packages that `npm ci` installs. There is
# no shell in it. Files have one date, so that the same commit gives the same layers.
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:-margay:local}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

node=$(readlink -f "$(command -v node)")
[ "$("$node" -p 'process.versions.node.split(".")[0]')" -ge 24 ] || node=$(readlink -f "node_modules/node-linux-$("$node" -p process.arch)/bin/node")
mkdir -p "$root/usr/local/bin" "$root/etc" "$root/tmp" "$root/app"
chmod 1777 "$root/tmp"
cp "$node" "$root/usr/local/bin/node"
# Without the names of its inner functions it is 18 MB smaller.
if command -v strip > /dev/null; then strip "$root/usr/local/bin/node"; else echo 'No strip here (package binutils): the image is 18 MB larger.' >&2; fi
# What the program is linked with, and what names of hosts are looked up with.
{
  ldd "$node" | grep -oE '/[^ ]+'
  find /lib /usr/lib -name 'libnss_dns.so.2' -o -name 'libnss_files.so.2' -o -name 'libresolv.so.2' 2> /dev/null
} | sort -u | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
echo 'margay:x:10001:10001::/app:/sbin/nologin' > "$root/etc/passwd"
echo 'margay:x:10001:' > "$root/etc/group"
echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
  mkdir -p "$root/etc/ssl/certs" && cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
fi

# What is compiled, the pages of the dashboard, and the packages that they need: no sources, no tools, no types, no maps.
npm run -s build
git ls-files -z -- package.json package-lock.json '*/package.json' 'services/dashboard/*.html' 'services/dashboard/*.css' services/margay/bin ':!test/fences' | xargs -0 tar -cf - | tar -xf - -C "$root/app"
find libs services -name node_modules -prune -o -path '*/dist/*' -name '*.js' -print0 | tar -cf - --null -T - | tar -xf - -C "$root/app"
(cd "$root/app" && npm ci --omit=dev --omit=optional -w @margay/margay --ignore-scripts --no-audit --no-fund --loglevel=error)
packaging/only-what-runs.sh "$root"/app/node_modules "$root"/app/{libs,services}/*/node_modules
# What is in it, as CycloneDX, without what differs from one making to the next.
(cd "$root/app" && npm sbom --package-lock-only --omit=dev --omit=optional --sbom-format=cyclonedx) | "$node" packaging/stable-sbom.ts > "$root/app/sbom.cdx.json"
find "$root" -exec touch -h -d @0 {} +
DOCKER_BUILDKIT=0 docker build -q -t "$name" \
  --label org.opencontainers.image.title=Margay \
  --label "org.opencontainers.image.revision=$(git rev-parse HEAD)" \
  -f packaging/Dockerfile.offline "$root"
