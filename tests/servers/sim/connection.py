"""One TCP connection, and the ways in which it can end."""

import asyncio
import socket
import struct

CLOSE_WAIT_S = 2
FLUSH_POLL_S = 0.001


class Connection:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self._tcp = writer.transport  # stays what it is when TLS is put on top
        self.ended = asyncio.Event()  # the peer's end was read

    async def start_tls(self, context):
        await self.writer.start_tls(context)

    async def write(self, data):
        self.writer.write(data)
        await self.writer.drain()

    def pause_reading(self):
        self.writer.transport.pause_reading()

    def resume_reading(self):
        self.writer.transport.resume_reading()

    def reset(self):
        """Ends with RST; what is not sent yet is lost."""
        self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._tcp.abort()

    async def half_close(self):
        """Ends with FIN alone, no close_notify: what a dying server sends. Waits for the peer's
        own end, bounded: closing over unread bytes would be a reset."""
        await self.flush()
        self._socket().shutdown(socket.SHUT_WR)
        await self.peer_end()

    async def end_of_data(self):
        """Ends with FIN, after close_notify where there is TLS."""
        if self.writer.can_write_eof():
            await self.half_close()
        else:
            await self.flush()
            await self.close()

    async def flush(self):
        """Waits until the kernel has all that was written: drain() is content with less."""
        while self._tcp.get_write_buffer_size() or self.writer.transport.get_write_buffer_size():
            await asyncio.sleep(FLUSH_POLL_S)

    async def peer_end(self):
        try:
            await asyncio.wait_for(self.ended.wait(), CLOSE_WAIT_S)
        except asyncio.TimeoutError:
            pass

    async def close(self):
        """Closes, with close_notify where there is TLS; bounded."""
        self.writer.close()
        try:
            await asyncio.wait_for(self.writer.wait_closed(), CLOSE_WAIT_S)
        except (OSError, asyncio.TimeoutError):
            pass
        self.abort()

    def abort(self):
        """Gives the socket back, whatever state it is in."""
        self._tcp.abort()

    def _socket(self):
        return self._tcp.get_extra_info("socket")
