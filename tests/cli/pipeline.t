#!/bin/sh
# The runner of pipelines: how stages are started, watched, stopped and ended, by pipeline-tool.
# shellcheck disable=SC2016 # what stands in single quotes is for other shells
. "$(dirname -- "$0")/../lib.sh"
tool=$BUILD/tests/net/pipeline-tool
TAB=$(printf '\t')

# run [OPTION...] -- WORD...: with out, err, and in report what became of the stages; $status.
run() {
	"$tool" report=report "$@" >out 2>err </dev/null
	status=$?
}
# begin [OPTION...] -- WORD...: the same in the background, as $pid, once all stages run.
begin() {
	rm -f report
	"$tool" report=report "$@" >out 2>err </dev/null &
	pid=$!
	await 20 grep -q started report
}
# A process that nobody has waited for yet is gone all the same.
gone() { ! grep '^State:' "/proc/$1/status" 2>/dev/null | grep -qv '[ZX] ('; }
# finish: waits for what begin() has started, which is killed where it hangs.
finish() {
	await 30 gone "$pid" || kill -KILL "$pid"
	wait "$pid"
	status=$?
}
# reports STATUS LINE...: how the last run ended; TAB stands between the lines wanted.
reports() {
	same "$status" "$1" && shift && grep -v '^started' report >got
	for line; do echo "$line"; done | diff - got
}
says() { printf '%s\n' "$@" | diff - err; } # LINE...: all of standard error
# all_gone FILE: the processes whose numbers are in it.
all_gone() {
	while read -r number; do gone "$number" || return 1; done <"$1"
}

# --- ends
run -- seq 3 '|' cat '|' sed s/2/x/
ok "all well" reports 0 "seq well exit 0" "cat well exit 0" "sed well exit 0"
is "what came out" "$(tr '\n' ' ' <out)" "1 x 3 "
ok "nothing was said" not test -s err

run -- seq 1000000 '|' head -n 1
ok "a reader that has enough is no failure" grep -qE '^seq (unread signal 13|well signal 15)' report
is "and leads to 0" "$status" 0
run -- sh -c 'yes; exit 141' '|' head -n 1
ok "nor is one that a shell has noticed" grep -qE '^sh (unread exit 141|well signal 15)' report
is "which leads to 0 too" "$status" 0
run -- sh -c 'kill -PIPE $$'
ok "SIGPIPE without a reader is one" reports 1 "sh failed signal 13" \
	"culprit: sh was killed by signal 13"
run -- sh -c 'kill -PIPE $$' '|' sh -c 'cat; exec sleep 3'
ok "so is SIGPIPE while the reader goes on" reports 1 "sh failed signal 13" "sh.2 well exit 0" \
	"culprit: sh was killed by signal 13"
run -- sh -c 'kill -TERM $$' '|' cat
ok "so is a SIGTERM of somebody else's" reports 1 "sh failed signal 15" "cat well exit 0" \
	"culprit: sh was killed by signal 15"

for code in 1 2 3 7; do
	[ $code = 7 ] && wanted=1 || wanted=$code
	run -- seq 3 '|' sh -c "cat; exit $code" '|' cat
	ok "a stage in the middle ends with $code" reports "$wanted" "seq well exit 0" \
		"sh failed exit $code" "cat well exit 0" "culprit: sh ended with exit code $code"
	is "what it wrote before went through ($code)" "$(wc -l <out)" 3
done
for signal in KILL:9 SEGV:11; do
	run -- yes '|' sh -c "head -n 3; kill -${signal%:*} \$\$" '|' cat
	ok "a stage in the middle dies of SIG${signal%:*}" grep -qx \
		"culprit: sh was killed by signal ${signal#*:}" report
	ok "of which the one before is stopped" grep -qE '^yes (unread|well)' report
	is "the code is 1" "$status" 1
done
run -- sh -c 'seq 3; exit 1' '|' cat
ok "the first one fails" reports 1 "sh failed exit 1" "cat well exit 0" \
	"culprit: sh ended with exit code 1"
run -- sleep 100 '|' sleep 100 '|' sh -c 'exit 2'
ok "the last one fails while its source is quiet" reports 2 "sleep well signal 15" \
	"sleep.2 well signal 15" "sh failed exit 2" "culprit: sh ended with exit code 2"
run -- sh -c 'exit 3' '|' sh -c 'cat; exit 1'
ok "a failure counts more than an earlier 3" grep -qx 'culprit: sh.2 ended with exit code 1' report
run -- sh -c 'trap "exit 143" TERM; exec 2>/dev/null; echo; while :; do sleep 0.1; done' '|' sh -c 'read x'
ok "a shell may say so of a SIGTERM" reports 0 "sh well exit 143" "sh.2 well exit 0"
run drain=300 -- sh -c 'trap "" TERM PIPE; echo; while :; do sleep 1; done' '|' sh -c 'read x'
ok "a stage that ignores SIGTERM is killed" reports 1 "sh failed signal 9" "sh.2 well exit 0" \
	"culprit: sh did not end within 300ms"

# --- starting
exits_with() { same "$status" "$1" && shift && says "$@" && not grep -q started report; }
run -- sh -c 'echo $$ >first; sleep 100' '|' no-such-program
ok "a program that is not there" exits_with 2 \
	"pipeline-tool: cannot run 'no-such-program': No such file or directory"
ok "before it is found nothing runs" not test -e first
echo text >file
run -- ./file
ok "a file that is none" exits_with 2 "pipeline-tool: cannot run './file': Permission denied"
printf '#!/no/such/interpreter\n' >bad && chmod +x bad
run -- sh -c 'echo $$ >first; exec sleep 100' '|' ./bad
ok "one that only exec() can tell" exits_with 2 \
	"pipeline-tool: cannot run './bad': No such file or directory"
ok "of the others none is left" sh -c '! test -s first || ! kill -0 "$(cat first)"'
echo 'echo "by $0 $1"' >plain && chmod +x plain
run -- ./plain 'a b'
is "a script that names no interpreter" "$(cat out)" "by ./plain a b"
run -- ''
ok "no name" exits_with 2 "pipeline-tool: cannot run '': No such file or directory"
run --
ok "no words" exits_with 2 "pipeline-tool: cannot read the pipeline: stage 1 is empty"
run -- cat '|'
ok "an empty stage at the end" exits_with 2 \
	"pipeline-tool: cannot read the pipeline: stage 2 is empty"
run -- '|' cat
ok "at the beginning" exits_with 2 "pipeline-tool: cannot read the pipeline: stage 1 is empty"
run -- cat '|' '|' cat
ok "in the middle" exits_with 2 "pipeline-tool: cannot read the pipeline: stage 2 is empty"
set -- seq 3
for _ in 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do set -- "$@" '|' cat; done
run -- "$@"
is "sixteen stages" "$status $(wc -l <out)" "0 3"
run -- "$@" '|' cat
ok "seventeen" exits_with 2 "pipeline-tool: cannot read the pipeline: more than 16 stages"

printf 'a\nb\n' | "$tool" -- cat '|' cat >out 2>err
is "standard input reaches the first stage" "$(tr '\n' ' ' <out)" "a b "
is "a terminal does not" "$(script -qec "$tool -- wc -c" /dev/null </dev/null | tr -d '\r')" 0

# --- what stages are given
cat >descriptors <<'EOF'
import os, sys
with open("descriptors." + sys.argv[1], "w") as to:
    for fd in os.listdir("/proc/self/fd"):
        if int(fd) != to.fileno() and os.path.exists("/proc/self/fd/" + fd):
            account = "account" if fd == os.environ.get("TRADEPIPE_ACCOUNT_FD") else "-"
            print(fd, os.readlink("/proc/self/fd/" + fd), account, file=to)
sys.stdin.read()
EOF
python3 descriptors before </dev/null
TRADEPIPE_ACCOUNT_FD=9 "$tool" report=report -- \
	python3 descriptors 1 '|' python3 descriptors 2 '|' python3 descriptors 3 </dev/null >out 2>err 9>supervisor
sort descriptors.before >before
for i in 1 2 3; do sort descriptors.$i | comm -13 before - | grep -v '^[012] '; done >extra
is "a stage has one descriptor of the runner's besides the usual ones" \
	"$(grep -c 'pipe:.* account$' extra) $(wc -l <extra)" "3 3"
is "which is its own" "$(sort -u extra | wc -l)" 3
ok "and which a shell can write to" sh -c '! grep -v "^[3-9] " extra'

run -- grep -E '^Sig(Blk|Ign):' /proc/self/status
ok "no signal is blocked" grep -qx "SigBlk:${TAB}0000000000000000" out
ok "SIGPIPE is not ignored" sh -c '[ $((0x$(sed -n "s/SigIgn:.//p" out) & 0x5000)) = 0 ]'
run -- sh -c 'ps -o pgid= -p $$; ps -o pid= -p $$' '|' tr -d ' ' '|' uniq
is "each is a process group of its own" "$(wc -l <out)" 1

# --- messages
run -- sh -c 'echo "sh: cannot x" >&2; echo text >&2; printf torn >&2'
ok "lines with and without the program's name" says "sh: cannot x" "sh: text" "sh: torn"
ok "the last error" grep -q 'sh well exit 0 error: torn' report
run -- sh -c 'echo "sh: cannot x" >&2; echo "sh: warning: y" >&2
	echo "sh: account: z=1" >&2; exit 1'
ok "is neither a warning nor an account" grep -qx \
	'culprit: sh ended with exit code 1: cannot x' report
run -- sh -c 'echo "sh: cannot a" >&2' '|' sh -c 'cat; echo "sh: cannot b" >&2; echo c >&2'
ok "two stages of one program" says "sh: cannot a" "sh.2: cannot b" "sh.2: c"
run json=1 -- sh -c 'echo "{\"message\":\"m\",\"n\":[1]}" >&2; echo "sh: cannot \"x\"" >&2
	echo "sh: warning: w" >&2; echo "[1]" >&2; printf "bytes \377\033[m" >&2'
sed 's/"time":"[^"]*"/"time":""/' err >err.short && mv err.short err
ok "as JSON lines" says '{"message":"m","n":[1]}' \
	'{"time":"","level":"error","program":"sh","message":"cannot \"x\""}' \
	'{"time":"","level":"warning","program":"sh","message":"w"}' \
	'{"time":"","level":"info","program":"sh","message":"[1]"}' \
	'{"time":"","level":"info","program":"sh","message":"bytes \\xff\\x1b[m"}'
cat >log <<'EOF'
{"level":"error","message":"a\tb"}
{"level":"info","message":"i"}
{"level":"error","account":{},"message":"z"}
EOF
run json=1 -- sh -c 'cat log >&2; exit 1'
ok "the last error of a JSON log" grep -qx "culprit: sh ended with exit code 1: a${TAB}b" report
run json=1 -- sh -c 'head -c 100000 /dev/zero | tr "\0" "\001" >&2'
ok "bytes of any kind become JSON" python3 -c 'if 1:
	import json
	lines = [json.loads(line) for line in open("err")]
	assert sum(len(line["message"]) for line in lines) == 400000, len(lines)'

run -- sh -c 'head -c 200000 /dev/zero | tr "\0" x >&2; echo >&2; echo end >&2'
is "a line that is too long is cut" "$(grep -c '^sh: x*$' err) $(tail -n 1 err)" "4 sh: end"
is "and nothing of it is lost" "$(tr -cd x <err | wc -c)" 200000
run -- sh -c 'printf x >&2; i=0; while [ $((i += 1)) -le 9000 ]; do printf "€€€€€€€€" >&2; done'
ok "no character is torn" iconv -f UTF-8 -t UTF-8 -o /dev/null err
run -- head -c 300000 /dev/urandom '|' sh -c 'cat >&2'
sed 's/^sh: //' err >said
ok "binary messages go through" test "$status" = 0 -a "$(wc -c <said)" -ge 300000
run -- sh -c 'seq 100000 >&2; exit 3'
seq 100000 | sed 's/^/sh: /' >wanted
ok "a hundred thousand lines" cmp wanted err
ok "with the last one kept" grep -qx 'culprit: sh ended with exit code 3: 100000' report
mkfifo stuck
sleep 100 3<stuck &
sleeper=$!
"$tool" report=report -- sh -c 'seq 100000 >&2; echo done' >out 2>stuck </dev/null
is "nobody who does not read holds a stage up" "$? $(cat out)" "0 done"
kill "$sleeper"

# --- accounts
# say FINAL READ ACKED [MORE]: the command of a stage that gives such an account
say() {
	echo "echo '{\"program\":\"p\",\"final\":$1,\"account\":{\"read\":$2,\"acked\":$3}${4-}}'" \
		'>&$TRADEPIPE_ACCOUNT_FD'
}
run count=acked -- sh -c "$(say false 9 8); $(say true 12 10)" '|' \
	sh -c "cat; $(say false 1 1); echo garbage >&\$TRADEPIPE_ACCOUNT_FD" '|' cat
ok "the counts of the latest accounts" reports 0 "sh well exit 0 final" "sh.2 well exit 0" \
	"cat well exit 0" "acked 11"
run -- sh -c "$(say true 12 10 ',"fenced":true'); exit 3"
ok "one that was fenced" reports 3 "sh failed exit 3 final" fenced \
	"culprit: sh ended with exit code 3: read=12 acked=10"
run count=read -- "$ROOT/tests/servers/tape" print BTC/USD 1 1000 '|' trade-normalize '|' tail -n 1
is "of a program of ours" "$status $(grep '^read' report)" "0 read 1000"

# --- stopping
cat >source <<'EOF'
#!/bin/sh
trap 'echo "$i" >written; exit 0' TERM
i=0
while :; do echo "$((i + 1))" && i=$((i + 1)); done
EOF
# It keeps up with nothing, so that pipes are full when the source is stopped.
cat >slow <<'EOF'
#!/bin/sh
while read -r line && [ ! -e go ]; do echo "$line"; sleep 0.05; done
echo "$line"
cat
EOF
chmod +x source slow
begin -- ./source '|' ./slow '|' cat
await 20 test -s out
kill -TERM "$pid"
touch go
finish
ok "a stop ends the source, and the others drain" reports 0 "source well exit 0" \
	"slow well exit 0" "cat well exit 0"
seq "$(wc -l <out)" >wanted
ok "nothing that it had written is lost" cmp wanted out
# The signal may come between a line and its count.
is "to the last line" "$(($(wc -l <out) - $(cat written) <= 1 && $(wc -l <out) >= $(cat written)))" 1
begin drain=300 -- sleep 100 '|' sh -c 'cat; sleep 100'
kill -TERM "$pid"
finish
ok "what does not end in time is killed" reports 1 "sleep well signal 15" "sh failed signal 9" \
	"culprit: sh did not end within 300ms"
begin -- sleep 100 '|' sh -c 'cat; sleep 100'
kill -TERM "$pid" && await 20 sh -c '! pgrep -P '"$pid"' -x sleep'
kill -TERM "$pid"
finish
ok "a second stop ends the drain" reports 0 "sleep well signal 15" "sh well signal 15"
begin -- sh -c 'sleep 100; exit 4' '|' cat
kill -TERM "$pid"
finish
ok "a stop reaches what the first stage has started" reports 0 "sh well signal 15" "cat well exit 0"

# --- nothing is left
begin drain=60000 -- sh -c 'echo $$ >>pids; while echo x; do sleep 0.1; done' '|' \
	sh -c 'echo $$ >>pids; sleep 1000 & echo $! >other; cat' '|' sh -c 'echo $$ >>pids; cat >/dev/null'
await 20 sh -c 'test -s other -a "$(wc -l <pids)" = 3'
kill -KILL "$pid"
finish 2>/dev/null
ok "a runner that is killed takes its stages along" await 20 all_gone pids
xargs kill <other 2>/dev/null
rm pids
run -- sh -c 'sleep 1000 & echo $! >>pids' '|' \
	sh -c 'sh -c "trap \"\" TERM; sleep 1000" & echo $! >>pids'
ok "what stages leave behind is ended" all_gone pids
is "which is no failure" "$status" 0
cat >daemon <<'EOF'
trap 'echo bye >bye; exit' TERM
echo >ready
while :; do sleep 0.1; done
EOF
run -- sh -c 'sh daemon & until [ -e ready ]; do sleep 0.05; done'
ok "and it may say good-bye" test -s bye
rm pids
run -- sh -c 'setsid sleep 1000 & echo $! >>pids; echo last >&2'
ok "one that got away does not hold the runner up" says "sh: last"
xargs kill <pids
run -- sh -c '(sleep 0.3; echo late; echo late >&2) & exit 0' '|' cat
is "what is left behind may still finish what it does" "$(cat out) $(cat err)" "late sh: late"
begin -- sh -c 'sh -c "exit 0" & sleep 0.1; exec sleep 1000'
# shellcheck disable=SC2016 # for another shell
ok "orphans leave no zombies" await 10 sh -c '! ps -o stat= --ppid '"$pid"' | grep -q Z'
kill -TERM "$pid"
finish

begin -- sh -c 'sh -c "sleep 1000 & echo \$! >orphan"; exec sleep 1000'
await 10 test -s orphan
ok "since they are the runner's" await 10 sh -c "ps -o ppid= -p $(cat orphan) | grep -qw $pid"
kill -TERM "$pid"
finish

# --- as a shell has it
run show=1 -- a=b if "it's" '' 'x y' --opt=1 '|' if '~' '*' a=b '|' ./run -x '$HOME' "new
line"
printf '%s\n' "'a=b' if 'it'\\''s' '' 'x y' --opt=1 | 'if' '~' '*' a=b | ./run -x '\$HOME' 'new" \
	"line'" >wanted
ok "the pipeline for a shell" cmp wanted out
run show=1 -- printf '%s,' a "it's" '' 'x  y' '$HOME' '`id`' 'back\slash' '"' '|' cat -
"$tool" -- printf '%s,' a "it's" '' 'x  y' '$HOME' '`id`' 'back\slash' '"' '|' cat - >direct
is "does the same there" "$(sh ./out)" "$(cat direct)"
done_testing
