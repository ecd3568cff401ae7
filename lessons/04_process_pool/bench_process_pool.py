"""The other half of bench_process_pool.cpp: the same measurements with Python's own pools.

Prints one number on its last line; bench_process_pool.cpp asks for one measurement at a time.
"""

import os
import signal
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import Pool, active_children

FAULT_TASKS = 400
KILL_AFTER = 50


def same(n):
    return n


def one_millisecond(n):
    end = time.perf_counter() + 0.001
    while time.perf_counter() < end:
        pass
    return n


def tasks_per_second(workers, count, chunk):
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(same, range(workers)))  # they have started
        start = time.perf_counter()
        assert list(pool.map(same, range(count), chunksize=chunk)) == list(range(count))
        return count / (time.perf_counter() - start)


def round_trips_per_second(workers, count):
    with ProcessPoolExecutor(workers) as pool:
        pool.submit(same, 0).result()
        start = time.perf_counter()
        for i in range(count):
            pool.submit(same, i).result()
        return count / (time.perf_counter() - start)


def lost_by_executor(workers):
    good = 0
    with ProcessPoolExecutor(workers) as pool:
        futures = [pool.submit(one_millisecond, i) for i in range(FAULT_TASKS)]
        futures[KILL_AFTER].result()
        os.kill(active_children()[0].pid, signal.SIGKILL)
        for one in futures:
            try:
                one.result()
                good += 1
            except BrokenProcessPool:
                pass
    return FAULT_TASKS - good


def lost_by_pool(workers):
    """A lost task's result never comes, so each wait has a limit."""
    pool = Pool(workers)
    results = [pool.apply_async(one_millisecond, (i,)) for i in range(FAULT_TASKS)]
    results[KILL_AFTER].get()
    os.kill(active_children()[0].pid, signal.SIGKILL)
    end = time.perf_counter() + 5
    for one in results:
        one.wait(max(0, end - time.perf_counter()))
    lost = FAULT_TASKS - sum(one.ready() for one in results)
    print(lost, flush=True)
    # terminate() and join() may hang after a kill, and a thread of the pool starts workers
    # for those that are gone.
    end_all()


def end_all(*_):
    """Ends all of this group: the pool's processes, and we with them."""
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, end_all)  # Ctrl-C, or the time is over
    os.setpgid(0, 0)
    what, workers, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if what == "tasks":
        print(round(tasks_per_second(workers, count, 1)))
    elif what == "chunks":
        print(round(tasks_per_second(workers, count, 64)))
    elif what == "trips":
        print(round(round_trips_per_second(workers, count)))
    elif what == "executor":
        print(lost_by_executor(workers))
    elif what == "pool":
        lost_by_pool(workers)
