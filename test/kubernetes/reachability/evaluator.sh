#!/usr/bin/env bash
# Builds the evaluator of NetworkPolicies and prints its path. Needs Go.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=v0.5.6
home=${MARGAY_SERVERS:-$HOME/.cache/margay-test}/reachability-$version
if [ ! -x "$home/evaluator" ] || ! cmp -s "$here/main.go" "$home/main.go"; then
  mkdir -p "$home"
  cp "$here/main.go" "$home/"
  cd "$home"
  rm -f go.mod go.sum
  go mod init evaluator > /dev/null 2>&1
  GOFLAGS=-mod=mod go get "github.com/mattfenwick/cyclonus@$version" >&2
  GOFLAGS=-mod=mod go build -trimpath -ldflags '-s -w' -o evaluator . >&2
fi
echo "$home/evaluator"
