# Sourced by the scripts beside it: makes the environment once, then gets out of the way.
# shellcheck shell=bash
#
#   prepare requirements.lock        run the product
#   prepare requirements-dev.lock    run its tests
#
# The environment is `.venv` in the checkout (or $DIALER_VENV). A stamp with the hash of the lock files
# says that it is whole, so a second start installs nothing.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=${DIALER_VENV:-$root/.venv}

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    [ $# -gt 1 ] && printf '  What to do: %s\n' "$2" >&2
    exit 1
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3 python; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

prepare() {
    local lock=$root/$1 python wanted log pip
    # The wider environment (with the tests' tools) serves the narrower one too.
    wanted=$(cat "$lock" "$root/pyproject.toml" | sha256sum | cut -d' ' -f1)
    if [ -x "$venv/bin/dialer" ] && grep -qsx "$wanted" "$venv/.stamp"; then
        return
    fi
    python=$(find_python) || fail "no Python 3.11 or newer was found" "install Python 3.11, or set PYTHON to its path"
    mkdir -p "$(dirname "$venv")"
    exec 9>"$venv.lock"
    if command -v flock >/dev/null 2>&1; then flock 9; fi
    grep -qsx "$wanted" "$venv/.stamp" && return
    log=$(mktemp)
    echo "Making the environment in $venv (once; a minute or two) ..." >&2
    if [ ! -x "$venv/bin/python" ]; then
        # Debian's Python may lack ensurepip: then the pip outside serves the environment.
        "$python" -m venv "$venv" >"$log" 2>&1 || "$python" -m venv --clear --without-pip "$venv" >"$log" 2>&1 ||
            fail "python could not make a virtual environment: $(tail -n 1 "$log")" "install the package python3-venv"
    fi
    if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        pip=("$venv/bin/python" -m pip)
    elif "$python" -m pip --version >/dev/null 2>&1; then
        pip=("$python" -m pip --python "$venv/bin/python")
    else
        fail "there is no pip" "install the packages python3-venv and python3-pip"
    fi
    "${pip[@]}" install --quiet --disable-pip-version-check --require-hashes --requirement "$lock" >"$log" 2>&1 ||
        { cat "$log" >&2; fail "the packages of $1 could not be installed (above: what pip says)" "check the network and pip's index, then run this again"; }
    "${pip[@]}" install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable "$root" >"$log" 2>&1 ||
        { cat "$log" >&2; fail "the dialer itself could not be installed (above: what pip says)" "remove $venv and run this again"; }
    grep -qsx "$wanted" "$venv/.stamp" || echo "$wanted" >>"$venv/.stamp"
    if [ "$1" = requirements-dev.lock ]; then
        cat "$root/requirements.lock" "$root/pyproject.toml" | sha256sum | cut -d' ' -f1 >>"$venv/.stamp"
    fi
    rm -f "$log"
    echo "The environment is ready." >&2
}
