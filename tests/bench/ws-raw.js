// The rival of tests/bench/tail.sh: Node's ws writing the raw frames of one subscription, a line
// each, to standard output.
//
// usage: ws-raw.js URL COUNT SUBSCRIBE
"use strict";

const fs = require("fs");
const WebSocket = require("ws");

const [url, count, subscribe] = process.argv.slice(2);
const held = [];
let left = Number(count);
let bytes = 0;

function flush() {
	fs.writeSync(1, held.join(""));
	held.length = bytes = 0;
}

const socket = new WebSocket(url, { perMessageDeflate: false });
socket.on("open", () => socket.send(subscribe));
socket.on("message", (data) => {
	const line = `${data}\n`;
	held.push(line);
	bytes += line.length;
	left -= 1;
	if (bytes > 65536 || left === 0) flush();
	if (left === 0) socket.terminate();
});
