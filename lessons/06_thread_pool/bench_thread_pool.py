"""The other half of bench_thread_pool.cpp: the same measurements with Python's own pool.

python3 bench_thread_pool.py tasks|trips WORKERS COUNT prints one number.
"""

import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor


def nothing():
    return 0


def tasks_per_second(workers, count):
    with ThreadPoolExecutor(workers) as pool:
        start = time.perf_counter()
        futures = [pool.submit(nothing) for _ in range(count)]
        for future in futures:
            future.result()
        return count / (time.perf_counter() - start)


def round_trips_per_second(workers, count):
    with ThreadPoolExecutor(workers) as pool:
        pool.submit(nothing).result()
        start = time.perf_counter()
        for _ in range(count):
            pool.submit(nothing).result()
        return count / (time.perf_counter() - start)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C: end, without a traceback
    what, workers, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    measure = tasks_per_second if what == "tasks" else round_trips_per_second
    print(round(sorted(measure(workers, count) for _ in range(3))[1]))
