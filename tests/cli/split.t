#!/bin/sh
# The same input cut into two reads at every byte boundary gives the same output, account and exit
# code: what a program has of a line when it must wait makes no difference.
. "$(dirname -- "$0")/../lib.sh"

# Lines of all sources, and what is odd about lines.
sample() {
	cat <<-'END'
		{"symbol":"BTC/USD","side":"buy","price":83320.6,"qty":0.00034127,"ord_type":"limit","trade_id":1,"timestamp":"2026-09-30T01:34:50.331350Z"}

		{"channel":"heartbeat"}
		{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"sell","price":2668.00,"qty":4e-4,"trade_id":2,"timestamp":"2026-09-30T01:34:51.000001Z"},{"side":1}]}
		{"error":[],"result":{"XXBTZUSD":[["30243.40000","0.34507674",1790732092.8277369,"b","m","",4],["30243.3","1.0",1790732093,"s","l",""]],"last":"1688671969993150842"}}
		{"s":"币安USDT","a":0,"p":"0.01633102","q":"4.70443515","f":27781,"l":27781,"T":1498793709153,"m":true,"M":true}
		{"s":"B\u0054C_PERP","market":"cm","a":7,"p":"1.50","q":"10","f":1,"l":2,"T":1498793709153,"m":false}
		{"stream":"bnbbtc@aggTrade","data":{"e":"aggTrade","E":1672515782136,"s":"BNBBTC","a":12345,"p":"0.001","q":"100","f":100,"l":105,"T":1672515782136,"m":true,"M":true}}
		[{"a":1,"p":"1","q":"2","f":1,"l":1,"T":1577977823305,"m":false,"M":true},{"a":2,"p":"0","q":"0","f":-1,"l":-1,"T":1577977823305,"m":false,"M":true}]
		agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker
		3,87648.21000000,0.08185000,5723703861,5723703861,1767225600039409,True,True
		"4","7189.43","0.030","25247504","25247504","1577836801481","true"
		{"product_id":"é\ud83d\ude00/\"EUR\"","price":"1.5E3","quantity":1,"timestamp_ms":1790732090331,"exchange":"kraken"}
		{"symbol":"BTC/USD","price":
		no JSON
	END
	printf '{"symbol":"\377"}\n'
	printf '{"symbol":"ETH/USD","side":"buy","price":1.10,"qty":2,"timestamp":"2026-09-30T01:34:51Z"}\r\n'
	printf '\r\n{"product_id":"X","price":1,"quantity":1,"timestamp":"2026-09-30T03:34:51+02:00","exchange":"kraken"}'
}
sample >whole
trade-normalize -q --product P --on-bad skip whole >once 2>once.err
step=1
[ -z "${SANITIZE:-}" ] || step=7

ok "trade-normalize, every boundary of $(wc -c <whole) bytes" \
	"$ROOT/tests/reference/split.py" whole "$step" \
	trade-normalize --product P --exchange binance-um --on-bad BAD
ok "... and with numbers as they were sent, as the first five members" \
	"$ROOT/tests/reference/split.py" whole 7 \
	trade-normalize --product P --exchange binance-um --on-bad skip --numbers literal --schema strict

ok "trade-verify, every boundary" "$ROOT/tests/reference/split.py" whole "$step" \
	trade-verify --on-bad skip
ok "trade-verify, what it passes through" "$ROOT/tests/reference/split.py" once 7 \
	trade-verify --on-bad BAD
done_testing
