#!/bin/sh
# kraken-ws-tail where time does not pass as it should: the clock of the machine is set, forward or
# back, at any stage; the program stands still while the exchange goes on.
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/net/tail.sh"

# Of Debian's package faketime; sanitizers want to be the first library themselves.
faketime=$(find /usr/lib /usr/local/lib -name libfaketime.so.1 2>/dev/null | head -n 1)
[ -z "${SANITIZE:-}" ] || faketime=
# As the wall clock of a program that is started with it; what is in the file counts.
faked() {
	echo env "LD_PRELOAD=$faketime" "FAKETIME_TIMESTAMP_FILE=$PWD/clock" FAKETIME_NO_CACHE=1 "$@"
}
clock() { echo "$1" >clock.new && mv clock.new clock; }

# tail_with OPTION...: one in the background; clocks that differ cannot share a budget. under CMD...: with
# that before it. What a test leaves behind ends by itself.
before='env' for=2m
under() { before=$*; }
tail_with() {
	# shellcheck disable=SC2086  # words
	$before kraken-ws-tail -v --pace 1000 --for $for --budget-file budget --output out "$@" 2>err &
	tail=$!
}
no_rest='{"do":"rest-answer","status":503,"path":"/0/public/Trades","times":"always"'

# Trades of the last minutes, of the time that it is.
start_now() {
	under "$(faked DONT_FAKE_MONOTONIC=1)"
	manual --epoch $(($(date +%s) - 1000)) \
		--history 3000 --first 3001
}
midstream() { # OFFSET
	clock +0 && start_now && tail_with --limit 700 BTC/USD ETH/USD
	await 20 said live: && happen all 100 && await 20 wrote ETH/USD 3100
	clock "$1" && happen all 100 && await 20 wrote ETH/USD 3200
	cut_off BTC/USD 300
	ends 0 && ids BTC/USD 3001 3500 && ids ETH/USD 3001 3200
}
repair() {
	clock +0 && start_now && tail_with --limit 500 BTC/USD ETH/USD
	await 20 said live: && happen all 100 && await 20 wrote ETH/USD 3100
	fault "$no_rest}" && cut_off BTC/USD 300 && await 20 asked 1
	clock "$1" && no_faults
	ends 0 && ids BTC/USD 3001 3400 && ids ETH/USD 3001 3100
}
past() {
	clock +0 && start_now && fault "$no_rest,\"request\":\"3-\"}"
	tail_with --since 2024-01-01 --limit 6200 BTC/USD ETH/USD
	await 20 said 'status 503; trying again'
	clock "$1" && no_faults
	await 20 said live: && happen all 100
	ends 0 && ids BTC/USD 1 3100 && ids ETH/USD 1 3100
}
# What is now depends on the clock, but not what follows.
start() {
	clock "$1" && start_now && tail_with --since now --limit "$3" BTC/USD ETH/USD
	await 20 said live: && happen all 100 && await 20 wrote ETH/USD 3100
	cut_off BTC/USD 300
	ends 0 && ids BTC/USD "$2" 3400 && ids ETH/USD "$2" 3100
}

# The clock is days behind trades of which there are many.
behind() {
	epoch=$(($(date +%s) - 8000))
	under "$(faked DONT_FAKE_MONOTONIC=1)"
	clock "$1" && manual --epoch "$epoch" \
		--history 30000 --first 30001
	tail_with --last 1 --limit 500 BTC/USD
	await 20 said live: && happen all 100 && await 20 wrote BTC/USD 30100
	fault '{"do":"lag","trades":500,"times":2}' && cut_off BTC/USD 399
	ends 0 && ids BTC/USD 30000 30499
}

# A lockout lasts a quarter of an hour, by all clocks.
locked() {
	clock +0 && start_now && under "$(faked)" && for=1h
	fault '{"do":"kraken-error","error":"EGeneral:Temporary lockout","path":"/0/public/Trades","request":3}'
	tail_with --since 2024-01-01 --limit 6200 BTC/USD ETH/USD
	await 20 said 'waiting for [89].. s' && clock +16m
	await 20 woken && happen all 100
	ends 0 && ids BTC/USD 1 3100 && ids ETH/USD 1 3100
}
# Out of its wait: it does not know that time has passed by.
woken() { kill -USR1 "$tail" && said live:; }

# The program stands still for longer than its timeouts, and then goes on.
stopped() { # CMD...: what happens meanwhile
	kill -STOP "$tail" && "$@" && await 10 passed "$(date +%s)" 4
	gone_on=$(wc -l <out)
	kill -CONT "$tail"
}
short="--idle-timeout 2s --connect-timeout 3s --ack-timeout 3s"
live_for_long() { # what happens meanwhile
	manual
	# shellcheck disable=SC2086  # words
	tail_with $short --limit 1400 BTC/USD ETH/USD
	await 20 said live: && happen all 100 && await 20 wrote ETH/USD 150
	stopped "$@"
	happen all 100 && ends 0 && ids BTC/USD 51 750 && ids ETH/USD 51 750
}
# Before Kraken has answered; its answer waits in the socket then.
stopped_early() {
	manual \
		--fault '{"do":"late-ack","seconds":1,"product":"ETH/USD"}'
	# shellcheck disable=SC2086  # words
	tail_with $short --limit 200 BTC/USD ETH/USD
	await 20 said 'connected to' && stopped true && await 20 said live: && happen all 100 &&
		ends 0 && ids BTC/USD 51 150 && ids ETH/USD 51 150 && ! said 'connecting again'
}
# With a metrics file, whose alarms fall due meanwhile and end its wait as soon as it goes on.
stopped_with_alarms() {
	start_exchange --rate 20 --heartbeat 0.2
	exchange=$!
	tail_with --idle-timeout 1s --metrics-file metrics BTC/USD
	await 20 said live: && await 20 test -s out && stopped true && await 30 is_longer 20 &&
		stopped true && await 30 is_longer 20 && stops TERM 143 &&
		ids BTC/USD "$(head -n 1 out | jq .trade_id)" "$(tail -n 1 out | jq .trade_id)" &&
		! said reconnects= && ! said 'lost the connection'
}
# is_longer RECORDS: than it was when the program went on.
is_longer() { [ "$(wc -l <out)" -gt $((gone_on + $1)) ]; }
goes_on() { happen all 500; }
gone_silent() {
	fault '{"do":"mute","at":{"event":"now"},"gap":500,"products":"all"}' && wanted=' reconnects=[1-9]'
}
cut() {
	control cut '{"how":"rst","product":"all","then_add":500}' >answer && wanted=' reconnects=[1-9]'
}
stopped_past() {
	start_exchange --rate manual --history 3000 --first 3001
	exchange=$!
	fault "$no_rest,\"request\":\"3-\"}"
	# shellcheck disable=SC2086  # words
	tail_with $short --since 2024-01-01 --limit 6000 BTC/USD ETH/USD
	await 20 said 'status 503; trying again' && stopped no_faults
	ends 0 && ids BTC/USD 1 3000 && ids ETH/USD 1 3000
}

# The machine is suspended: all clocks but one stand still, and the connection does not live on.
to_be_suspended() { # LIMIT
	manual
	echo 0 >slept && under env "LD_PRELOAD=$TMP/suspend.so"
	tail_with --idle-timeout 60s --limit "$1" BTC/USD ETH/USD
	await 20 said live: && happen all 100 && await 20 wrote ETH/USD 150
}
an_hour_asleep() { echo 3600 >slept.new && mv slept.new slept; }
suspended() {
	to_be_suspended 1400
	gone_silent && an_hour_asleep
	await 20 said 'the machine was suspended for 3[56].. s; connecting again' && happen all 100
	ends 0 && ids BTC/USD 51 750 && ids ETH/USD 51 750
}

# Between two connections: the next one is not that old.
suspended_between() {
	to_be_suspended 900
	fault '{"do":"refuse-handshake","status":503,"connection":"2-3"}'
	control cut '{"how":"rst","product":"all","then_add":250}' >answer
	await 20 said 'cannot connect .* 503' && an_hour_asleep &&
		happen all 100 && ends 0 && ids BTC/USD 51 500 && ids ETH/USD 51 500 &&
		! said 'the machine was suspended'
}

# begin_case NAME CMD...
begin_case() {
	case_of=$1 && shift && beside "$case_of" tried "$@"
}
tried() { "$@" && counted lost=0 && adds_up && says "${wanted-}"; }
check_case() { ended "$1" 0; }

# Certificates that are good at all these times.
clock -15d
# shellcheck disable=SC2046  # words
$([ -z "$faketime" ] || faked) "$ROOT/tests/servers/certs" certs
cat >suspend.c <<'END'
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time)
{
	long result = syscall(SYS_clock_gettime, clock, time), slept = 0;
	FILE *file = clock == CLOCK_BOOTTIME ? fopen("slept", "r") : NULL;

	if (file && fscanf(file, "%ld", &slept) == 1)
		time->tv_sec += slept;
	if (file)
		fclose(file);
	return (int)result;
}
END

begin_case stopped live_for_long goes_on
begin_case stopped-silent live_for_long gone_silent
begin_case stopped-cut live_for_long cut
begin_case stopped-past stopped_past
begin_case stopped-early stopped_early
begin_case stopped-alarms stopped_with_alarms
if [ -z "${SANITIZE:-}" ] && cc -shared -fPIC -o suspend.so suspend.c 2>cc.err; then
	begin_case suspended suspended
	begin_case suspended-between suspended_between
fi
if [ -n "$faketime" ]; then
	for offset in +1h -1h -10d; do
		begin_case "midstream$offset" midstream "$offset"
		begin_case "repair$offset" repair "$offset"
		begin_case "past$offset" past "$offset"
	done
	begin_case behind-10d behind -10d
	begin_case start+1h start +1h 3001 500
	begin_case start-1h start -1h 1 6500
	begin_case start-10d start -10d 1 6500
	begin_case locked locked
	for offset in +1h -1h -10d; do
		for stage in midstream repair past start; do
			ok "the clock is set: $stage, $offset" check_case "$stage$offset"
		done
	done
	ok 'a clock that is behind for good' check_case behind-10d
	ok 'once a lockout is over the history goes on' check_case locked
else
	skip 'the clock is set' 'no libfaketime, or sanitizers'
fi
ok 'stopped, while the exchange goes on' check_case stopped
ok 'stopped, while the exchange falls silent' check_case stopped-silent
ok 'stopped, while the connection ends' check_case stopped-cut
ok 'stopped, while history is being fetched' check_case stopped-past
ok 'stopped, before all pairs were acknowledged' check_case stopped-early
ok 'stopped, while alarms fall due' check_case stopped-alarms
if [ -d suspended ]; then
	ok 'the machine is suspended' check_case suspended
	ok 'the machine is suspended between two connections' check_case suspended-between
else
	skip 'the machine is suspended' 'no compiler, or sanitizers'
fi
done_testing
