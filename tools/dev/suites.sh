# Sourced by ./dev after install.sh: clients' own tests, unchanged, from the registries that the clients themselves come from. Built once
# into TAKHIN_CACHE; tests/e2e/test_suite_*.py run them. kafka-python's come with its source (install_venv). confluent-kafka's source on
# PyPI has none that need a broker: librdkafka's, which it wraps, stand for it. kafkajs brings none: tests/e2e/kafkajs is ours.

PACKAGES_suites="gcc g++ make ccache pkg-config python3 python3-venv libssl-dev libzstd-dev zlib1g-dev"
PACKAGES_node="nodejs npm"

# npm's package of Confluent's client carries the whole of librdkafka 2.15.1, with its tests.
LIBRDKAFKA_PACKAGE=@confluentinc/kafka-javascript@1.10.1
LIBRDKAFKA_SHA512=29578f5019f6d44a8254ff667f1cc4b8cdd26091c7105ed7fa2882d9ee374108034b211a92c2279821a8a13df0e6af9c340764482acaef58f42027eaa12a992f
# Little of it and not optimized: it is the compiler that costs here.
LIBRDKAFKA_CONFIGURE="--disable-gssapi --disable-curl --disable-syslog --disable-lz4-ext --disable-optimization"
KAFKAJS_PACKAGE=kafkajs@2.2.4
KAFKAJS_SHA512=8ff61e6a9075bdf3d3da2388527fefc5dc8a12e86e6363f1301bdfe495aec7a8926ae90071caccb57118fcb6fb3af6af0e1396304e7cf5ba4bac47675478df8c
FRANZ_GO=github.com/twmb/franz-go@v1.22.3
FRANZ_GO_SUM=h1:RHe35s34pKefMLyL+ZYJ6mQVtfFZz4zHDHVkTyACur0=
FRANZ_GO_MINOR_MIN=26

suite_dir() { # name, what it is made of
  echo "$TAKHIN_CACHE/suites/$1-$(printf '%s' "$2" | sha256sum | cut -c1-12)"
}

install_suites() {
  install_packages suites
  install_npm_suite KAFKAJS kafkajs "$KAFKAJS_PACKAGE" "$KAFKAJS_SHA512" :
  install_npm_suite LIBRDKAFKA librdkafka "$LIBRDKAFKA_PACKAGE" "$LIBRDKAFKA_SHA512" build_librdkafka "$LIBRDKAFKA_CONFIGURE"
  install_franz_go
}

# Says where a suite is, to the tests too: TAKHIN_SUITE_<NAME>.
install_npm_suite() { # NAME, name, package, sha512, what to run in the unpacked folder, its arguments
  local variable=TAKHIN_SUITE_$1 name=$2 package=$3 sum=$4 build=$5 arguments=${6:-} dir
  dir=$(suite_dir "$name" "$sum $arguments")
  export "$variable=$dir/package"
  [ ! -f "$dir/complete" ] || return 0
  command -v npm >/dev/null || install_packages node
  echo "dev: installing $package from npm"
  rm -rf "$dir"
  mkdir -p "$dir"
  # No set -e in here: it does not hold in what is left of ||.
  (
    cd "$dir" && npm pack --silent "$package" >pack.log && printf '%s  %s\n' "$sum" ./*.tgz | sha512sum --check --quiet \
      && tar xzf ./*.tgz && $build $arguments
  ) || return 1
  touch "$dir/complete"
}

build_librdkafka() { # configure's arguments
  cd package/deps/librdkafka || return 1
  {
    CC="ccache gcc" CXX="ccache g++" ./configure "$@" && make -j "$(nproc)" -C src librdkafka.a librdkafka.so.1 \
      && make -j "$(nproc)" -C src-cpp && make -j "$(nproc)" -C tests test-runner
  } >build.log 2>&1 || {
    tail -n 30 build.log >&2
    return 1
  }
}

install_franz_go() {
  local dir go module
  dir=$(suite_dir franz-go "$FRANZ_GO_SUM")
  export TAKHIN_SUITE_FRANZ_GO=$dir/module
  [ ! -f "$dir/complete" ] || return 0
  go=$(. tests/servers/s3.sh && S3_GO_MINOR_MIN=$FRANZ_GO_MINOR_MIN && s3_go)
  echo "dev: installing $FRANZ_GO from the Go module proxy"
  rm -rf "$dir"
  mkdir -p "$dir"
  module=$("$go" mod download -json "$FRANZ_GO")
  # The checksum database has said the same; this is for who goes without it.
  grep -qF "\"Sum\": \"$FRANZ_GO_SUM\"" <<<"$module" || {
    echo "dev: $FRANZ_GO is not what it was: $module" >&2
    return 1
  }
  module=$(sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p' <<<"$module")
  cp -r "$module" "$dir/module"
  chmod -R u+w "$dir/module"
  (cd "$dir/module/pkg/kgo" && "$go" test -c -o kgo.test .) || return 1
  touch "$dir/complete"
}
