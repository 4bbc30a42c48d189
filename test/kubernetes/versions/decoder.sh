#!/usr/bin/env bash
# Builds the strict decoder of a Kubernetes version and prints its path: decoder.sh 0.34.1. Needs Go.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=$1
home=${MARGAY_SERVERS:-$HOME/.cache/margay-test}/decoder-$version
if [ ! -x "$home/decoder" ] || ! cmp -s "$here/main.go" "$home/main.go"; then
  mkdir -p "$home"
  cp "$here/main.go" "$home/"
  cd "$home"
  rm -f go.mod go.sum
  go mod init decoder > /dev/null 2>&1
  # A newer version would change what is read.
  GOFLAGS=-mod=mod GOTOOLCHAIN=local go get "k8s.io/client-go@v$version" "k8s.io/api@v$version" "k8s.io/apimachinery@v$version" >&2
  GOFLAGS=-mod=mod GOTOOLCHAIN=local go build -o decoder . >&2
fi
echo "$home/decoder"
