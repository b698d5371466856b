/*
 * What Binance sends, told apart: events of its WebSocket, raw or of a combined stream, answers to
 * requests, error answers. Pure functions over bytes.
 *
 * Source: Binance spot API documentation, "WebSocket streams" and "Error codes" (read in 2026), and
 * recordings of 2021. Members are found by name.
 */
#ifndef TRADEPIPE_MARKET_BINANCE_MESSAGE_H
#define TRADEPIPE_MARKET_BINANCE_MESSAGE_H

#include "base/span.h"
#include "json/json.h"

enum binance_kind {
	BINANCE_FOREIGN,     /* no message of Binance that is known */
	BINANCE_AGGTRADE,    /* `trade` is the object that binance_trade_read() reads */
	BINANCE_PLAIN_TRADE, /* a `trade` event, or a row of the trades or historicalTrades answers:
			      * their ids are other ones */
	BINANCE_NO_TRADE,    /* of an aggTrade stream, whose data are no event and no trade */
	BINANCE_ERROR,	     /* `code` and `text` */
	BINANCE_OTHER,	     /* any other event, or the answer to a request */
};

struct binance_message {
	enum binance_kind kind;
	struct span trade;	/* BINANCE_AGGTRADE: the object, without the wrapper */
	struct json_value code; /* BINANCE_ERROR: a number, or JSON_NONE */
	struct json_value text; /* BINANCE_ERROR: a string, or JSON_NONE */
};

/* Classifies an object that json_scan() has found to be one. A native record or an object of a REST
 * answer (it has "a" and "p" and no "e") is BINANCE_AGGTRADE; one with four members of a trade or more
 * is that whatever else it has, an "e" aside. */
void binance_message_read(struct span object, struct binance_message *message);

#endif
