#!/usr/bin/env bash
# with_s3.sh NAME... -- COMMAND [ARGS...]: runs COMMAND with real S3 servers (see s3.sh), named in TAKHIN_TEST_S3; stops them
# afterwards. Ends as COMMAND ends.
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/s3.sh"

names=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  names+=("$1")
  shift
done
if [ $# -lt 2 ] || [ ${#names[@]} -eq 0 ]; then
  echo "usage: with_s3.sh NAME... -- COMMAND [ARGS...]" >&2
  exit 2
fi
shift

trap s3_stop_all EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
for name in "${names[@]}"; do s3_start "$name" || exit 1; done
TAKHIN_TEST_S3=$(s3_list)
TAKHIN_TEST_S3_CA=$(s3_ca)
export TAKHIN_TEST_S3 TAKHIN_TEST_S3_CA
"$@"
