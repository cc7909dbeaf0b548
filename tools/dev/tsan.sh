#!/usr/bin/env bash
# The programs whose threads share memory, built by clang with ThreadSanitizer in build/tsan and run. Exit 1 when one finds a race.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tools/dev/install.sh
PROGRAMS="base_test object_test log_test tier_test partition_test broker_test"

install_packages build clang
mkdir -p build
if [ ! -f build/tsan/build.ninja ]; then
  cmake -S . -B build/tsan -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_CXX_FLAGS=-O1 \
    -DTAKHIN_SANITIZE=thread >build/tsan.configure.log
fi
# shellcheck disable=SC2086 # a list
ninja -C build/tsan -j "$(nproc)" $PROGRAMS | tail -n 3
status=0
for program in $PROGRAMS; do
  echo "== tsan $program"
  (cd build/tsan && TSAN_OPTIONS=second_deadlock_stack=1 timeout 900 src/"$program" --gtest_brief=1) || status=1
done
exit $status
