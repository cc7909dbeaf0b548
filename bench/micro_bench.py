"""Rows from the Google Benchmark programs: name, time per operation, what it proves."""
import json
import subprocess

PROVES = {
    "catalogue": "which object holds an offset is known at once",
    "policy": "a sweep over a million segments takes no time",
    "access": "counting reads costs the fetch path nothing",
    "stats": "counters are kept, not recomputed",
}


def rows(folder):
    for program in sorted(folder.glob("*_bench")):
        out = subprocess.run([str(program), "--benchmark_format=json", "--benchmark_min_time=0.2"], check=True, capture_output=True)
        for run in json.loads(out.stdout)["benchmarks"]:
            name = run["name"]
            figure = f"{run['real_time']:.1f} {run['time_unit']}"
            if "bytes_per_second" in run:
                figure += f", {run['bytes_per_second'] / 1e6:.0f} MB/s"
            proves = next((text for word, text in PROVES.items() if word in name.lower()), "")
            yield name, figure, run.get("label") or proves
