#!/usr/bin/env bash
# Builds the strict decoder of a Kubernetes version and prints its path: decoder.sh 0.34.1. Needs Go.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=$1
# A newer version would change what is read.
export GOTOOLCHAIN=local
exec "$here/../go-program.sh" "$here" decoder "decoder-$version" "k8s.io/client-go@v$version" "k8s.io/api@v$version" "k8s.io/apimachinery@v$version"
