"""Archive and cold reads of whole segments by the engine, on file:// and on the S3 server that TAKHIN_TEST_S3 names."""
import json
import subprocess

import table


def rows(folder):
    with subprocess.Popen([str(folder / "store_figures"), str(table.MIB)], stdout=subprocess.PIPE, text=True) as program:
        for line in program.stdout:
            row = json.loads(line)
            yield row["what"], row["value"], row["unit"], row["reference"], row["proves"]
    if program.returncode != 0:
        raise subprocess.CalledProcessError(program.returncode, "store_figures")
