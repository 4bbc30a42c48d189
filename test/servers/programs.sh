#!/usr/bin/env bash
# Builds programs that tests need, once, and prints where each is: programs.sh NAME… Those of one module share most of what they are
# compiled from: `programs/*.mod` say which versions they have. Some ten minutes on two cores for all of them. Needs Go 1.24 or newer.
# Two names stand for several: control-plane for what stands in for a container of it, chart for what the chart's tests need anywhere.
set -euo pipefail
cd "$(dirname "$0")"
servers=${MARGAY_SERVERS:-$HOME/.cache/margay-test}
# What they are built of names their folder: where that has changed they are built anew, and others still find theirs.
home=$servers/programs-$(cat programs.sh programs/*.mod programs/*.sum programs/*/main.go | cksum | cut -d ' ' -f 1)
mkdir -p "$home"
cd programs
# Without C, and the same whatever commit they are built at: what one program is compiled from counts for the others. A compiler that
# collects its garbage less often is done sooner.
export GOFLAGS="-mod=readonly -buildvcs=false" CGO_ENABLED=0 GOGC=${GOGC:-400}

describe() { # name: sets package and module
  module=go.mod
  case $1 in
    kube-*) package=k8s.io/kubernetes/cmd/$1 ;;
    etcd) package=go.etcd.io/etcd/server/v3 ;;
    # It does not compile with what is newer than 0.33 of Kubernetes.
    kwok) package=sigs.k8s.io/kwok/cmd/kwok module=kwok.mod ;;
    helm) package=helm.sh/helm/v3/cmd/helm ;;
    # Whether NetworkPolicies allow connections.
    evaluator) package=./evaluator ;;
    # What an API server of a version reads strictly.
    decoder-0.34.4) package=./decoder ;;
    decoder-0.33.5) package=./decoder module=kwok.mod ;;
    decoder-0.32.9) package=./decoder module=decoder-0.32.9.mod ;;
    *) echo "There is no program $1 here: see programs.sh" >&2 && exit 1 ;;
  esac
}

# Two at once would compile the same twice: whoever comes later finds what the first has built.
exec 9> "$home/lock"
alone() { ! command -v flock > /dev/null || flock "$1" 9; }

names=()
for name in "$@"; do
  case $name in
    control-plane) names+=(etcd kube-controller-manager kube-scheduler kwok kube-apiserver) ;;
    chart) names+=(helm evaluator decoder-0.34.4 decoder-0.33.5 decoder-0.32.9) ;;
    *) names+=("$name") ;;
  esac
done
for name in "${names[@]}"; do
  describe "$name"
  [ -x "$home/$name" ] || alone -x
  if [ ! -x "$home/$name" ]; then
    # Whole or not at all.
    go build -modfile="$module" -trimpath -ldflags '-s -w' -o "$home/$name.$$" "$package" >&2
    mv "$home/$name.$$" "$home/$name"
  fi
  alone -u
  echo "$home/$name"
done
