#!/usr/bin/env bash
# packaging/publish.sh against a registry of this machine, with keys of its own: everything that is published is verified as docs/releasing.md says, and what was
# changed, or signed by somebody else, is refused. Needs docker with the image, crane, cosign, helm and gpg; half a minute.
# IMAGE=margay:0.1.0 test/node/publish.sh
set -euo pipefail
: "${IMAGE:=margay:0.1.0}"
cd "$(dirname "$0")/../.."
run=$(mktemp -d)
trap 'kill "${server:-}" 2> /dev/null || true; gpgconf --kill all 2> /dev/null || true; rm -rf "$run"' EXIT
say() { echo "$(date -u +%T) $*"; }
fail() { say "FAILED: $*"; exit 1; }
refused() { if "$@" > "$run/refused" 2>&1; then fail "not refused: $*"; fi; say "refused: $(tail -1 "$run/refused" | cut -c1-160)"; }

registry=127.0.0.1:${PORT:=5055}
crane registry serve --address "$registry" --disk "$run" > "$run/registry.log" 2>&1 & server=$!
export GNUPGHOME=$run/gnupg COSIGN_PASSWORD=throw-away PLAIN_HTTP=yes
mkdir -m 700 "$GNUPGHOME"
for who in ours theirs; do
  gpg --batch --quiet --passphrase '' --quick-gen-key "$who <$who@example.org>" rsa3072 sign 1d 2> /dev/null
  gpg --batch --pinentry-mode loopback --passphrase '' --export-secret-keys "$who" > "$run/$who.secret"
  gpg --export "$who" > "$run/$who.public"
  (cd "$run" && cosign generate-key-pair --output-key-prefix "$who" 2> /dev/null)
done
HELM_KEY=ours HELM_KEYRING=$run/ours.secret COSIGN_KEY=$run/ours.key packaging/publish.sh "$IMAGE" "$registry" > "$run/published" 2> "$run/publish.log" || { cat "$run/publish.log"; fail 'publish.sh'; }
cat "$run/published"
image=$(head -1 "$run/published") chart=$(tail -1 "$run/published")
version=$(sed -n 's/^version: //p' charts/margay/Chart.yaml)

verify=(--insecure-ignore-tlog --allow-http-registry)
cosign verify "${verify[@]}" --key "$run/ours.pub" "$image" > /dev/null 2>&1 || fail 'the image'
cosign verify "${verify[@]}" --key "$run/ours.pub" "$chart" > /dev/null 2>&1 || fail 'the chart'
attested() { # type
  cosign verify-attestation "${verify[@]}" --key "$run/ours.pub" --type "$1" "$image" 2> /dev/null | node -p "JSON.parse(Buffer.from(JSON.parse(require('fs').readFileSync(0)).payload, 'base64')).predicate.$2"
}
say "components in the SBOM: $(attested cyclonedx components.length)"
revision=$(attested slsaprovenance1 buildDefinition.externalParameters.revision)
git cat-file -e "$revision^{commit}" || fail "the provenance names no commit: $revision"
say "made of commit $revision"
helm pull --plain-http --verify --keyring "$run/ours.public" -d "$run" "oci://$registry/charts/margay" --version "$version" > /dev/null 2>&1 || fail 'helm pull --verify'
helm verify --keyring "$run/ours.public" "$run/margay-$version.tgz" | head -1
for file in values.schema.json templates/NOTES.txt; do
  tar -xOf "$run/margay-$version.tgz" "margay/$file" | cmp - "charts/margay/$file"
done

refused cosign verify "${verify[@]}" --key "$run/theirs.pub" "$image"
refused helm verify --keyring "$run/theirs.public" "$run/margay-$version.tgz"
# Another image under the tag that was signed.
crane mutate --insecure "$image" --label changed=yes -t "$registry/margay:$version" > /dev/null 2>&1
refused cosign verify "${verify[@]}" --key "$run/ours.pub" "$registry/margay:$version"
printf x >> "$run/margay-$version.tgz"
refused helm verify --keyring "$run/ours.public" "$run/margay-$version.tgz"
say passed
