#!/usr/bin/env bash
# Prints the path of helm: the one in PATH, else one that is built from its Go module.
set -euo pipefail
command -v helm || exec "$(dirname "$0")/programs.sh" helm
