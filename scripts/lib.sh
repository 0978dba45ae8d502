# Shared by the scripts beside it: where things are, and how to say what happens.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
binary=.build/release/e2ee-proxy

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# The release binary: Swift's runtime inside, symbols left out.
build_release() {
    swift build -c release --static-swift-stdlib --product e2ee-proxy -Xlinker -s -Xswiftc -use-ld=lld
}
