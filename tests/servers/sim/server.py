"""The listening side: takes connections, and hands each request to the venue whose path it is,
or to the control that tests talk to."""

import asyncio
import ssl
import sys
import time
from collections import deque

from . import archive_faults, control, feed_faults, http, page_faults, rest_faults  # noqa: F401
from . import websocket
from .binance import Binance
from .chaos import Chaos
from .connection import Connection
from .faults import Faults, Refused, apply
from .kraken import Kraken

VENUES = (Kraken, Binance)
RECENT = 100
READ_MAX = 1 << 20


class Server:
    def __init__(self, market, options):
        self.market = market
        self.venues = [venue(self, options) for venue in VENUES]
        self.products = {name: product for venue in self.venues
                         for name, product in venue.products.items()}
        self.sessions = []
        self.system = "online"  # what status messages and SystemStatus say
        self.faults = Faults(self.products, self.sessions)
        self.chaos = None
        if options.chaos is not None:
            self.chaos = Chaos(options.chaos, market.products.values(), options.chaos_faults,
                               options.chaos_hide)
            market.restless = True
            for spec in self.chaos.plan:
                self.faults.add(spec)
        self.rest = {path: (None, act) for path, act in control.routes(self)}
        self.sockets = {}
        for venue in self.venues:
            self.rest.update((path, (venue, act)) for path, act in venue.rest.items())
            self.sockets.update(venue.sockets)
        self.accepted = 0
        self.handshakes = []  # seconds since the start, for tests of back-off
        self.rest_requests = {}
        self.answers = {}  # path -> status -> how many
        self.recent = deque(maxlen=RECENT)  # for tests that ask what a client has sent
        self.agents = {}
        self._tls = server_context(*options.tls) if options.tls else None
        self._listeners = []
        self._verbose, self._compress = options.verbose, options.compress
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
            answer = self._answer(request)
            if answer.deliver:
                await answer.deliver(connection, answer)
                return
            keep = not request.wants("close")
            await connection.write(answer.encode(keep))
            if not keep:
                return

    def _find(self, path):
        """(venue, act) of a path; no venue where the control has it, no act where nobody has."""
        for venue in self.venues:
            for prefix, act in venue.prefixes.items():
                if path.startswith(prefix):
                    return venue, act
        return self.rest.get(path, (None, None))

    def _answer(self, request):
        venue, act = self._find(request.path)
        if not venue:
            return act(request) if act else http.answer_html(404)
        request.product = venue.name_of(request)
        self._record(request)
        answer = venue.admit(request) or self._struck(request, act)
        venue.dress(request, answer)
        statuses = self.answers.setdefault(request.path, {})
        statuses[str(answer.status)] = statuses.get(str(answer.status), 0) + 1
        takes = request.headers.get("accept-encoding", "")
        if self._compress and "zip" not in answer.type and "gzip" in takes:
            answer.compress()
        return answer

    def _record(self, request):
        self.rest_requests[request.path] = self.rest_requests.get(request.path, 0) + 1
        self.recent.append({"target": request.target, "headers": request.headers})
        agent = request.headers.get("user-agent", "")
        self.agents[agent] = self.agents.get(agent, 0) + 1

    def _struck(self, request, act):
        """The answer, as faults leave it."""
        request.switch_on = self.faults.add
        request.faults = self.faults.meeting(request, sum(self.rest_requests.values()))
        try:
            apply(request, "request", None)
            answer = act(request)
        except Refused as refused:
            answer = refused.answer
        apply(request, "answer", answer)
        return answer

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
