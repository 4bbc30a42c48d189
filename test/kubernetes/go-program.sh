#!/usr/bin/env bash
# Builds the program in FOLDER/main.go where that was not done, and prints its path: go-program.sh FOLDER NAME BUILD MODULE@VERSION...
# BUILD is the name of its folder among those of the servers. Needs Go.
set -euo pipefail
source=$1 name=$2 home=${MARGAY_SERVERS:-$HOME/.cache/margay-test}/$3
shift 3
if [ ! -x "$home/$name" ] || ! cmp -s "$source/main.go" "$home/main.go"; then
  mkdir -p "$home"
  cp "$source/main.go" "$home/"
  cd "$home"
  rm -f go.mod go.sum
  export GOFLAGS=-mod=mod
  go mod init "$name" > /dev/null 2>&1
  go get "$@" >&2
  go build -trimpath -ldflags '-s -w' -o "$name" . >&2
fi
echo "$home/$name"
