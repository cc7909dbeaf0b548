# Sourced by ./dev: the checks, and the count of what passed and failed.

PASSED=0
FAILED=0

note() { # name, status
  if [ "$2" = 0 ]; then PASSED=$((PASSED + 1)) && echo "ok    $1"; else FAILED=$((FAILED + 1)) && echo "FAIL  $1"; fi
}

step() { # name, command...: one check
  local name=$1 status=0
  shift
  echo "== $name"
  ("$@") || status=$?
  note "$name" $status
}

summary() {
  echo "$PASSED passed, $FAILED failed"
  [ "$FAILED" = 0 ] && [ "$PASSED" -gt 0 ]
}

run_lint() {
  install_packages build
  tools/check_layers && tools/tidy
}

run_docs_check() { tools/write_docs --check; }

run_protocol_check() {
  local jar jars=()
  for jar in $KAFKA_SCHEMA_JARS; do jars+=(--jar "$(kafka_jars)/schemas/$jar-$KAFKA_SCHEMAS_VERSION.jar"); done
  "$(venv_python)" tools/protocol_gen.py --check "${jars[@]}"
}

# Runs one GoogleTest program and adds its cases to the count.
run_gtest() { # label, program, arguments...
  local label=$1 log status=0 passed failed
  shift
  log=$(mktemp)
  timeout 900 "$@" >"$log" 2>&1 || status=$?
  passed=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log" | tail -n 1)
  failed=$(sed -n 's/^ *\([0-9]*\) FAILED TESTS\{0,1\}$/\1/p' "$log" | tail -n 1)
  passed=${passed:-0} failed=${failed:-0}
  [ "$status" = 0 ] || [ "$failed" != 0 ] || failed=1 # a crash names no case
  PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed))
  if [ "$failed" = 0 ]; then
    echo "ok    $label: $passed passed"
  else
    echo "FAIL  $label: $passed passed, $failed failed; to reproduce: $*"
    grep -vE '^\[ +(OK|RUN) +\]' "$log" | tail -n 80
  fi
  rm -f "$log"
}

run_unit() { # build folder, room or ""
  local program name
  for program in build/"$1"/src/*_test; do
    name=$(basename "$program")
    [ -z "$2" ] || [ "$name" = "$2_test" ] || continue
    run_gtest "$1 $name" "$program"
  done
}

# Every commit tries other seeds, and the same commit the same ones.
run_sim() { # seeds
  build/release/tests/sim/sim "$1" "0x$(git rev-parse --short=8 HEAD 2>/dev/null || echo 1)"
}

run_contract() {
  run_gtest "object contract: memory, directory, versitygw and MinIO (http, https), moto" \
    tests/servers/with_s3.sh versitygw versitygw_tls minio minio_tls moto -- build/release/tests/contract/object_contract_test
}

run_e2e() { # pytest arguments...
  local report=build/e2e.xml status=0 counts
  rm -f "$report"
  echo "== e2e"
  AWS_EC2_METADATA_DISABLED=true tests/servers/with_s3.sh minio minio_tls versitygw versitygw_tls moto -- \
    timeout 3000 "$(venv_python)" -m pytest -q -rs --junitxml="$report" tests/e2e "$@" || status=$?
  counts=$(python3 tools/dev/junit_counts.py "$report") || counts="0 1"
  PASSED=$((PASSED + ${counts% *}))
  FAILED=$((FAILED + ${counts#* }))
  [ "$status" = 0 ] || [ "${counts#* }" != 0 ] || FAILED=$((FAILED + 1))
  echo "e2e: ${counts% *} passed, ${counts#* } failed"
  [ "$status" = 0 ]
}

FUZZ_SECONDS=60
FUZZ_JOBS=2

fuzz_one() { # target, seconds
  local name corpus
  name=$(basename "$1")
  corpus=build/corpus/$name
  mkdir -p "$corpus"
  "$1" -max_total_time="$2" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 -artifact_prefix="build/$name-" \
    "$corpus" >"build/$name.log" 2>&1
}

run_fuzz() { # seconds
  local targets=(build/sanitize/fuzz/*_fuzz) at target name status
  echo "== fuzz"
  for ((at = 0; at < ${#targets[@]}; at += FUZZ_JOBS)); do
    local batch=("${targets[@]:at:FUZZ_JOBS}") pids=()
    for target in "${batch[@]}"; do
      fuzz_one "$target" "$1" &
      pids+=($!)
    done
    for target in "${batch[@]}"; do
      name=$(basename "$target") status=0
      wait "${pids[0]}" || status=$?
      pids=("${pids[@]:1}")
      note "fuzz $name $1 s, $(sed -n 's/^stat::number_of_executed_units: *//p' "build/$name.log") runs" $status
      [ $status = 0 ] || tail -n 30 "build/$name.log"
    done
  done
}
