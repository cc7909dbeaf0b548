#!/usr/bin/env bash
# Kafka's own DumpLogSegments reads a log that our log room wrote, without a broker: every record, index entry and producer state.
#   tests/e2e/dump_log_segments.sh BUILD_DIR KAFKA_LIBS
set -euo pipefail

build=${1:?build directory} libs=${2:-}
if ! command -v java >/dev/null; then echo "skipped: no java"; exit 0; fi
if [[ -z $libs ]] || ! compgen -G "$libs/kafka-tools-*.jar" >/dev/null; then echo "skipped: no Kafka jars in '$libs'"; exit 0; fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/takhin-dump-XXXXXX")
trap 'rm -rf "$dir"' EXIT
log=$dir/topic-0
mkdir "$log"

"$build/tests/tools/make_log" "$log" >"$dir/made"
made() { awk -v name="$1" '$1 == name { print $2 }' "$dir/made"; }

dump() {  # dump EXTENSION ARGS...: the tool's output for all files of one kind
  local files
  files=$(printf '%s,' "$log"/*."$1")
  java -cp "$libs/*" kafka.tools.DumpLogSegments "${@:2}" --files "${files%,}" 2>"$dir/stderr" || { cat "$dir/stderr"; exit 1; }
}
failed=0
expect() {  # expect WHAT WANTED GOT
  if [[ $2 == "$3" ]]; then echo "ok   $1: $3"; else echo "FAIL $1: want $2, got $3"; failed=1; fi
}
count() { grep -cE "$1" || true; }

dump log --deep-iteration --print-data-log >"$dir/log.txt"
expect "records (with markers)" "$(made records)" "$(count '^\| offset: ' <"$dir/log.txt")"
expect "batches" "$(made batches)" "$(count '^baseOffset: ' <"$dir/log.txt")"
expect "markers" "$(made markers)" "$(count 'endTxnMarker: ' <"$dir/log.txt")"
expect "codecs" "gzip lz4 none snappy zstd " "$(grep -oE 'compresscodec: [a-z0-9]+' "$dir/log.txt" | awk '{print $2}' | sort -u | tr '\n' ' ')"
expect "invalid batches" 0 "$(count 'isvalid: false' <"$dir/log.txt")"
expect "offsets without a gap" "$(($(made records) - 1))" "$(grep -oE '^\| offset: [0-9]+' "$dir/log.txt" | awk '{ if ($3 != NR - 1) bad = 1 } END { print bad ? "a gap" : $3 }')"

dump index >"$dir/index.txt"
expect "offset index entries" "$(made offset_entries)" "$(count '^offset: [0-9]+ position: ' <"$dir/index.txt")"
dump index --index-sanity-check >"$dir/index_sanity.txt"
expect "offset indexes that pass the sanity check" "$(made segments)" "$(count 'passed sanity check|is empty' <"$dir/index_sanity.txt")"
dump timeindex >"$dir/timeindex.txt"
expect "time index entries" "$(made time_entries)" "$(count '^timestamp: [0-9]+ offset: ' <"$dir/timeindex.txt")"
dump timeindex --index-sanity-check >"$dir/timeindex_sanity.txt"
expect "time indexes that pass the sanity check" "$(made segments)" "$(count 'passed sanity check' <"$dir/timeindex_sanity.txt")"
dump txnindex >"$dir/txnindex.txt"
expect "aborted transactions" "$(made aborted)" "$(count '^version: 0 producerId: 501 ' <"$dir/txnindex.txt")"
dump snapshot >"$dir/snapshot.txt"
snapshots=$(compgen -G "$log/*.snapshot" | wc -l)
expect "producer states (two a snapshot)" "$((snapshots * 2))" "$(count '^producerId: ' <"$dir/snapshot.txt")"
for kind in log index timeindex index_sanity timeindex_sanity txnindex snapshot; do
  expect "complaints about $kind" 0 "$(grep -ciE 'corrupt|mismatch|not found|out of order|non-consecutive|error|exception' "$dir/$kind.txt" || true)"
done
exit $failed
