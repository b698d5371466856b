#!/bin/sh
# trade-normalize and trade-verify against independent, slow implementations of both: 0 differences.
# DIFFERENTIAL is how many numbers are compared, a million if not set.
. "$(dirname -- "$0")/../lib.sh"

reference=$ROOT/tests/reference
count=${DIFFERENTIAL:-1000000}
[ -z "${SANITIZE:-}" ] || count=$((count / 5))
lines=$((count / 100))

account_of() { sed -n 's/^trade-normalize: account: //p' "$1"; }
# Both on one input: the records, which trades were refused, the account, the exit code.
same_by_both() { # FILE OPTION...
	file=$1
	shift
	test -s "$file" && : >bad || return
	trade-normalize --on-bad bad "$@" "$file" >got 2>got.err
	got=$?
	"$reference/normalize.py" --bad wanted.bad "$@" "$file" >wanted 2>wanted.err
	same "$got" $? || return
	jq -r '"\(.line) \(.index // 0)"' bad >got.bad
	cmp wanted got || diff wanted got | head -n 5
	diff wanted.bad got.bad >bad.diff ||
		sed -n 's/^[<>] \([0-9]*\) .*/\1/p' bad.diff | head -n 3 | while read -r line; do
			sed -n "${line}p" "$file"
		done
	same "account: $(account_of got.err)" "$(cat wanted.err)" && cmp wanted got &&
		cmp wanted.bad got.bad
}
generated() { "$reference/generate.py" "$1" "$2" "$3" >"$4"; }

# Lines of every source, good and odd.
generated lines "$lines" 1 in
ok "$lines lines" same_by_both in --product PRODUCT
ok "... without a product" same_by_both in
ok "... of futures" same_by_both in --product PRODUCT --exchange binance-um
ok "... of another exchange" same_by_both in --product PRODUCT --exchange elsewhere
generated lines "$lines" 2 in
ok "$lines others, with five members" same_by_both in --product P --schema strict
ok "... as aggregate trades" same_by_both in --product P --schema aggtrade
ok "... with numbers as strings" same_by_both in --product P --numbers string
ok "... with numbers as sent" same_by_both in --product P --numbers literal

# Numbers.
ok "$count numbers" "$reference/amounts.py" "$count"
sed 's/^/# /' ok.out

# The tape of the simulated exchange.
"$ROOT/tests/servers/tape" print BTC/USD 1 20000 >tape
"$ROOT/tests/servers/tape" print DOGE/EUR 1 5000 >>tape
ok "25000 trades of the tape" same_by_both tape
"$ROOT/tests/servers/tape" print BTC/USD 1 20000 --as trade >wanted.tape
"$ROOT/tests/servers/tape" print DOGE/EUR 1 5000 --as trade >>wanted.tape
ok "... which say what must come of them" cmp wanted.tape got

# Normalising what was normalised changes nothing.
generated lines "$lines" 3 in
again() { # OPTION...
	rm -f bad
	trade-normalize -q --product P --on-bad bad "$@" in >once 2>once.err
	test -s once && trade-normalize -q "$@" once >twice 2>twice.err && cmp once twice
}
ok "again" again
ok "again, with five members" again --schema strict
ok "again, with numbers as strings" again --numbers string
ok "again, with numbers as sent" again --numbers literal
ok "again, with fields in another order" again --fields \
	trade_id,exchange,timestamp,quantity,price,product_id
trade-normalize -q --product P --on-bad skip in >canonical 2>canonical.err
trade-normalize -q --product P --on-bad skip --numbers literal in 2>canonical.err |
	trade-normalize -q >twice
ok "numbers as sent become canonical later" cmp canonical twice

# The verdict of trade-verify.
same_verdict() { # FILE
	trade-verify --quiet-stdout --manifest got.json "$1" 2>got.err
	got=$?
	"$reference/verify.py" "$1" >wanted.json
	same "$got" $? && cmp wanted.json got.json
}
if [ -x "$BUILD/trade-verify" ]; then
	trade-normalize -q tape >whole
	ok "the tape is whole" same_verdict whole
	is "... as both say" "$(jq .whole got.json)" true
	{
		sed -n '1,300p; 310,600p; 20001,20100p' whole # a hole
		sed -n '590,620p; 305,307p' whole             # repeated, and late
		sed -n '20150p; 20120,20130p; 700p' whole     # out of order
	} >spoilt
	ok "the tape with holes, repetitions and disorder" same_verdict spoilt
	is "... is not whole" "$(jq -c '[.whole, (.streams | length)]' got.json)" '[false,2]'
	for seed in 1 2 3; do
		generated streams 4000 "$seed" in
		trade-normalize -q in >streams
		ok "five spoilt streams, $seed" same_verdict streams
	done
fi

# Recorded payloads, where they are.
recorded=$ROOT/../shared/recorded
[ -d "$recorded" ] || skip "recorded payloads" "no ../shared/recorded here"
for file in $(cd "$recorded" 2>/dev/null && find . -type f | sort); do
	case $file in
	*.json) "$reference/compact.py" <"$recorded/$file" >in ;;
	*) cp "$recorded/$file" in ;;
	esac
	ok "${file#./}" same_by_both in --product PRODUCT
done
done_testing
