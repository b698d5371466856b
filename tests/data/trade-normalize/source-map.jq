# Trades of an exchange that is not known, several in an answer.
.trades[]? | {
	product_id: .pair,
	price: .px,
	quantity: .size,
	timestamp_ms: .at,
	trade_id: .n,
	side: (if .taker == "B" then "buy" else "sell" end),
	exchange: "elsewhere"
}
