"""The other half of the race: Python's ways to ask 500 databases, one a run.

    five_hundred_databases.py asyncio | aiomysql | uvloop | thread_pool | process_pool
                              --port P [--hosts N] [--in-flight N]

`asyncio` needs nothing: it speaks as much of the protocol as it takes, by hand. The two pools
need pymysql, the others aiomysql and uvloop (Debian: apt-get install python3-aiomysql
python3-uvloop, which bring pymysql). Prints one line of JSON, as the C++ ways do.
"""

import argparse
import asyncio
import json
import os
import struct
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

QUERY = "select sleep(0.1)"
USER = "ladder"


def host(number):
    number += 1
    return f"127.0.{1 + number // 256}.{number % 256}"


async def read_packet(reader):
    header = await reader.readexactly(4)
    return header[3], await reader.readexactly(int.from_bytes(header[:3], "little"))


def packet(sequence, payload):
    return len(payload).to_bytes(3, "little") + bytes([sequence]) + payload


def check(payload):
    if payload[0] == 0xFF:  # an error: code, '#', state, text
        raise RuntimeError(payload[9:].decode())


async def ask_by_hand(address, port):
    """Logs in without a password, asks, reads the rows, says goodbye. No library."""
    reader, writer = await asyncio.open_connection(address, port)
    try:
        await read_packet(reader)  # the greeting; without a password its salt is not needed
        flags = 1 | 1 << 9 | 1 << 15 | 1 << 19  # protocol 4.1, secure connection, plugins
        login = struct.pack("<IIB23x", flags, 1 << 24, 45) + USER.encode() + b"\0" + b"\0"
        writer.write(packet(1, login + b"mysql_native_password\0"))
        check((await read_packet(reader))[1])
        writer.write(packet(0, b"\x03" + QUERY.encode()))
        rows, ends = [], 0
        while ends < 2:  # columns, EOF, rows, EOF
            _, payload = await read_packet(reader)
            check(payload)
            if payload[0] == 0xFE and len(payload) < 9:
                ends += 1
            elif ends == 1:
                rows.append(payload[1 : 1 + payload[0]])
        writer.write(packet(0, b"\x01"))
        return rows
    finally:
        writer.close()
        await writer.wait_closed()


async def ask_with_aiomysql(address, port):
    import aiomysql

    connection = await aiomysql.connect(host=address, port=port, user=USER)
    try:
        async with connection.cursor() as cursor:
            await cursor.execute(QUERY)
            return await cursor.fetchall()
    finally:
        await connection.ensure_closed()


def ask_with_pymysql(address, port):
    import pymysql

    connection = pymysql.connect(host=address, port=port, user=USER)
    try:
        with connection.cursor() as cursor:
            cursor.execute(QUERY)
            return cursor.fetchall()
    finally:
        connection.close()


def outcome(rows):
    return "" if len(rows) == 1 else "an answer without a row"


def describe(error):
    if isinstance(error, OSError):
        return os.strerror(error.errno) if error.errno else str(error)
    return f"{type(error).__name__}: {error}"  # the client's own errors, by whatever name


def one_host(number, port):
    try:
        return outcome(ask_with_pymysql(host(number), port))
    except Exception as error:
        return describe(error)


def ask_with_pool(executor, port, hosts, in_flight):
    start = time.perf_counter()
    with executor(in_flight) as pool:
        seen = Counter(pool.map(one_host, range(hosts), [port] * hosts))
        return time.perf_counter() - start, seen


async def ask_all(ask, port, hosts, in_flight):
    seen = Counter()
    free = asyncio.Semaphore(in_flight)

    async def one(number):
        async with free:
            try:
                seen[outcome(await ask(host(number), port))] += 1
            except Exception as error:
                seen[describe(error)] += 1

    start = time.perf_counter()
    await asyncio.gather(*map(one, range(hosts)))
    return time.perf_counter() - start, seen


def main():
    parser = argparse.ArgumentParser()
    pools = {"thread_pool": ThreadPoolExecutor, "process_pool": ProcessPoolExecutor}
    parser.add_argument("way", choices=["asyncio", "aiomysql", "uvloop", *pools])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--in-flight", type=int, default=500)
    parser.add_argument("--processes", type=int, help="for the C++ ways; ignored")
    options = parser.parse_args()
    try:
        if options.way in pools:
            import pymysql  # noqa: F401 - not while the clock runs
        elif options.way != "asyncio":
            import aiomysql  # noqa: F401
        if options.way == "uvloop":
            import uvloop

            uvloop.install()
    except ImportError as error:
        print(json.dumps({"failure": str(error)}))
        return 1
    work = (options.port, options.hosts, options.in_flight)
    if options.way in pools:
        seconds, seen = ask_with_pool(pools[options.way], *work)
    else:
        ask = ask_by_hand if options.way == "asyncio" else ask_with_aiomysql
        seconds, seen = asyncio.run(ask_all(ask, *work))
    good = seen.pop("", 0)
    print(json.dumps({"seconds": round(seconds, 6), "good": good, "errors": seen}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
