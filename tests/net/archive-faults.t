#!/bin/sh
# binance-aggtrades-dump with archives that lie although their checksums are right, with checksums that
# are none, with folders that cannot be used or that others use at once, and killed in downloads.
# shellcheck disable=SC2086 # words
. "$(dirname -- "$0")/../lib.sh"
tape=$ROOT/tests/servers/tape per_day=640
spot='--since 2024-12-30 --until 2025-01-02 BTCUSDT'
alone="--source archive $spot"

control() { # METHOD PATH [BODY]
	curl -sf --cacert "$TRADEPIPE_CACERT" -X "$1" ${3:+-d "$3"} "$BINANCE_API_URL/_control/$2"
}
# faults SPEC...: these, and no others.
faults() {
	control DELETE faults >answer || return
	for spec; do control POST faults "$spec" >answer || { echo "$spec" && return 1; }; done
}
# run STATUS ARG...: one dump; leaves out and err. Ends by itself, or has failed.
run() {
	wanted_status=$1 status=0
	shift
	timeout -s KILL 60 binance-aggtrades-dump "$@" >out 2>err || status=$?
	cat err
	same "$status" "$wanted_status"
}
says() { grep -q -e "$1" err || { cat err && false; }; }
# holds FILE PIECE...: the file's trades are exactly these: api:FIRST-LAST, archive:FIRST-LAST.
holds() {
	file=$1 wanted=wanted.$(echo "$*" | tr -c '[:alnum:]\n' _)
	shift
	[ -e "$wanted" ] || for piece; do
		ids=${piece#*:}
		"$tape" binance --per-day $per_day --source ${piece%:*} BTCUSDT ${ids%-*} ${ids#*-}
	done >"$wanted"
	cmp "$wanted" "$file"
}
days='archive:0-1919' whole='archive:0-639 api:640-1279 archive:1280-1919'
lacks='archive:0-639 archive:1280-1919'

folder=data/spot/daily/aggTrades/BTCUSDT
"$ROOT/tests/servers/archive" right BTCUSDT 3 $per_day
mkdir -p served/$folder
start_exchange --binance-per-day $per_day --binance BTCUSDT --binance-archives served

# Archives that lie. The exchange makes the checksums of what it finds.
cat >lie.py <<'EOS'
"""usage: lie.py FORM: an archive of 2024-12-31, to standard output."""
import io
import struct
import sys
import zipfile
import zlib

FOLDER = "right/data/spot/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-"
LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
CRC, PACKED, SIZE = range(3)


def right(day="2024-12-31"):
    with open(f"{FOLDER}{day}.zip", "rb") as file:
        return file.read()


def csv():
    with zipfile.ZipFile(io.BytesIO(right())) as archive:
        return archive.read(archive.namelist()[0])


def zipped(*members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def told(field, change, headers=(LOCAL, CENTRAL)):
    """A header, or both, tell something else of the file."""
    data = bytearray(right())
    for header in headers:
        at = data.index(header) + {LOCAL: 14, CENTRAL: 16}[header] + 4 * field
        value, = struct.unpack_from("<I", data, at)
        struct.pack_into("<I", data, at, (value + change) % 2**32)
    return bytes(data)


def with_gap(gap):
    """Bytes that belong to nothing, before the central directory."""
    data, central = right(), right().index(CENTRAL)
    end = data.index(END)
    moved = struct.pack("<I", central + len(gap))
    return data[:central] + gap + data[central:end + 16] + moved + data[end + 20:]


def bomb(block, n):
    """A file of the block, n times."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed, crc = b"", 0
    for _ in range(n):
        packed += packer.compress(block)
        crc = zlib.crc32(block, crc)
    packed += packer.flush()
    known = struct.pack("<HHHIIIIHH", 20, 0, 8, 0, crc, len(packed), len(block) * n, 5, 0)
    entry = b"PK\1\2\x14\3" + known + bytes(14) + b"a.csv"
    local = LOCAL + known + b"a.csv" + packed
    return local + entry + END + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry), len(local), 0)


FORMS = {
    "less": lambda: told(SIZE, -1),
    "more": lambda: told(SIZE, 1),
    "central-less": lambda: told(SIZE, -1, [CENTRAL]),
    "packed-less": lambda: told(PACKED, -1),
    "packed-more": lambda: told(PACKED, 1),
    "crc": lambda: told(CRC, 1),
    "central-crc": lambda: told(CRC, 1, [CENTRAL]),
    "torn": lambda: right()[:2000] + bytes(64) + right()[2064:],
    "gap": lambda: with_gap(bytes(5000)),
    "behind": lambda: right() + b"<html>" * 50,
    "empty": lambda: b"",
    "nothing-in-it": lambda: zipped(("a.csv", b"")),
    "other-day": lambda: right("2025-01-01"),
    "day-before": lambda: right("2024-12-30"),
    "zeros": lambda: bomb(bytes(2**20), 40),
    "newlines": lambda: bomb(b"\n" * 2**20, 8),
    "long-line": lambda: zipped(("a.csv", csv() + b"7" * 200000 + b"\n")),
    "long-line-first": lambda: zipped(("a.csv", b"7" * 70000 + b"\n" + csv())),
}
sys.stdout.buffer.write(FORMS[sys.argv[1]]())
EOS
# lie TITLE FORM PIECES STATUS-ALONE PIECES-ALONE WORDS
lie() {
	python3 lie.py $2 >served/$folder/BTCUSDT-aggTrades-2024-12-31.zip
	ok "$1" run 0 $spot
	ok '...' holds out $3
	[ -z "$6" ] || ok "... is told: $6" says "archive of 2024-12-31 is of no use.*: .*$6"
	ok '... archives alone' run $4 $alone
	ok '...' holds out $5
	[ -z "$6" ] || ok '...' says "archive of 2024-12-31 is lost: .*$6"
}
lie 'a size that is less' less "$whole" 3 "$lacks" 'wrong size'
lie 'a size that is more' more "$whole" 3 "$lacks" 'wrong size'
lie 'another size in the directory' central-less "$whole" 3 "$lacks" 'Inconsistent'
lie 'a packed size that is less' packed-less $days 3 $days ''
lie 'a packed size that is more' packed-more "$whole" 3 "$lacks" ''
lie 'another CRC' crc "$whole" 3 "$lacks" 'CRC'
lie 'another CRC in the directory' central-crc "$whole" 3 "$lacks" 'CRC'
lie 'a hole in what is packed' torn "$whole" 3 "$lacks" ''
lie 'bytes between the file and the directory' gap $days 0 $days ''
lie 'bytes behind the end' behind $days 0 $days ''
lie 'no byte' empty "$whole" 3 "$lacks" 'it is empty'
lie 'an empty file' nothing-in-it "$whole" 3 "$lacks" 'it is empty'
lie 'the day after' other-day "$whole" 3 "$lacks" ''
lie 'the day before' day-before "$whole" 3 "$lacks" ''
lie 'a bomb of one line' zeros "$whole" 3 "$lacks" ''
lie 'a bomb of empty lines' newlines "$whole" 3 "$lacks" ''
lie 'a line that is too long' long-line $days 3 $days 'line 641: it is too long'
lie '... the first one' long-line-first "$whole" 3 "$lacks" ''

# Checksums that are none; no zip is fetched then.
rm served/$folder/*
zips() { control GET state | jq .binance.archives.zip; }
no_sum() { # TITLE SPEC
	ok "$1" faults '{"do":"rest-answer","path":"/data/*.CHECKSUM","day":"2024-12-31",'"$2}"
	begun_zips=$(zips)
	ok '...' run 3 $alone
	ok '...' holds out $lacks
	ok '...' says "2024-12-31 is lost: .BTCUSDT-aggTrades-2024-12-31.zip. contradicts its checksum"
	ok '... and fetches no zip' same "$(zips)" $((begun_zips + 2))
}
digits=$(printf '%064d' 0)
no_sum 'a page of HTML for a checksum' '"status":200,"type":"text/html","body":"<html>","times":"always"'
no_sum 'nothing for a checksum' '"status":200,"body":"","times":"always"'
no_sum 'a checksum of another day' \
	'"status":200,"body":"'"$digits"'  BTCUSDT-aggTrades-2024-12-30.zip\n","times":"always"'
no_sum 'two lines for a checksum' \
	'"status":200,"body":"'"$digits  BTCUSDT-aggTrades-2024-12-31.zip\\n$digits"'  x\n","times":"always"'

# Folders for archives.
kept() { find "$1" -type f | sed 's|.*/||' | sort | tr '\n' ' '; }
wanted_kept=$(for each in 2024-12-30 2024-12-31 2025-01-01; do
	printf 'BTCUSDT-aggTrades-%s.zip BTCUSDT-aggTrades-%s.zip.CHECKSUM ' $each $each
done)
faults
ok 'no room in the folder' sh -c "trap '' XFSZ; ulimit -f 8
	binance-aggtrades-dump $alone --archive-dir full >/dev/null 2>err; [ \$? = 1 ]"
ok '...' says "cannot write 'full/.*zip': File too large"
ok '... leaves nothing behind' same "$(kept full)" ''
ok 'two at once, into one folder' faults \
	'{"do":"drip","bytes":4000,"pause":0.02,"path":"/data/*.zip","times":"always"}'
binance-aggtrades-dump -q $alone --archive-dir shared >out2 2>err2 &
ok '...' run 0 $alone --archive-dir shared
ok '...' wait $!
ok '...' holds out $days
ok '...' holds out2 $days
ok '... have kept all' same "$(kept shared)" "$wanted_kept"
ok '...' sh -c "cd shared/$folder && sha256sum -c --quiet ./*.CHECKSUM"
faults
begun_zips=$(zips)
ok 'from what is kept' run 0 $alone --archive-dir shared
ok '... no zip is fetched' same "$(zips)" "$begun_zips"
if [ "$(id -u)" = 0 ]; then
	skip 'a folder that cannot be written into' 'root can'
else
	chmod -R a-w shared
	ok 'what is kept in a folder that cannot be written into' run 0 $alone --archive-dir shared
	ok '...' holds out $days
	chmod u+w shared/$folder && rm -f shared/$folder/BTCUSDT-aggTrades-2024-12-31.zip
	chmod u-w shared/$folder
	ok 'a folder that cannot be written into' run 1 $alone --archive-dir shared
	ok '...' says "cannot write 'shared/.*2024-12-31.zip': Permission denied"
	chmod -R u+w shared
fi
mkdir -p odd/$folder/BTCUSDT-aggTrades-2024-12-31.zip
ok 'a folder where an archive should be' run 1 $alone --archive-dir odd
ok '...' says "cannot write 'odd/.*2024-12-31.zip': Is a directory"
rm -r odd/$folder/BTCUSDT-aggTrades-2024-12-31.zip
ln -s /dev/full odd/$folder/BTCUSDT-aggTrades-2024-12-31.zip
ok 'a device' run 0 $alone --archive-dir odd
ok '... is replaced' same "$(kept odd)" "$wanted_kept"
# A file of which nothing can be read.
ln -sf /proc/self/mem odd/$folder/BTCUSDT-aggTrades-2024-12-31.zip
if [ -e /proc/self/mem ]; then
	ok 'an archive that cannot be read' run 0 $alone --archive-dir odd
	ok '...' says "cannot read 'odd/.*2024-12-31.zip': Input/output error; it is fetched again"
	ok '... is replaced' same "$(kept odd)" "$wanted_kept"
else
	skip 'an archive that cannot be read' 'no /proc'
fi

# Ends in the middle of a download.
struck() { control GET state | grep -q '"left": *0'; }
halfway() { # SIGNAL: ends one that has half of the second day
	faults '{"do":"hang","path":"/data/*.zip","after":"body","day":"2024-12-31","times":1}'
	binance-aggtrades-dump $alone --archive-dir ended >out 2>err &
	dump=$!
	await 10 struck || echo 'it was not asked for'
	kill -s $1 $dump
	status=0
	wait $dump 2>/dev/null || status=$?
	faults
}
ok 'a signal in the middle of a download' halfway TERM
ok '... ends it' same $status 143
ok '... with its account' says 'account: read='
ok '... and leaves nothing behind' same "$(kept ended)" \
	'BTCUSDT-aggTrades-2024-12-30.zip BTCUSDT-aggTrades-2024-12-30.zip.CHECKSUM '
ok 'killed in the middle of a download' halfway KILL
ok '...' run 0 $alone --archive-dir ended
ok '...' holds out $days
ok '... nothing is left of the half' same "$(kept ended)" "$wanted_kept"
done_testing
