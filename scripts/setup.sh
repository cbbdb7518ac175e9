#!/bin/bash
# setup.sh -- installs what is missing of the Debian packages that objlab needs.
#
# usage: scripts/setup.sh SET...     SET: build web test bench python slurm aarch64
#
# Idempotent, and silent when nothing is missing. As root it installs; otherwise it
# prints the exact command and exits with 2. The sets web, bench and python are comfort:
# where they cannot be had, the rest still works and says what it does without.
set -euo pipefail

build_packages=(
    gcc g++ libc6-dev make cmake ninja-build pkg-config git ca-certificates
    libglib2.0-dev libjansson-dev libgsl-dev libseccomp-dev libsqlite3-dev
    libcmocka-dev libbenchmark-dev libdw-dev libunwind-dev
    valgrind lcov bubblewrap binutils patch
    clang clang-tidy clang-format cppcheck
)
web_packages=(nodejs npm)
test_packages=(python3 libclang-rt-14-dev llvm gdb libxml2-utils shellcheck procps chromium
    libbenchmark-tools python3-scipy)
slurm_packages=(slurmctld slurmd slurm-client munge iproute2)
aarch64_packages=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)
python_packages=(python3-dev libpython3.11-testsuite)
bench_packages=(python3-dev liblua5.4-dev libjemalloc-dev libmimalloc-dev libgoogle-perftools-dev)

# Packages of the arguments that are not installed, one a line. nodejs and npm count
# as present when the commands are: they are often installed from elsewhere.
missing()
{
    local package installed
    installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
        sed -n 's/ installed$//p' || true) # dpkg-query fails for each unknown name: that is the question
    for package in "$@"; do
        case $package in
        nodejs) command -v node >/dev/null && continue ;;
        npm) command -v npm >/dev/null && continue ;;
        esac
        grep -qx "$package" <<<"$installed" || echo "$package"
    done
}

install_packages()
{
    local log
    log=$(mktemp)
    echo "objlab: installing $# Debian packages: $*"
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } \
        >"$log" 2>&1 </dev/null; then
        tail -n 15 "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

main()
{
    local set packages optional
    for set in "$@"; do
        optional=false
        case $set in
        build) packages=("${build_packages[@]}") ;;
        web) packages=("${web_packages[@]}") optional=true ;;
        test) packages=("${test_packages[@]}") ;;
        bench) packages=("${bench_packages[@]}") optional=true ;;
        python) packages=("${python_packages[@]}") optional=true ;;
        slurm) packages=("${slurm_packages[@]}") ;;
        aarch64) packages=("${aarch64_packages[@]}") ;;
        *)
            echo "setup.sh: unknown set '$set': expected build, web, test, bench, python, slurm or aarch64" >&2
            exit 2
            ;;
        esac
        mapfile -t packages < <(missing "${packages[@]}")
        [ ${#packages[@]} -eq 0 ] && continue
        if ! command -v apt-get >/dev/null; then
            echo "objlab: not a Debian system; install the equivalents of: ${packages[*]}" >&2
        elif [ "$(id -u)" -ne 0 ]; then
            echo "objlab: missing packages; run: sudo apt-get install --no-install-recommends ${packages[*]}" >&2
        elif install_packages "${packages[@]}"; then
            continue
        else
            echo "objlab: apt-get could not install: ${packages[*]}" >&2
        fi
        $optional || exit 2
        echo "objlab: going on without the optional set '$set'" >&2
    done
}

main "$@"
