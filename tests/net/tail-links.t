#!/bin/sh
# kraken-ws-tail on links that fail for longer, or again and again: when it connects and subscribes
# anew, what it leaves alone meanwhile, and that nothing is lost.
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/net/tail.sh"

# tail_with ARG...: one in the background, that the exchange has subscribed.
tail_with() {
	rm -f metrics err
	kraken-ws-tail -v --pace 1000 --connect-timeout 2s --metrics-file metrics \
		--output out "$@" 2>err &
	tail=$!
	await 20 grep -q 'live: all pairs are subscribed' err
}
begin_exchange() {
	rm -f out err
	# shellcheck disable=SC2119  # it has no arguments
	manual
}
holds() { grep -q "^tradepipe_product_held{.*BTC/USD.*} $1\$" metrics; }               # TRADES
lost() { [ "$(pauses | wc -l)" -ge "$1" ]; } # TIMES
connected() { [ "$(grep -c ': connected to ' err)" -ge "$1" ]; }                        # TIMES
requests() { control state | jq '.rest["/0/public/Trades"] // 0'; }
subscribed() { control state | jq -e ".sessions[-1].next[\"$1\"]" >next; } # PRODUCT
# The pauses before attempts to connect, in tenths of seconds.
pauses() { sed -n 's/.*; connecting again in \([0-9]*\)\.\([0-9]\) s$/\1\2/p' err; }

# Pauses between connections.
begin_exchange
none='"path":"/0/public/Trades","times":"always"'
tail_with BTC/USD
fault "{\"do\":\"hang\",$none}" && cut_off BTC/USD 500
for held in 55 60 65; do
	ok 'trades that are held, since REST hangs' await 10 connected $(((held - 45) / 5))
	happen BTC/USD 5
	ok '...' await 20 holds "$held"
	cut_off BTC/USD 0
	ok '... and a connection that is lost' await 10 lost $(((held - 45) / 5))
	ok '... and made anew' await 20 connected $(((held - 40) / 5))
done
is '... at once each time: they show that it works' "$(pauses | awk '$1 > 10')" ''
ok '... and nothing is lost' stops TERM 143
kill "$exchange"

begin_exchange
tail_with BTC/USD
for count in 1 2 3; do
	cut_off BTC/USD 5
	ok 'a connection that dies behind a snapshot with new trades' \
		await 30 wrote BTC/USD $((50 + 5 * count))
done
ok '... is made anew after longer pauses' test "$(pauses | tail -n 1)" -ge 20
happen BTC/USD 1
ok '... until a trade has come as it happened' await 10 wrote BTC/USD 66
cut_off BTC/USD 0
ok '...' await 10 lost 4
ok '...' test "$(pauses | tail -n 1)" -le 10
ok '...' stops TERM 143
ok '...' whole BTC/USD=51-66
kill "$exchange"

# Subscriptions that end at once.
now_ms() { echo $(($(date +%s%N) / 1000000)); }
end_subscription() { fault "{\"do\":\"unsubscribe\",\"at\":{\"event\":\"now\"},\"product\":\"$1\"}"; }
ended() { [ "$(grep -c "Kraken has ended the subscription to '$1'" err)" -ge "$2" ]; } # PRODUCT TIMES
begin_exchange
tail_with BTC/USD ETH/USD
began=$(now_ms)
for count in 1 2 3 4 5; do
	end_subscription BTC/USD
	ok 'a subscription that Kraken ends' await 10 ended BTC/USD "$count"
	ok '... is made anew' await 20 subscribed BTC/USD
done
# 250 to 500 ms, and twice as much each time.
ok '... after pauses that grow' test $(($(now_ms) - began)) -ge 3750
ok '... on the same connection' not connected 2
happen all 10
ok '... and lasts' await 10 wrote BTC/USD 60
ok '...' await 10 wrote ETH/USD 60
ok '...' stops TERM 143
ok '... without a loss' repaired BTC/USD=51-60 ETH/USD=51-60
kill "$exchange"

# One that is not answered, while another one is made anew again and again.
begin_exchange
tail_with --ack-timeout 1s BTC/USD ETH/USD
fault '{"do":"no-ack","product":"ETH/USD"}'
end_subscription ETH/USD
count=0
until says "subscription to 'ETH/USD' was not acknowledged" >said || [ $((count += 1)) -gt 100 ]; do
	end_subscription BTC/USD
	await 5 subscribed BTC/USD
	happen BTC/USD 1
done
ok 'a missing answer is noticed whatever other pairs do' test "$count" -le 100
ok '... and ends the connection' await 20 connected 2
happen all 200
head=$(control state | jq '.products["BTC/USD"].head')
ok '...' await 20 wrote ETH/USD 250
ok '...' await 20 wrote BTC/USD "$head"
ok '...' stops TERM 143
ok '... without a loss' repaired "BTC/USD=51-$head" ETH/USD=51-250
kill "$exchange"

# What one program has noted in the budget holds the others, but not another kind of thing.
locked='"error":"EGeneral:Temporary lockout","path":"/0/public/Trades"'
seconds_held() { sed -n 's/.*waiting for \([0-9]*\) s: the server has refused.*/\1/p' "$1" | head -n 1; }
begin_exchange
tail_with --budget-file "$TMP/shared" BTC/USD
fault "{\"do\":\"kraken-error\",$locked}" && cut_off BTC/USD 100
ok 'a lockout' await 20 says 'Kraken says: EGeneral:Temporary lockout'
cut_off BTC/USD 0
ok '... does not keep the WebSocket from being connected' await 20 connected 3
ok '... though both have one file' not says 'so many connections'
kraken-rest-dump --budget-file "$TMP/shared" --since 2024-01-01 BTC/USD >dumped 2>dump.err &
dump=$!
ok '... holds other programs' await 20 grep -q 'the server has refused requests' dump.err
ok '... for as long as Kraken does' test "$(seconds_held dump.err)" -gt 800
is '... so that they ask nothing' "$(control state | jq '.rest["/0/public/AssetPairs"], .rest["/0/public/Trades"]' | tr '\n' ' ')" '1 1 '
kill "$dump"
ok '...' stops TERM 143
kill "$exchange"

begin_exchange
fault "{\"do\":\"kraken-error\",$locked}"
kraken-rest-dump --budget-file "$TMP/dump" --since 2024-01-01 BTC/USD >dumped 2>dump.err
is 'a dump ends where it is locked out' $? 1
before=$(requests)
tail_with --budget-file "$TMP/dump" BTC/USD
cut_off BTC/USD 100
ok '... and a live stream waits for that' await 20 says 'the server has refused requests'
ok '... as long' test "$(seconds_held err)" -gt 800
is '... asking nothing' "$(requests)" "$before"
cut_off BTC/USD 0
ok '... but stays connected' await 20 connected 3
ok '...' stops TERM 143
kill "$exchange"

# A link that fails between two machines: each is a network namespace.
unshare='unshare -n' enter='nsenter -n'
if [ "$(id -u)" -ne 0 ]; then
	unshare='unshare -rn' enter='nsenter -n -U --preserve-credentials'
fi
here() { $enter -t "$here" "$@"; }   # the machine of the client
there() { $enter -t "$there" "$@"; } # that of the exchange
# What runs beside the test is started without these, so that it is the test's own child.
has_machine() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ] &&
		$enter -t "$1" ip link set lo up
}
have_machines() {
	for tool in ip nsenter unshare; do
		command -v $tool >found || { echo "no program $tool" && return 1; }
	done
	$unshare sleep 600 &
	here=$!
	await 5 has_machine $here || { echo 'no network namespaces here' && return 1; }
	if [ "$(id -u)" -eq 0 ]; then
		$unshare sleep 600 &
	else
		nsenter -U --preserve-credentials -t "$here" unshare -n sleep 600 &
	fi
	there=$!
	await 5 has_machine $there && here ip link add near type veth peer name far netns $there &&
		here ip address add 10.9.9.2/24 dev near && here ip link set near up &&
		there ip address add 10.9.9.1/24 dev far && there ip link set far up &&
		return
	echo 'no virtual links here'
	return 1
}
# What is sent to a card that nobody has is lost without a word. So the link is cut, in the middle of
# what is under way; and joined.
nobody=02:00:00:00:00:99
cut_link() {
	there ip neighbour replace 10.9.9.2 lladdr "$nobody" dev far nud permanent &&
		here ip neighbour replace 10.9.9.1 lladdr "$nobody" dev near nud permanent
}
join_link() {
	there ip neighbour del 10.9.9.2 dev far && here ip neighbour del 10.9.9.1 dev near
}
# The exchange listens on the loopback: this carries bytes there from the link.
cat >carry.py <<-'END'
	import socket, sys, threading
	def pump(source, sink):
	    try:
	        while data := source.recv(65536):
	            sink.sendall(data)
	        sink.shutdown(socket.SHUT_WR)
	    except OSError:
	        pass
	with socket.create_server((sys.argv[1], 0)) as listener:
	    print(listener.getsockname()[1], flush=True)
	    while True:
	        near, _ = listener.accept()
	        far = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
	        for ends in ((near, far), (far, near)):
	            threading.Thread(target=pump, args=ends, daemon=True).start()
END
carry() { # the exchange's port
	$enter -t "$there" python3 carry.py 10.9.9.1 "$1" >carried &
	await 10 test -s carried && address=10.9.9.1:$(cat carried)
}

check_link() {
	rm -f exchange.env out err
	$enter -t "$there" "$ROOT/tests/servers/exchange" --plain --ready-file exchange.env --rate 200 \
		--trades 4000 --heartbeat 0.2 >exchange.log 2>&1 &
	await 10 test -s exchange.env
	port=$(sed -n 's/^REST_URL=.*:\([0-9]*\).*/\1/p' exchange.env)
	ok 'an exchange at the far end of a link' carry "$port"
	$enter -t "$here" kraken-ws-tail -v --pace 1000 --url "ws://$address/v2" --rest-url "http://$address" \
		--connect-timeout 1s --idle-timeout 1s --limit 8000 --output out BTC/USD ETH/USD 2>err &
	tail=$!
	ok '... sends trades' await 20 wrote BTC/USD 300
	ok 'the link fails in the middle of the stream' cut_link
	ok '... which is noticed' await 20 says 'lost the connection to .*: nothing was received within the idle timeout'
	ok '... and tried again' await 30 says 'cannot connect to .*; connecting again in'
	ok '... until the link is there again' join_link
	status=0
	await 90 not kill -0 "$tail" || kill -KILL "$tail"
	wait "$tail" || status=$?
	is '... then the stream goes on' "$status" 0
	ok '... and nothing is lost, nor doubled' repaired BTC/USD=51-4050 ETH/USD=51-4050
	ok '... as the account has it' counted lost=0
}
if have_machines >why 2>&1; then
	check_link
else
	skip 'a link between two machines that fails' "$(tail -n 1 why)"
fi
done_testing
