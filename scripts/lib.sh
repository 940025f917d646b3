# shellcheck shell=bash
# What the scripts of this folder share: paths, messages, and how the project-local servers are run.
# Everything they make is under .millrace/ of the checkout.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
WORK="$ROOT/.millrace"
VENV="$WORK/venv"

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
fail() { warn "error: $*"; exit 1; }

# run_as_root COMMAND…: the command itself for root, through sudo for anybody else.
run_as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# free_port: a TCP port of loopback that nobody listens on now.
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# port_taken PORT
port_taken() {
    python3 - "$1" <<'PY'
import socket, sys
s = socket.socket()
s.settimeout(1)
sys.exit(0 if s.connect_ex(("127.0.0.1", int(sys.argv[1]))) == 0 else 1)
PY
}

# require_free_port PORT SETTING: ends with an error that names both when the port is taken.
require_free_port() {
    port_taken "$1" || return 0
    fail "port $1 is taken by another process. Stop that process, or choose another port with $2=PORT."
}

# wait_until SECONDS WHAT COMMAND…: runs the command until it succeeds.
wait_until() {
    local limit=$1 what=$2 end
    shift 2
    end=$((SECONDS + limit))
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || fail "$what did not happen within $limit s"
        sleep 0.1
    done
}

alive() { [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

# stop_process PIDFILE SECONDS: SIGTERM, and SIGKILL only after that time.
stop_process() {
    local pidfile=$1 limit=${2:-30} pid end
    if alive "$pidfile"; then
        pid=$(cat "$pidfile")
        kill -TERM "$pid" 2>/dev/null || true
        kill -CONT "$pid" 2>/dev/null || true
        end=$((SECONDS + limit))
        while kill -0 "$pid" 2>/dev/null; do
            if [ $SECONDS -ge $end ]; then
                warn "process $pid ($pidfile) did not stop within $limit s; killed"
                kill -KILL "$pid" 2>/dev/null || true
                break
            fi
            sleep 0.1
        done
    fi
    rm -f "$pidfile"
}

# --- PostgreSQL ---------------------------------------------------------------------------------------------------

# postgres_bin: the folder of the newest server that Debian installed.
postgres_bin() {
    local dir
    dir=$(find /usr/lib/postgresql -maxdepth 2 -name bin -type d 2>/dev/null | sort -V | tail -n 1)
    [ -x "$dir/initdb" ] || fail "PostgreSQL's server is not installed. Run \`make deps\`."
    printf '%s' "$dir"
}

# as_postgres COMMAND…: PostgreSQL refuses to run as root, so root hands it to the account that Debian made for it.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/tmp "$@")
    else
        "$@"
    fi
}

# postgres_home DIR: makes DIR/home, where the cluster lives. Where the account postgres cannot reach DIR (a checkout below
# a private folder, and root, as whom PostgreSQL does not run), it leads to a folder of that account's own.
postgres_home() {
    local dir=$1 own
    [ ! -e "$dir/home" ] || return 0
    mkdir -p "$dir/cluster"
    if [ "$(id -u)" != 0 ]; then
        ln -s cluster "$dir/home"
        return 0
    fi
    chown postgres "$dir/cluster"
    if as_postgres test -w "$dir/cluster"; then
        ln -s cluster "$dir/home"
        return 0
    fi
    own=$(as_postgres mktemp -d /var/tmp/millrace-postgres.XXXXXX)
    warn "the account postgres cannot reach $dir; its cluster is in $own"
    ln -s "$own" "$dir/home"
}

# postgres_remove DIR: the cluster of DIR and everything in it.
postgres_remove() {
    [ ! -L "$1/home" ] || rm -rf "$(readlink -f "$1/home")"
    rm -rf "$1"
}

# postgres_start DIR PORT USER PASSWORD DATABASE [ADDRESS]: creates the cluster in DIR once and starts it on loopback.
postgres_start() {
    local dir=$1 port=$2 user=$3 password=$4 database=$5 address=${6:-127.0.0.1} bin
    bin=$(postgres_bin)
    postgres_home "$dir"
    dir=$(readlink -f "$dir/home")
    if [ ! -s "$dir/data/PG_VERSION" ]; then
        local secret="$dir/initial-password"
        (umask 077 && printf '%s\n' "$password" >"$secret")
        [ "$(id -u)" != 0 ] || chown postgres "$secret"
        as_postgres "$bin/initdb" --pgdata="$dir/data" --username="$user" --pwfile="$secret" --auth=scram-sha-256 \
            --encoding=UTF8 --locale=C.UTF-8 >"$WORK/initdb.log" 2>&1 || fail "initdb failed; see $WORK/initdb.log"
        rm -f "$secret"
        cat >>"$dir/data/postgresql.conf" <<CONF
unix_socket_directories = ''
max_connections = 400
shared_buffers = 256MB
max_wal_size = 2GB
timezone = 'UTC'
CONF
    fi
    as_postgres "$bin/pg_ctl" --pgdata="$dir/data" --log="$dir/postgres.log" --silent --wait --timeout=60 \
        -o "-p $port -c listen_addresses=$address" start || fail "PostgreSQL did not start; see $dir/postgres.log"
    if [ "$(PGPASSWORD=$password psql -h "$address" -p "$port" -U "$user" -d postgres -Atc \
        "select count(*) from pg_database where datname = '$database'")" = 0 ]; then
        PGPASSWORD=$password createdb -h "$address" -p "$port" -U "$user" "$database"
    fi
}

postgres_stop() {
    local dir bin
    dir=$(readlink -f "$1/home" || true)
    [ -s "$dir/data/postmaster.pid" ] || return 0
    bin=$(postgres_bin)
    as_postgres "$bin/pg_ctl" --pgdata="$dir/data" --silent --wait --timeout=60 --mode=fast stop || true
}

# --- broker -------------------------------------------------------------------------------------------------------

# broker_start DIR PORT: the development broker, which speaks Kafka's protocol. The binary beside the pip entry point
# is started, not the entry point: a SIGTERM to that one would leave the broker running.
broker_start() {
    local dir=$1 port=$2 binary
    binary=$(find "$VENV"/lib/python3*/site-packages/noida_db -name noida-db -type f 2>/dev/null | head -n 1)
    [ -n "$binary" ] || fail "the development broker is not installed. Run \`make deps\`."
    chmod +x "$binary"
    mkdir -p "$dir"
    (cd "$dir" && exec setsid "$binary" start --data-dir "$dir/data" --only kafka --kafka-port "$port" \
        >>"$dir/broker.log" 2>&1 </dev/null) &
    echo $! >"$dir/pid"
    wait_until 60 "an answer of the broker on port $port" broker_answers "$port"
    alive "$dir/pid" || fail "the broker did not start; see $dir/broker.log"
}

# The port opens before the broker answers: only an answered Metadata request counts.
broker_answers() { timeout 10 kcat -b "127.0.0.1:$1" -L -t __none__ -m 5; }

# A broker with big topics writes them all when it stops: it gets a minute.
broker_stop() { stop_process "$1/pid" 60; }

# --- BigQuery emulator --------------------------------------------------------------------------------------------

# bigquery_install: the emulator, in a virtual environment of its own, because its many packages have versions of their own.
bigquery_install() {
    local venv="$WORK/bigquery" wanted
    wanted=$(sha256sum <"$ROOT/scripts/requirements-bigquery.txt")
    [ "$(cat "$venv/complete" 2>/dev/null)" != "$wanted" ] || return 0
    say "setting up $venv"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
        -r "$ROOT/scripts/requirements-bigquery.txt"
    printf '%s' "$wanted" >"$venv/complete"
}

# bigquery_start DIR PORT GRPC-PORT: the emulator, with nothing in it; what it holds ends with it.
bigquery_start() {
    local dir=$1 port=$2 grpc_port=$3
    bigquery_install
    mkdir -p "$dir"
    (cd "$dir" && exec setsid "$WORK/bigquery/bin/python" "$ROOT/scripts/bigquery-emulator" start --ephemeral \
        --project millrace --rest-host 127.0.0.1 --grpc-host 127.0.0.1 --rest-port "$port" --grpc-port "$grpc_port" \
        --log-level warning >"$dir/emulator.log" 2>&1 </dev/null) &
    echo $! >"$dir/pid"
    wait_until 60 "an answer of the BigQuery emulator on port $port" bigquery_answers "$port"
    alive "$dir/pid" || fail "the BigQuery emulator did not start; see $dir/emulator.log"
}

bigquery_answers() {
    python3 - "$1" <<'PY'
import sys, urllib.request
urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/readyz", timeout=2)
PY
}

bigquery_stop() { stop_process "$1/pid" 10; }
