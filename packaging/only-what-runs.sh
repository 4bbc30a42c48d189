#!/bin/sh
# Takes out of installed packages what no program reads: packaging/only-what-runs.sh DIRECTORY… (each a node_modules)
# Types, sources, maps, descriptions (licences stay), what other runtimes load, and the packages' own tests.
set -eu
for installed; do
  (
    cd "$installed"
    find . -type f \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' -o -name '*.bare' \) -delete
    find . -type f -iname '*.md' ! -iname 'licen*' -delete
    for package in ./*/ ./@*/*/ ./*/node_modules/*/ ./@*/*/node_modules/*/; do
      # Those of the project itself are links.
      [ -L "${package%/}" ] || for unread in test tests benchmark benchmarks example examples; do rm -rf "$package$unread"; done
    done
  )
done
