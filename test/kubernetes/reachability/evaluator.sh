#!/usr/bin/env bash
# Builds the evaluator of NetworkPolicies and prints its path. Needs Go.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=v0.5.6
exec "$here/../go-program.sh" "$here" evaluator "reachability-$version" "github.com/mattfenwick/cyclonus@$version"
