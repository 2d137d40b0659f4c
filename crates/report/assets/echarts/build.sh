#!/usr/bin/env bash
# Builds echarts.min.js anew from the pinned packages (package-lock.json has their hashes). Needs Node and npm; nothing else of
# the project does. Without `--write` it only compares.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp entry.js package.json package-lock.json "$work"
(
  cd "$work"
  npm ci --silent --ignore-scripts
  npm run --silent build
)
if [ "${1:-}" = --write ]; then
  cp "$work/echarts.min.js" echarts.min.js
  cp "$work/node_modules/echarts/LICENSE" LICENSE
  cp "$work/node_modules/echarts/NOTICE" NOTICE
  cp "$work/node_modules/zrender/LICENSE" LICENSE-zrender
  cp "$work/node_modules/tslib/LICENSE.txt" LICENSE-tslib
else
  cmp "$work/echarts.min.js" echarts.min.js && echo "echarts.min.js is what these packages give"
fi
