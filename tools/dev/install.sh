# Sourced by ./dev: what each verb needs from Debian, PyPI, Maven Central and the Go module proxy. Every function returns at once
# when all is there, and says what it installs when it is not.

PACKAGES_build="g++ cmake ninja-build ccache mold pkg-config libcurl4-openssl-dev libssl-dev libisal-dev libpugixml-dev
  libzstd-dev liblz4-dev libsnappy-dev zlib1g-dev libboost1.81-dev libboost-json1.81-dev libxxhash-dev libsqlite3-dev
  libcpp-httplib-dev prometheus-cpp-dev libyaml-cpp-dev libcli11-dev libfmt-dev libexpected-dev libspdlog-dev libgtest-dev
  libgmock-dev libre2-dev python3"
PACKAGES_clang="clang-19 libclang-rt-19-dev"
PACKAGES_clients="kcat python3-venv curl"
PACKAGES_java="openjdk-17-jre-headless maven"
PACKAGES_bench="libbenchmark-dev strace"

KAFKA_VERSION=4.1.1
# artifact or artifact:classifier. The tests of Streams come with programs that check exactly-once from end to end.
KAFKA_ARTIFACTS="kafka_2.13 kafka-tools kafka-clients:test kafka-streams kafka-streams:test connect-file"
# The message tables follow the newest schemas; their jars alone, without what they would need to run.
KAFKA_SCHEMAS_VERSION=4.4.0
KAFKA_SCHEMA_JARS="kafka-clients kafka-group-coordinator kafka-transaction-coordinator"
KAFKA_PYTHON="kafka-python==3.0.12"
VENV_PACKAGES="$KAFKA_PYTHON confluent-kafka==2.16.1 pytest==9.0.1 pytest-timeout==2.4.0 pytest-mock==3.15.1 lz4==4.4.5 zstandard==0.25.0 python-snappy==0.7.3"

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() { # group...
  local group package missing=()
  for group in "$@"; do
    local list="PACKAGES_$group"
    for package in ${!list}; do
      dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "dev: installing Debian packages: ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

venv_dir() { echo "$TAKHIN_CACHE/venv-$(printf '%s' "$VENV_PACKAGES" | sha256sum | cut -c1-12)"; }
venv_python() { echo "$(venv_dir)/bin/python"; }

install_venv() {
  local dir
  dir=$(venv_dir)
  [ ! -f "$dir/complete" ] || return 0
  install_packages clients
  echo "dev: installing Python packages: $VENV_PACKAGES"
  rm -rf "$dir"
  python3 -m venv "$dir"
  # shellcheck disable=SC2086 # a list
  "$dir/bin/pip" install -q $VENV_PACKAGES
  # Its own tests come with its source; tests/e2e/test_suite_kafka_python.py runs them.
  "$dir/bin/pip" download -q --no-deps --no-binary :all: --dest "$dir/suites" "$KAFKA_PYTHON"
  touch "$dir/complete"
}

# Apache Kafka's jars: the peer in tests and benchmarks, never part of takhin.
kafka_jars() { echo "$TAKHIN_CACHE/kafka-$KAFKA_VERSION-$(printf '%s' "$KAFKA_ARTIFACTS" | sha256sum | cut -c1-12)"; }

install_kafka_jars() {
  local dir
  dir=$(kafka_jars)
  export TAKHIN_KAFKA_JARS=$dir/libs
  [ -f "$dir/complete" ] || install_kafka_classpath "$dir"
  local jar
  for jar in $KAFKA_SCHEMA_JARS; do
    [ -f "$dir/schemas/$jar-$KAFKA_SCHEMAS_VERSION.jar" ] || (cd "$dir" && mvn -q -B dependency:copy \
      -Dartifact="org.apache.kafka:$jar:$KAFKA_SCHEMAS_VERSION" -DoutputDirectory=schemas >>mvn.log 2>&1)
  done
}

install_kafka_classpath() { # directory
  local dir=$1 artifact
  command -v java >/dev/null && command -v mvn >/dev/null || install_packages java
  echo "dev: installing Apache Kafka $KAFKA_VERSION from Maven Central"
  rm -rf "$dir"
  mkdir -p "$dir"
  {
    echo "<project><modelVersion>4.0.0</modelVersion><groupId>dev</groupId><artifactId>kafka</artifactId><version>1</version><dependencies>"
    for artifact in $KAFKA_ARTIFACTS; do
      echo "<dependency><groupId>org.apache.kafka</groupId><artifactId>${artifact%:*}</artifactId><version>$KAFKA_VERSION</version>"
      [[ "$artifact" != *:* ]] || echo "<classifier>${artifact#*:}</classifier>"
      echo "</dependency>"
    done
    echo "</dependencies></project>"
  } >"$dir/pom.xml"
  (cd "$dir" && mvn -q -B dependency:copy-dependencies -DoutputDirectory=libs >mvn.log 2>&1) || {
    cat "$dir/mvn.log" >&2
    return 1
  }
  touch "$dir/complete"
}

install_s3_servers() {
  install_packages clients
  tests/servers/install_s3
}
