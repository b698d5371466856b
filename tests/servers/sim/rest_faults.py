"""What can happen to any answer on its way: errors of edges and of exchanges, bodies that are cut,
slow or of another length, connections that end. See faults."""

import asyncio
from functools import wraps

from . import http
from .budget import now_ms
from .faults import Choice, Dropped, Refused, rest_fault

TRADES = "/0/public/Trades"
BINANCE = "/api/v3/*"
CODES = {
    -1000: (400, "An unknown error occurred while processing the request."),
    -1001: (500, "Internal error; unable to process your request. Please try again."),
    -1003: (429, "Too much request weight used; current limit is 6000 request weight per 1 MINUTE. "
                 "Please use WebSocket Streams for live updates to avoid polling the API."),
    -1006: (500, "An unexpected response was received from the message bus. Execution status "
                 "unknown."),
    -1007: (500, "Timeout waiting for response from backend server. Send status unknown; execution "
                 "status unknown."),
    -1008: (503, "Server is currently overloaded with other requests. Please try again in a few "
                 "minutes."),
    -1016: (503, "This service is no longer available."),
    -1121: (400, "Invalid symbol."),
    -1130: (400, "Invalid data sent for a parameter."),
}
BANNED = "Way too much request weight used; IP banned until {}. Please use WebSocket Streams for " \
    "live updates to avoid bans."
RESTRICTED = "Service unavailable from a restricted location according to 'b. Eligibility' in " \
    "https://www.binance.com/en/terms. Please contact customer service if you believe you " \
    "received this message in error."


def retry_after(seconds):
    return () if seconds is None else (("Retry-After", str(seconds)),)


@rest_fault("rest-switch-on", "request", faults=())
def rest_switch_on(request, m, _):
    """Switches these faults on when a request comes: a drop at the event now ends connections while
    a client repairs, and with the fault delay at the same request long before it is answered."""
    for spec in m.faults:
        request.switch_on(spec)


# In place of an answer.

@rest_fault("rest-answer", "request", status=200, error=None, body=None, type="application/json",
            retry_after=None)
def rest_answer(_, m, __):
    """Answers with an error in Kraken's envelope, with the given body, or with a page of HTML such
    as edges send (502, 503, 520, 403)."""
    headers = retry_after(m.retry_after)
    if m.error is not None:
        answer = http.answer_json({"error": [m.error]}, m.status)
        answer.headers = headers
        raise Refused(answer)
    if m.body is not None:
        raise Refused(http.Answer(m.status, m.body.encode(), m.type, headers))
    raise Refused(http.answer_html(m.status, headers=headers))


@rest_fault("kraken-error", "request", TRADES, error="EGeneral:Too many requests", seconds=None)
def kraken_error(_, m, __):
    """Kraken's error, with status 200: "EAPI:Rate limit exceeded", "EGeneral:Temporary lockout",
    "EService:Busy"...; with seconds, "EService:Throttled:" and the time when they are over."""
    error = m.error
    if m.seconds is not None:
        error = f"EService:Throttled:{now_ms() // 1000 + m.seconds}"
    raise Refused(http.answer_json({"error": [error]}))


@rest_fault("binance-error", "request", BINANCE, code=-1003, status=None, msg=None,
            retry_after=None)
def binance_error(_, m, __):
    """Binance's error: status and msg follow from the code unless they are given. With status 418
    and code -1003: banned for retry_after seconds."""
    status, text = CODES.get(m.code, (400, "Unknown."))
    status = m.status or status
    if status == 418:
        text = BANNED.format(now_ms() + 1000 * (m.retry_after or 0))
    answer = http.answer_json({"code": m.code, "msg": text if m.msg is None else m.msg}, status)
    answer.headers = retry_after(m.retry_after)
    raise Refused(answer)


@rest_fault("restricted", "request", BINANCE, times="always")
def restricted(_, __, ___):
    """451: not from this country."""
    raise Refused(http.answer_json({"code": 0, "msg": RESTRICTED}, 451))


@rest_fault("object", "request", "/api/v3/aggTrades", body="{}")
def object_(_, m, __):
    """An object with status 200 where an array is due."""
    raise Refused(http.Answer(200, m.body.encode()))


@rest_fault("redirect", "request", status=302, location="/elsewhere")
def redirect(_, m, __):
    """To location, with an empty body."""
    raise Refused(http.Answer(m.status, b"", "text/html", (("Location", m.location),)))


@rest_fault("empty", "request", status=200)
def empty(_, m, __):
    """An empty body."""
    raise Refused(http.Answer(m.status))


# The answer, sent otherwise. The connection ends with it.

AFTER = Choice("request", "head", "body")


def sending(name, **members):
    """A fault that sends an answer: one is enough, others wait for another request."""
    def register(act):
        @rest_fault(name, "answer", **members)
        @wraps(act)
        def strike(_, m, answer):
            if answer.deliver:
                return False
            answer.deliver = lambda connection, answer: act(connection, m, answer)
            return True
        return strike
    return register


def part(answer, m):
    """The bytes of the body that are sent: so many, or half of them."""
    return answer.body[:len(answer.body) // 2 if m.bytes is None else m.bytes]


async def send_until(connection, m, answer):
    """The answer up to what m.after says."""
    if m.after != "request":
        body = part(answer, m) if m.after == "body" else b""
        await connection.write(answer.head(keep=False) + body)


async def reset_connection(connection):
    await connection.flush()
    connection.reset()
    raise Dropped("rst")


@sending("truncate", bytes=None, how=Choice("fin", "rst"))
async def truncate(connection, m, answer):
    """The right Content-Length, half of the body (or so many bytes), and the end."""
    await connection.write(answer.head(keep=False) + part(answer, m))
    if m.how == "rst":
        await reset_connection(connection)
    await connection.end_of_data()


@sending("length", by=10)
async def length(connection, m, answer):
    """A Content-Length that is so much above what is sent, or below."""
    size = max(0, len(answer.body) + m.by)
    await connection.write(answer.head(keep=False, length=size) + answer.body)
    await connection.end_of_data()


@sending("drip", bytes=1, pause=0.05)
async def drip(connection, m, answer):
    """The body in pieces of so many bytes, with pauses in seconds."""
    await connection.write(answer.head(keep=False))
    for start in range(0, len(answer.body), m.bytes):
        await asyncio.sleep(m.pause)
        await connection.write(answer.body[start:start + m.bytes])
    await connection.end_of_data()


@sending("delay", seconds=1)
async def delay(connection, m, answer):
    """The whole answer, later."""
    await asyncio.sleep(m.seconds)
    await connection.write(answer.encode(keep=False))


@sending("hang", after=AFTER, bytes=None)
async def hang(connection, m, answer):
    """Nothing more comes, and the connection stays: after the request, the head, or half of the
    body (or so many bytes)."""
    await send_until(connection, m, answer)
    while await connection.reader.read(4096):
        pass


@sending("reset", after=AFTER, bytes=None)
async def reset(connection, m, answer):
    """The connection is reset: after the request, the head, or half of the body (or so many
    bytes)."""
    await send_until(connection, m, answer)
    await reset_connection(connection)


@sending("hang-up")
async def hang_up(connection, _, __):
    """The connection ends, and nothing was said."""
    await connection.end_of_data()


@rest_fault("cached", "answer", times="always", seconds=2)
def cached(request, m, answer):
    """An edge that gives the answer of before to the same URL, for so many seconds."""
    if answer.status != 200:
        return False
    kept = m.__dict__.setdefault("kept", {})
    when, body = kept.get(request.target, (0, None))
    if body is None or now_ms() - when >= m.seconds * 1000:
        kept[request.target] = (now_ms(), answer.body)
        return False
    answer.body = body
    return True
