#!/bin/bash
# web.sh -- bundles the report's charts into build/web; without node and npm the
# report has tables instead of charts, and this says so.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "objlab: no node and npm: the HTML report will have tables instead of charts"
    exit 0
fi
if ! cmake --build --preset release --target web >build/web-build.log 2>&1; then
    tail -n 20 build/web-build.log >&2
    echo "objlab: the charts could not be bundled: the HTML report will have tables instead"
fi
