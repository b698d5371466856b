"""As much of HTTP/1.1 as a test server needs: requests without a body or with a Content-Length,
keep-alive, answers held whole in memory."""

import asyncio
import gzip
import json
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

BODY_MAX = 1 << 20
REASONS = {101: "Switching Protocols", 200: "OK", 301: "Moved Permanently", 302: "Found",
           307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request",
           403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 418: "I'm a teapot",
           426: "Upgrade Required", 429: "Too Many Requests",
           451: "Unavailable For Legal Reasons", 500: "Internal Server Error",
           502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
           520: "Web Server Returned an Unknown Error", 524: "A Timeout Occurred"}


class BadRequest(Exception):
    """What came is not HTTP as we speak it."""


@dataclass
class Request:
    method: str
    path: str
    query: dict
    headers: dict  # names in lower case
    body: bytes
    target: str = ""  # path and query, as they came
    product: str = None  # what is asked about, where the venue knows it
    faults: tuple = ()  # those that may strike it
    switch_on: object = None  # takes the spec of a fault

    def wants(self, token):
        """Whether the Connection header holds the token."""
        tokens = self.headers.get("connection", "").lower().split(",")
        return token in (word.strip() for word in tokens)

    @property
    def is_websocket(self):
        return self.headers.get("upgrade", "").lower() == "websocket" and self.wants("upgrade")


async def read_request(reader):
    """The next request, None when the peer has closed between two."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise BadRequest("cut off") from None
        return None
    except asyncio.LimitOverrunError:
        raise BadRequest("header too long") from None
    lines = head.decode("latin-1").split("\r\n")
    try:
        method, target, version = lines[0].split(" ")
        headers = dict(line.split(":", 1) for line in lines[1:] if line)
        headers = {name.lower(): value.strip() for name, value in headers.items()}
        length = int(headers.get("content-length", 0))
    except ValueError:
        raise BadRequest("malformed request") from None
    if version != "HTTP/1.1" or not 0 <= length <= BODY_MAX:
        raise BadRequest("version or length not supported")
    url = urlsplit(target)
    return Request(method, unquote(url.path), dict(parse_qsl(url.query, keep_blank_values=True)),
                   headers, await reader.readexactly(length), target)


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    type: str = "application/json"
    headers: tuple = ()  # of (name, value)
    deliver: object = None  # a coroutine function(connection, answer), where a fault sends it

    def add(self, name, value):
        self.headers += ((name, str(value)),)

    def compress(self):
        self.body = gzip.compress(self.body, mtime=0)
        self.add("Content-Encoding", "gzip")

    def encode(self, keep=True):
        return self.head(keep) + self.body

    def head(self, keep=True, length=None):
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.status != 101:
            length = len(self.body) if length is None else length
            lines += [f"Content-Type: {self.type}", f"Content-Length: {length}",
                      f"Connection: {'keep-alive' if keep else 'close'}"]
        return "\r\n".join(lines + ["", ""]).encode()


def dumps(value):
    return json.dumps(value, separators=(",", ":"))


def answer_json(value, status=200):
    return Answer(status, dumps(value).encode())


def answer_html(status, size=1024, headers=()):
    """What an edge in front of an exchange answers: HTML, about a kilobyte of it."""
    title = f"{status} {REASONS.get(status, 'Error')}"
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1>"
    body = page.ljust(size - len("</body></html>")) + "</body></html>"
    return Answer(status, body.encode(), "text/html; charset=UTF-8", headers)


def answer_s3_missing(path):
    """What the store behind data.binance.vision says."""
    text = ('<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The '
            f"specified key does not exist.</Message><Key>{escape(path.lstrip('/'))}</Key>"
            "<RequestId>5RX1Q2N0V7GQZ3T1</RequestId><HostId>simulated</HostId></Error>")
    return Answer(404, text.encode(), "application/xml")
