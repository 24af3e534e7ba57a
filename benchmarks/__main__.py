"""Every measurement in turn: `python -m benchmarks`; one alone: `python -m benchmarks.pages --help`."""

import subprocess
import sys

MEASUREMENTS = ("importing", "publishing", "pacing", "orders", "pages", "drift", "classes")


def main() -> None:
    for name in MEASUREMENTS:
        print(f"== {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]], check=True)


if __name__ == "__main__":
    main()
