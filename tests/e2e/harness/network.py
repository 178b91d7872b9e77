"""The wires between processes under test, which can be cut, frozen and slowed: a TCP proxy in front of every server.

A connection belongs to a pair (from, to): `to` is the server behind the port that was called, `from` the process that
called, found by its socket in /proc. While a pair is *held* its bytes stay on the way, as in a network that drops
packets: nobody gets an error, what was sent arrives when it is let go. A pair that is *broken* loses its connections,
and new ones end at once. Everything runs on a thread of its own."""
import asyncio
import os
import pathlib
import threading


class Network:
    def __init__(self, pids=lambda: {}):
        """`pids`: {pid: name} of the processes that may call; others are "?"."""
        self._pids = pids
        self._held, self._broken, self._delays = set(), set(), {}
        self._servers = {}  # by the port they lead to
        self._connections = {}  # (from, to): set of writers to abort
        self._loop = asyncio.new_event_loop()
        self._changed = None
        self._tasks = set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def listen(self, to, port):
        """A port of this machine that leads to the server `to` on `port`. Where nobody listens there, nobody does here:
        clients with a list of servers go to the next one only when they are refused."""
        return asyncio.run_coroutine_threadsafe(self._listen(to, port, 0), self._loop).result(10)

    def hold(self, *pairs):
        self._do(lambda: self._held.update(pairs))

    def break_(self, *pairs):
        def act():
            self._broken.update(pairs)
            for pair in pairs:
                for writer in list(self._connections.get(pair, ())):
                    writer.transport.abort()
        self._do(act)

    def slow(self, seconds, *pairs):
        """Each piece of data takes so much longer, in either direction."""
        self._do(lambda: self._delays.update({pair: seconds for pair in pairs}))

    def heal(self):
        def act():
            self._held.clear()
            self._broken.clear()
            self._delays.clear()
        self._do(act)

    def close(self):
        async def end():
            for server in self._servers.values():
                server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    # ---- on the thread

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._changed = asyncio.Event()
        self._loop.run_forever()

    def _do(self, act):
        def both():
            act()
            self._changed.set()
            self._changed = asyncio.Event()
        self._loop.call_soon_threadsafe(both)

    async def _listen(self, to, port, local):
        server = await asyncio.start_server(lambda r, w: self._serve(to, port, r, w), "127.0.0.1", local)
        self._servers[port] = server
        return server.sockets[0].getsockname()[1]

    def _close_until_there(self, to, port):
        server = self._servers.pop(port, None)
        if server is None:
            return
        local = server.sockets[0].getsockname()[1]
        server.close()

        async def reopen():
            while True:
                await asyncio.sleep(0.05)
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    continue
                writer.close()
                return await self._listen(to, port, local)
        self._keep(self._loop.create_task(reopen()))

    def _keep(self, task):
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, to, port, reader, writer):
        self._keep(asyncio.current_task())
        pair = (self._caller(writer.get_extra_info("peername")[1]), to)
        writers = {writer}
        try:
            if pair in self._broken:
                return
            try:
                there_reader, there = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                return self._close_until_there(to, port)
            writers.add(there)
            self._connections.setdefault(pair, set()).update(writers)
            await asyncio.gather(self._pump(pair, reader, there), self._pump(pair, there_reader, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for one in writers:
                self._connections.get(pair, set()).discard(one)
                one.transport.abort()

    async def _pump(self, pair, reader, writer):
        while data := await reader.read(1 << 16):
            if pair in self._delays:
                await asyncio.sleep(self._delays[pair])
            while pair in self._held:
                await self._changed.wait()
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    def _caller(self, port):
        """The name of the process whose socket has this local port."""
        inode = None
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            for line in pathlib.Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if int(fields[1].rsplit(":", 1)[1], 16) == port and fields[9] != "0":
                    inode = f"socket:[{fields[9]}]"
        for pid, name in self._pids().items():
            if inode in _files_of(pid):
                return name
        return "?"


def _files_of(pid):
    files = set()
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"):
            try:
                files.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
            except OSError:
                pass  # closed just now
    except OSError:
        pass  # the process has gone
    return files
