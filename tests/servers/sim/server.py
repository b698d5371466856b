"""The listening side: takes connections, and hands each request to the venue whose path it is,
or to the control that tests talk to."""

import asyncio
import ssl
import sys
import time

from . import control, http, websocket
from .connection import Connection
from .faults import Faults, Refused
from .kraken import Kraken

VENUES = (Kraken,)
READ_MAX = 1 << 20


class Server:
    def __init__(self, market, options):
        self.market, self.faults = market, Faults(market.products)
        self.venues = [venue(self, options) for venue in VENUES]
        self.rest = dict(control.routes(self))
        self.sockets = {}
        for venue in self.venues:
            self.rest.update(venue.rest)
            self.sockets.update(venue.sockets)
        self.sessions = []
        self.accepted = 0
        self.handshakes = []  # seconds since the start, for tests of back-off
        self.rest_requests = {}
        self._tls = server_context(*options.tls) if options.tls else None
        self._listeners = []
        self._verbose = options.verbose
        self._began = time.monotonic()

    async def listen(self, port):
        """Listens on both loopback addresses where there are two; returns the port."""
        async def start(host, port):
            listener = await asyncio.start_server(self._take, host, port, limit=READ_MAX)
            self._listeners.append(listener)
            return listener.sockets[0].getsockname()[1]
        port = await start("127.0.0.1", port)
        try:
            await start("::1", port)
        except OSError:
            pass  # no IPv6 here, or the port is taken there: localhost falls back to IPv4
        return port

    def log(self, text):
        if self._verbose:
            print(f"exchange: {text}", file=sys.stderr, flush=True)

    async def _take(self, reader, writer):
        self.accepted += 1
        number, connection = self.accepted, Connection(reader, writer)
        try:
            await self.faults.strike("accept", connection, number)
            if self._tls:
                await connection.start_tls(self._tls)
            await self._serve(connection)
            await connection.close()
        except (OSError, EOFError) as error:
            self.log(f"connection {number}: {error!r}")
        except asyncio.CancelledError:
            pass  # the server stops; asyncio would report this as an error of ours
        finally:
            connection.abort()

    async def _serve(self, connection):
        try:
            await self._serve_requests(connection)
        except http.BadRequest as error:
            self.log(f"bad request: {error}")
            await connection.write(http.Answer(400).encode(keep=False))

    async def _serve_requests(self, connection):
        while request := await http.read_request(connection.reader):
            if request.is_websocket and request.path in self.sockets:
                await self._open(request, connection)
                return
            try:
                answer = await self._answer(request)
            except Refused as refused:
                answer = refused.answer
            keep = not request.wants("close")
            await connection.write(answer.encode(keep))
            if not keep:
                return

    async def _answer(self, request):
        act = self.rest.get(request.path)
        if act is None:
            return http.answer_html(404)
        if not request.path.startswith(control.PREFIX):
            count = self.rest_requests.get(request.path, 0) + 1
            self.rest_requests[request.path] = count
            await self.faults.strike("rest", self, sum(self.rest_requests.values()),
                                     path=request.path, subject=request)
        return act(request)

    async def _open(self, request, connection):
        """Answers a WebSocket handshake, and serves what follows."""
        self.handshakes.append(round(time.monotonic() - self._began, 4))
        session = self.sockets[request.path](len(self.handshakes), connection)
        self.log(f"websocket {session.number}: opens")
        try:
            await self.faults.strike("handshake", connection, session.number)
        except Refused as refused:
            await connection.write(refused.answer.encode(keep=False))
            return
        key = request.headers.get("sec-websocket-key")
        if request.method != "GET" or not key:
            raise http.BadRequest("no handshake")
        if request.headers.get("sec-websocket-version") != "13":
            answer = http.Answer(426, headers=(("Sec-WebSocket-Version", "13"),))
            await connection.write(answer.encode(keep=False))
            return
        await connection.write(http.Answer(101, headers=(
            ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", websocket.accept_key(key)))).encode())
        self.sessions.append(session)
        await session.run()
        self.log(f"websocket {session.number}: over, close code {session.close_code}")


def server_context(cert, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context
