# Bybit: messages of the WebSocket topic "publicTrade.SYMBOL" of API v5, as Trade members.
#
#     trade-normalize --source examples/sources/bybit.jq < bybit-trades.ndjson
#
# Source: Bybit API v5 documentation, WebSocket stream, public, trade (read in 2026).
# `S` is the taker's side, `T` the time of the trade in milliseconds. `i` is no trade_id: it is a
# UUID for derivatives, and does not count from trade to trade of one product.
#
# A message does not tell its market, and BTCUSDT is a name in several of them: edit the last member
# to keep them apart.
if .success == false then
  error("Bybit says: \(.ret_msg)")
else
  select(.topic // "" | startswith("publicTrade."))
  | .data[]
  | {
      product_id: .s,
      price: .p,
      quantity: .v,
      timestamp: .T,
      side: (.S | ascii_downcase),
      exchange: "bybit"
    }
end
