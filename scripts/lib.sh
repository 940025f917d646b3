# shellcheck shell=bash
# What the scripts of this folder share: paths, messages, and how the project-local servers are run.
# Everything they make is under .millrace/ of the checkout.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
WORK="$ROOT/.millrace"
VENV="$WORK/venv"

# A shell that has read a demo's env file means its commands to talk to that demo, not scripts to use the demo's servers.
if [ -n "${MILLRACE_DEMO:-}" ]; then
    unset KAFKA_BOOTSTRAP_SERVERS POSTGRES_HOST POSTGRES_PORT POSTGRES_USER POSTGRES_DB POSTGRES_PASSWORD_FILE \
        MILLRACE_PIPELINE SESSION_SECRET_FILE WAREHOUSE_READER_PASSWORD_FILE COLLECTOR_KEYS_FILE \
        PGHOST PGPORT PGUSER PGDATABASE PGPASSFILE
fi

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
fail() { warn "error: $*"; exit 1; }
trap 'warn "error: $0 ended in line $LINENO: $BASH_COMMAND"' ERR

# run_as_root COMMAND…: the command itself for root, through sudo for anybody else.
run_as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# system_python: Debian's Python rather than somebody's own, which other accounts may not run.
system_python() { if [ -x /usr/bin/python3 ]; then echo /usr/bin/python3; else command -v python3; fi; }

# --- whose processes they are ---------------------------------------------------------------------------------------

# What is started here by root runs as this account of the system's, which has no home, no shell and no rights: it is what
# the services find where they are deployed, and PostgreSQL does not run as root at all.
ACCOUNT=millrace

# as_account SCRIPT FOLDER… -- ARGUMENT…: for root, the script again as that account, which owns the folders from then on;
# for anybody else nothing, but that the folders must be theirs.
as_account() {
    local script=$1 folder folders=() needed rights drop
    shift
    while [ "$1" != -- ]; do folders+=("$1") && shift; done
    shift
    if [ "$(id -u)" != 0 ]; then
        for folder in "${folders[@]}"; do
            [ ! -e "$folder" ] || [ -O "$folder" ] ||
                fail "$folder belongs to $(stat -c %U "$folder"), as whom its servers were started. Go on as root (sudo), or delete it as root."
        done
        return 0
    fi
    getent passwd "$ACCOUNT" >/dev/null || {
        say "making the account $ACCOUNT, as which everything runs that root starts"
        useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$ACCOUNT" ||
            fail "the account $ACCOUNT cannot be made. Make it, or start this as somebody else than root."
    }
    for folder in "${folders[@]}" "$WORK/home"; do hand_over "$folder"; done
    # It must be able to read the checkout, run what is in it (with the Python of the tests, which may be of somebody's own),
    # and read the compiler's libraries for what is built for debugging. Where these lie below somebody's private folder, it
    # is given leave to read what it likes; where files are private too, to write; and nothing more.
    needed=$(readlink -f "$(command -v swift || command -v bash)")
    for rights in '' dac_read_search dac_override; do
        drop=(setpriv --reuid="$ACCOUNT" --regid="$ACCOUNT" --clear-groups --no-new-privs
            "--inh-caps=-all${rights:+,+$rights}" ${rights:+"--ambient-caps=-all,+$rights"})
        # shellcheck disable=SC2016 # its own arguments
        if (cd / && "${drop[@]}" bash -c 'head -qc 1 "$1/Makefile" "$2" && [ -x "$1/scripts/demo" ] &&
                { [ ! -L "$3" ] || "$3" -c ""; }' - "$ROOT" "$needed" "$VENV/bin/python") >/dev/null 2>&1; then
            break
        fi
        [ "$rights" != dac_override ] ||
            fail "the account $ACCOUNT cannot read $ROOT. Make its folders readable (chmod o+rx), or start this as somebody else than root."
    done
    cd "$ROOT"
    exec "${drop[@]}" env -u XDG_RUNTIME_DIR HOME="$WORK/home" USER="$ACCOUNT" LOGNAME="$ACCOUNT" "$script" "$@"
}

# hand_over FOLDER: makes it the account's. What somebody else's processes had in it, from a start as another user, they are
# ended for: the account could not even end them.
hand_over() {
    local folder=$1 pidfile pid
    mkdir -p "$folder"
    find "$folder" -maxdepth 4 \( -name '*.pid' -o -name pid \) ! -user "$ACCOUNT" | while read -r pidfile; do
        pid=$(head -n 1 "$pidfile")
        if alive "$pidfile" && [ "$(stat -c %U "/proc/$pid" 2>/dev/null)" != "$ACCOUNT" ]; then
            if [ "${pidfile##*/}" = postmaster.pid ]; then end_process "$pidfile" 60 INT; else end_process "$pidfile" 60 TERM; fi
        fi
    done
    find "$folder" -xdev ! -user "$ACCOUNT" -exec chown -h "$ACCOUNT:" {} +
    # A cluster of an earlier version may lie elsewhere.
    [ ! -d "$folder/postgres/home/" ] ||
        find "$(readlink -f "$folder/postgres/home")" -xdev ! -user "$ACCOUNT" -exec chown -h "$ACCOUNT:" {} +
}

# empty FOLDER: everything in it. The folder itself may lie where only its maker could delete it.
empty() {
    [ ! -d "$1" ] || find "$1" -mindepth 1 -delete
}

# --- ports and waiting ----------------------------------------------------------------------------------------------

# free_port: a TCP port of loopback that nobody else is given or takes before the server listens.
free_port() { python3 "$ROOT/scripts/free-port"; }

# port_taken PORT: no server could take it at loopback.
port_taken() {
    ! python3 - "$1" <<'PY'
import socket, sys
with socket.socket() as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        s.bind(("127.0.0.1", int(sys.argv[1])))
    except OSError:
        sys.exit(1)
PY
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

# Seconds without any progress after which something hangs; and the most that anything may take.
STANDSTILL=${STANDSTILL:-90}
LONGEST=1800

# wait_while_moving STATE COMMAND…: runs the command until it succeeds; fails when what STATE (a command) prints has not
# changed for STANDSTILL seconds. A slow machine is waited for, one on which nothing moves is not. STATE fails: given up.
wait_while_moving() {
    local state=$1 now seen='' since=$SECONDS began=$SECONDS
    shift
    until "$@" >/dev/null 2>&1; do
        now=$($state) || return 1
        if [ "$now" != "$seen" ]; then seen=$now since=$SECONDS; fi
        [ $((SECONDS - since)) -lt "$STANDSTILL" ] && [ $((SECONDS - began)) -lt $LONGEST ] || return 1
        sleep 0.2
    done
}

# work_done PID: what the process has used of a processor, in steps of five seconds, which one that only waits and asks does
# not make in time; fails when it is gone.
work_done() { awk -v tick="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(($12 + $13) / tick / 5) }' "/proc/$1/stat" 2>/dev/null; }

# give_up MESSAGE LOG: ends with the message and the last lines of the log that says more.
give_up() {
    if [ -s "$2" ]; then
        warn "--- the end of $2"
        tail -n 15 "$2" | cut -c 1-400 >&2
        warn "---"
    fi
    fail "$1; see $2"
}

# alive PIDFILE: the process that wrote it runs. Not another one that has been given its number since, nor what is left of
# one for whom nobody has waited.
alive() {
    local pid state elapsed written
    pid=$(head -n 1 "$1" 2>/dev/null) && [ -n "$pid" ] && [ -d "/proc/$pid" ] || return 1
    read -r state elapsed < <(ps -o state=,etimes= -p "$pid") || return 1
    [ "$state" != Z ] && written=$(stat -c %Y "$1" 2>/dev/null) && [ $(($(date +%s) - elapsed)) -le $((written + 5)) ]
}

# end_process PIDFILE SECONDS SIGNAL: that signal, and SIGKILL only after that time.
end_process() {
    local pidfile=$1 limit=$2 signal=$3 pid end
    alive "$pidfile" || return 0
    pid=$(head -n 1 "$pidfile")
    kill "-$signal" "$pid" 2>/dev/null || true
    kill -CONT "$pid" 2>/dev/null || true
    end=$((SECONDS + limit))
    while alive "$pidfile"; do
        if [ $SECONDS -ge $end ]; then
            warn "process $pid ($pidfile) did not stop within $limit s; killed"
            kill -KILL "$pid" 2>/dev/null || true
            break
        fi
        sleep 0.1
    done
}

# stop_process PIDFILE [SECONDS]
stop_process() {
    end_process "$1" "${2:-30}" TERM
    rm -f "$1"
}

# --- PostgreSQL ---------------------------------------------------------------------------------------------------

# postgres_bin: the folder of the newest server that Debian installed.
postgres_bin() {
    local dir
    dir=$(find /usr/lib/postgresql -maxdepth 2 -name bin -type d 2>/dev/null | sort -V | tail -n 1)
    [ -x "$dir/initdb" ] || fail "PostgreSQL's server is not installed. Run \`make deps\`."
    printf '%s' "$dir"
}

# postgres_data DIR: the folder of its data.
postgres_data() { printf '%s/data' "$(readlink -f "$1/home")"; }

# postgres_start DIR PORT USER PASSWORD DATABASE [ADDRESS]: creates the cluster in DIR once and starts it on loopback.
postgres_start() {
    local dir=$1 port=$2 user=$3 password=$4 database=$5 address=${6:-127.0.0.1} bin
    bin=$(postgres_bin)
    mkdir -p "$dir/cluster"
    [ -e "$dir/home" ] || ln -s cluster "$dir/home"
    dir=$(readlink -f "$dir/home")
    if [ ! -s "$dir/data/PG_VERSION" ] || [ -e "$dir/incomplete" ]; then
        # One that was interrupted begins anew.
        touch "$dir/incomplete" && rm -rf "$dir/data"
        (umask 077 && printf '%s\n' "$password" >"$dir/initial-password")
        "$bin/initdb" --pgdata="$dir/data" --username="$user" --pwfile="$dir/initial-password" --auth=scram-sha-256 \
            --encoding=UTF8 --locale=C.UTF-8 >"$dir/initdb.log" 2>&1 || give_up "initdb failed" "$dir/initdb.log"
        rm -f "$dir/initial-password"
        cat >>"$dir/data/postgresql.conf" <<CONF
unix_socket_directories = ''
max_connections = 1000
shared_buffers = 256MB
max_wal_size = 2GB
timezone = 'UTC'
CONF
        rm -f "$dir/incomplete"
    fi
    # After the machine has started anew, a server's number may be another process's, which PostgreSQL takes for a server.
    local pidfile="$dir/data/postmaster.pid" tries=0
    if [ -e "$pidfile" ] && [ -d "/proc/$(head -n 1 "$pidfile")" ] && ! alive "$pidfile"; then rm -f "$pidfile"; fi
    # It waits as long as the server is there: a recovery takes its time. What a killed server leaves behind goes by itself.
    until "$bin/pg_ctl" --pgdata="$dir/data" --log="$dir/postgres.log" --silent --wait --timeout="$LONGEST" \
        -o "-p $port -c listen_addresses=$address" start; do
        tries=$((tries + 1))
        if [ $tries = 10 ] || ! tail -n 5 "$dir/postgres.log" | grep -q 'shared memory block'; then
            give_up "PostgreSQL did not start on port $port" "$dir/postgres.log"
        fi
        sleep 1
    done
    if [ "$(PGPASSWORD=$password psql -h "$address" -p "$port" -U "$user" -d postgres -Atc \
        "select count(*) from pg_database where datname = '$database'")" = 0 ]; then
        PGPASSWORD=$password createdb -h "$address" -p "$port" -U "$user" "$database"
    fi
}

# postgres_running DIR PORT: whether that cluster's server runs, on that port.
postgres_running() {
    local pidfile
    pidfile=$(postgres_data "$1")/postmaster.pid
    alive "$pidfile" && [ "$(sed -n 4p "$pidfile")" = "$2" ]
}

# postgres_stop DIR: in order, and by a signal, because pg_ctl does not work for root.
postgres_stop() {
    [ ! -e "$1/home" ] || end_process "$(postgres_data "$1")/postmaster.pid" 120 INT
}

# postgres_remove DIR: the cluster of DIR and everything in it.
postgres_remove() {
    [ ! -L "$1/home" ] || rm -rf "$(readlink -f "$1/home")"
    rm -rf "$1"
}

# --- broker -------------------------------------------------------------------------------------------------------

# broker_start DIR PORT: the development broker, which speaks Kafka's protocol. The binary beside the pip entry point
# is started, not the entry point: a SIGTERM to that one would leave the broker running.
broker_start() {
    local dir=$1 port=$2 binary
    binary=$(find "$VENV"/lib/python3*/site-packages/noida_db -name noida-db -type f 2>/dev/null | head -n 1)
    [ -n "$binary" ] || fail "the development broker is not installed. Run \`make deps\`."
    [ -x "$binary" ] || chmod +x "$binary"
    mkdir -p "$dir"
    (cd "$dir" && exec setsid "$binary" start --data-dir "$dir/data" --only kafka --kafka-port "$port" \
        >>"$dir/broker.log" 2>&1 </dev/null) &
    echo $! >"$dir/pid"
    wait_while_moving "server_state $dir" broker_answers "$port" ||
        give_up "the broker did not start on port $port" "$dir/broker.log"
}

# server_state DIR: one that is gone has no state.
server_state() { alive "$1/pid" && work_done "$(cat "$1/pid")"; }

# The port opens before the broker answers: only an answered Metadata request counts.
broker_answers() { timeout 10 kcat -b "127.0.0.1:$1" -L -t __none__ -m 5; }

# A broker with big topics writes them all when it stops: it gets a minute.
broker_stop() { stop_process "$1/pid" 60; }

# --- SQLMesh ------------------------------------------------------------------------------------------------------

# sqlmesh_install: SQLMesh as it is pinned, in a virtual environment of its own; again when the pins have changed. Sets
# SQLMESH_PYTHON, unless it is set: the Python that has it.
sqlmesh_install() {
    [ -z "${SQLMESH_PYTHON:-}" ] || return 0
    local venv="$WORK/sqlmesh" requirements="$ROOT/scripts/requirements-sqlmesh.txt" wanted
    wanted=$(sha256sum <"$requirements")
    if [ "$(cat "$venv/complete" 2>/dev/null)" != "$wanted" ]; then
        say "setting up $venv"
        rm -rf "$venv"
        "$(system_python)" -m venv "$venv"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
            -r "$requirements"
        printf '%s' "$wanted" >"$venv/complete"
    fi
    export SQLMESH_PYTHON="$venv/bin/python"
}

# --- BigQuery emulator --------------------------------------------------------------------------------------------

# bigquery_install: the emulator, in a virtual environment of its own, because its many packages have versions of their own.
bigquery_install() {
    local venv="$WORK/bigquery" wanted
    wanted=$(sha256sum <"$ROOT/scripts/requirements-bigquery.txt")
    [ "$(cat "$venv/complete" 2>/dev/null)" != "$wanted" ] || return 0
    say "setting up $venv"
    rm -rf "$venv"
    "$(system_python)" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
        -r "$ROOT/scripts/requirements-bigquery.txt"
    printf '%s' "$wanted" >"$venv/complete"
}

# bigquery_discovery: Google's description of BigQuery's interface (a discovery document), into $WORK/discovery. False where it
# cannot be fetched.
bigquery_discovery() {
    local target="$WORK/discovery" wanted download
    wanted=$(sha256sum <"$ROOT/scripts/requirements-discovery.txt")
    [ "$(cat "$target/complete" 2>/dev/null)" != "$wanted" ] || return 0
    download=$(mktemp -d)
    "$WORK/bigquery/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
        --only-binary :all: --dest "$download" -r "$ROOT/scripts/requirements-discovery.txt" &&
        mkdir -p "$target" &&
        unzip -p "$download/*.whl" googleapiclient/discovery_cache/documents/bigquery.v2.json >"$target/bigquery.v2.json" &&
        printf '%s' "$wanted" >"$target/complete"
    local outcome=$?
    rm -rf "$download"
    return $outcome
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
    wait_while_moving "server_state $dir" bigquery_answers "$port" ||
        give_up "the BigQuery emulator did not start on port $port" "$dir/emulator.log"
}

bigquery_answers() {
    python3 - "$1" <<'PY'
import sys, urllib.request
urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/readyz", timeout=2)
PY
}

bigquery_stop() { stop_process "$1/pid" 10; }
