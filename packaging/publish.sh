#!/usr/bin/env bash
# Publishes a release to a registry, signed: the image with its SBOM and its provenance as attestations, and the chart with its provenance file. By digest, so that
# nothing that comes between is signed.
#   packaging/publish.sh IMAGE REGISTRY
# IMAGE is in the local Docker daemon (packaging/build-image.sh), REGISTRY a host and a path. Needs docker, crane, cosign, helm and gpg, and in the environment:
#   COSIGN_KEY, COSIGN_PASSWORD   a key that `cosign generate-key-pair` made, or what else cosign takes as --key
#   HELM_KEY, HELM_KEYRING        the name of an OpenPGP key, and a file of secret keys that has it
#   PLAIN_HTTP=yes                for a registry without TLS, on this machine
#   TRANSPARENCY_LOG=true         to have cosign tell its public log, too
set -euo pipefail
image=${1:?image} registry=${2:?registry}
: "${COSIGN_KEY:?}" "${HELM_KEY:?}" "${HELM_KEYRING:?}"
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(sed -n 's/^version: //p' charts/margay/Chart.yaml)
insecure=() plain=() http=()
if [ "${PLAIN_HTTP:-}" = yes ]; then insecure=(--insecure) plain=(--plain-http) http=(--allow-http-registry); fi
signing=(--yes --key "$COSIGN_KEY" --tlog-upload="${TRANSPARENCY_LOG:-false}" "${http[@]}")

docker save "$image" -o "$work/image.tar"
pushed=$(crane push "${insecure[@]}" "$work/image.tar" "$registry/margay:$version")
cosign sign "${signing[@]}" "$pushed"
crane export "${insecure[@]}" "$pushed" - | tar -xOf - app/sbom.cdx.json > "$work/sbom.json"
cosign attest "${signing[@]}" --type cyclonedx --predicate "$work/sbom.json" "$pushed"
# What it was made of, as SLSA has it: whoever builds the same commit with the same Node has the same layers.
revision=$(docker inspect -f '{{ index .Config.Labels "org.opencontainers.image.revision" }}' "$image")
cat > "$work/provenance.json" << JSON
{
  "buildDefinition": {
    "buildType": "https://margay.io/packaging/build-image.sh",
    "externalParameters": { "revision": "$revision" },
    "resolvedDependencies": [
      { "uri": "git+$(git config --get remote.origin.url || echo local)", "digest": { "gitCommit": "$revision" } },
      { "uri": "package-lock.json", "digest": { "sha256": "$(git show "$revision:package-lock.json" | sha256sum | cut -d' ' -f1)" } }
    ]
  },
  "runDetails": { "builder": { "id": "https://margay.io/packaging/publish.sh" } }
}
JSON
cosign attest "${signing[@]}" --type slsaprovenance1 --predicate "$work/provenance.json" "$pushed"

helm package --sign --key "$HELM_KEY" --keyring "$HELM_KEYRING" -d "$work" charts/margay < "${HELM_PASSPHRASE_FILE:-/dev/null}" > /dev/null
helm push "${plain[@]}" "$work/margay-$version.tgz" "oci://$registry/charts" 2> "$work/pushed"
chart=$registry/charts/margay@$(sed -n 's/^Digest: //p' "$work/pushed")
cosign sign "${signing[@]}" "$chart"
echo "$pushed"
echo "$chart"
