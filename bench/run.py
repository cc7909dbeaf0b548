"""./dev bench [kafka] [MIB=.. RECORDS=.. ROUNDS=.. PARTS=micro,store,broker]: one table. A row says what it proves, and is compared
with a published figure, a physical limit or a peer of the same run where there is one."""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools/pylib"))
sys.path.insert(0, str(HERE))

import broker_bench
import micro_bench
import store_figures
import table

BUILD = HERE.parent / "build/bench/bench"


def main():
    with tempfile.TemporaryDirectory(prefix="takhin-bench-") as work:
        parts = {
            "micro": ("One operation", lambda: micro_bench.rows(BUILD)),
            "store": (f"A segment of {table.MIB} MiB, archived and read back", lambda: store_figures.rows(BUILD)),
            "broker": (f"Broker, {table.RECORDS:,} records of 1 KiB", lambda: broker_bench.rows(pathlib.Path(work), "kafka" in sys.argv[1:])),
        }
        for part in table.PARTS:
            title, rows = parts[part]
            table.section(title)
            for row in rows():
                table.show(*row)


if __name__ == "__main__":
    try:
        main()
    except (subprocess.CalledProcessError, RuntimeError) as error:
        sys.exit(f"bench: {error}")
