# Functions of the cases: `. "$NETWORK/lib.sh"`.

# Starts the server for the directory web; $URL is its address. With a file of a certificate and its key it is one with TLS.
start_web() { # [PEM]
    mkdir -p web/www web/api
    python3 "$NETWORK/web.py" web "$@" &
    for _ in $(seq 300); do
        [ ! -e web/port ] || break
        sleep 0.05
    done
    URL=http${1:+s}://127.0.0.1:$(cat web/port)
}

# Makes the next requests fail, one after the other: fault '503 1' short …
fault() {
    printf '%s\n' "$@" >web/faults
}

# Runs a node, and prints what it says without the line that has times in it; a port becomes PORT.
run() {
    local status=0
    pond run "$@" >out 2>&1 || status=$?
    sed -E '/^Run summary/d; s|127\.0\.0\.1:[0-9]+|HOST|g; s|'"$TMP"'|TMP|g' out
    [ "$status" = 0 ] || echo "exit $status"
}

# How many requests there were since the last time, and what they asked for.
requests() {
    touch web/log web/seen
    tail -n +$(($(wc -l <web/seen) + 1)) web/log
    cp web/log web/seen
}

# An empty repository; commit DIR MESSAGE.
new_repo() {
    command -v git >/dev/null || exit 1
    git config --global user.email a@example
    git config --global user.name a
    git init -q -b main "$1"
}
commit() {
    git -C "$1" add -A
    git -C "$1" commit -q -m "$2"
}
