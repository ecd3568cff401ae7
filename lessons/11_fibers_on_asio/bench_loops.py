"""Python's contestants of bench_loops.cpp: the same list of pages on another event loop.

    bench_loops.py asyncio|aiohttp|gevent|requests LIST IN_FLIGHT

Fetches every URL of the file LIST, at most IN_FLIGHT at the same time, with connections
that are kept, and keeps all bodies, as the rungs do. Prints how many pages came. Status 1
when one failed, 3 when what it needs is not installed: then it says what.

asyncio   streams of the standard library, and HTTP by hand: what this server sends, and
          no more. It does less than any client that people use.
aiohttp   aiohttp on uvloop.
gevent    http.client, made cooperative by gevent's monkey-patching.
requests  the same with requests, which is what tutorials of gevent fetch with.
"""

import sys


def read_list(file):
    with open(file, encoding="ascii") as lines:
        return lines.read().split()


async def ask(reader, writer, host, path):
    """One request on a connection that is kept; returns status and body."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode("ascii"))
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return status, await reader.readexactly(int(line[15:]))
    raise ValueError("an answer without a length")


def with_asyncio(urls, in_flight):
    import asyncio
    from urllib.parse import urlsplit

    pages = [None] * len(urls)
    todo = iter(range(len(urls)))

    async def worker():
        first = urlsplit(urls[0])
        reader, writer = await asyncio.open_connection(first.hostname, first.port)
        for i in todo:
            parts = urlsplit(urls[i])
            assert parts.netloc == first.netloc, "one server only"
            pages[i] = await ask(reader, writer, parts.netloc, parts.path)
        writer.close()
        await writer.wait_closed()

    async def main():
        await asyncio.gather(*(worker() for _ in range(in_flight)))

    asyncio.run(main())
    return pages


def with_aiohttp(urls, in_flight):
    import asyncio

    import aiohttp
    import uvloop

    pages = [None] * len(urls)
    todo = iter(range(len(urls)))

    async def worker(session):
        for i in todo:
            async with session.get(urls[i]) as answer:
                pages[i] = answer.status, await answer.read()

    async def main():
        connections = aiohttp.TCPConnector(limit=in_flight)
        async with aiohttp.ClientSession(connector=connections) as session:
            await asyncio.gather(*(worker(session) for _ in range(in_flight)))

    uvloop.install()
    asyncio.run(main())
    return pages


def with_gevent(urls, in_flight):
    from gevent import monkey

    monkey.patch_all()  # before anybody else imports socket

    import http.client
    from urllib.parse import urlsplit

    import gevent

    pages = [None] * len(urls)
    todo = iter(range(len(urls)))

    def worker():
        first = urlsplit(urls[0])
        connection = http.client.HTTPConnection(first.hostname, first.port)
        for i in todo:
            parts = urlsplit(urls[i])
            assert parts.netloc == first.netloc, "one server only"
            connection.request("GET", parts.path)
            answer = connection.getresponse()
            pages[i] = answer.status, answer.read()
        connection.close()

    gevent.joinall([gevent.spawn(worker) for _ in range(in_flight)], raise_error=True)
    return pages


def with_requests(urls, in_flight):
    from gevent import monkey

    monkey.patch_all()

    import gevent
    import requests

    pages = [None] * len(urls)
    todo = iter(range(len(urls)))

    def worker():
        with requests.Session() as session:
            for i in todo:
                answer = session.get(urls[i])
                pages[i] = answer.status_code, answer.content

    gevent.joinall([gevent.spawn(worker) for _ in range(in_flight)], raise_error=True)
    return pages


def main():
    contestants = {
        "asyncio": with_asyncio,
        "aiohttp": with_aiohttp,
        "gevent": with_gevent,
        "requests": with_requests,
    }
    if len(sys.argv) != 4 or sys.argv[1] not in contestants:
        sys.exit(__doc__)
    urls = read_list(sys.argv[2])
    try:
        pages = contestants[sys.argv[1]](urls, min(int(sys.argv[3]), len(urls)))
    except ModuleNotFoundError as missing:
        print(missing.name)
        sys.exit(3)
    good = sum(1 for page in pages if page is not None and page[0] == 200)
    print(good)
    sys.exit(0 if good == len(urls) else 1)


if __name__ == "__main__":
    main()
