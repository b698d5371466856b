# Coinbase Exchange: messages of the WebSocket channel "matches", as Trade members.
#
#     trade-normalize --source examples/sources/coinbase.jq < coinbase-matches.ndjson
#
# Source: Coinbase Exchange WebSocket documentation, channel "matches" (read in 2026).
# `side` is the maker's there: the taker's is the other one. "last_match" is the last trade before
# the subscription, sent once after it. Ids count from trade to trade within a product.
#
# Answers of REST (GET /products/BTC-USD/trades) name no product: for those use instead
#     .[] | {product_id: "BTC-USD", price, ...
# with the rest as below.
if .type == "error" then
  error("Coinbase says: \(.message) \(.reason // "")")
else
  select(.type == "match" or .type == "last_match")
  | {
      product_id,
      price,
      quantity: .size,
      timestamp: .time,
      trade_id,
      side: (if .side == "buy" then "sell" elif .side == "sell" then "buy" else .side end),
      exchange: "coinbase"
    }
end
