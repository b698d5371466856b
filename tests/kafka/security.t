#!/bin/sh
# TLS, SASL and rights: each way in, configured in each way, and what is said where it is barred.
# shellcheck disable=SC2154 # run, status and account are set by publish.sh
[ -n "${TEST_BROKERS:-}" ] || exec "$(dirname -- "$0")/../servers/broker" -- "$0"
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/kafka/publish.sh"
unset KAFKA_BROKERS
topic=$run-secure
records 1 10 >in
"$ROOT/tests/servers/broker-topic" create "$topic" 1
folder=${TEST_BROKER_CA%/*}
encrypted=$folder/client-encrypted.key
ca=$TEST_BROKER_CA sasl=$TEST_BROKERS_SASL ssl=$TEST_BROKERS_SSL cert=$TEST_BROKER_CLIENT_CERT
key=$TEST_BROKER_CLIENT_KEY

# says STATUS PATTERN [NAME=VALUE]... [-- ARG...]: with these variables, and never a secret.
says() {
	wanted=$1 pattern=$2
	shift 2
	: >variables
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		echo "export $1" >>variables
		shift
	done
	[ $# -eq 0 ] || shift
	(
		# shellcheck disable=SC1091
		. ./variables
		kafka-publish -t "$topic" --connect-timeout 5s "$@" <in >out 2>err
	)
	status=$?
	cat out err >said
	cat said >>shown
	same "$status" "$wanted" && { grep -q -e "$pattern" said || { cat said && false; }; }
}
all10="account: $(account 10 10)"

# Kafka 4 refuses SCRAM by older releases of librdkafka, whatever the password.
hint="'alice' with SASL SCRAM-SHA-.*; either the user or the password is wrong, or the broker is of \
Kafka 4 or later, which refuses SCRAM by librdkafka 2.*: librdkafka 2.6.1 or later, as in Debian 13, \
works, and so do SASL PLAIN and mutual TLS$"
repeats_nonces() { ! pkg-config --atleast-version=2.6.1 rdkafka; }
lets_scram_in() { case $TEST_BROKER_VERSION in [0-3].*) ;; *) not repeats_nonces ;; esac; }
scram=0 scram_says=$all10
lets_scram_in || scram=2 scram_says=$hint

# --- ways in --------------------------------------------------------------------------------------

# conf NAME=VALUE...: a file of properties.
conf() { printf '%s\n' "$@" >conf; }
# written NAME=VALUE...: with these properties in a file.
written() { conf "$@" && says "$expected" "$words" -- -F conf; }

ok "PLAINTEXT, by option" says 0 "$all10" -- -b "$TEST_BROKERS"
ok "PLAINTEXT, by variable" says 0 "$all10" KAFKA_BOOTSTRAP_SERVERS="$TEST_BROKERS" --
expected=0 words=$all10
for mechanism in PLAIN SCRAM-SHA-256 SCRAM-SHA-512; do
	[ "$mechanism" = PLAIN ] || expected=$scram words=$scram_says
	ok "$mechanism, by librdkafka's names" written bootstrap.servers="$sasl" \
		security.protocol=sasl_ssl sasl.mechanisms="$mechanism" sasl.username=alice \
		sasl.password=alice-secret ssl.ca.location="$ca"
	ok "$mechanism, by Java's names" written bootstrap.servers="$sasl" \
		security.protocol=SASL_SSL sasl.mechanism="$mechanism" sasl.username=alice \
		sasl.password=alice-secret ssl.truststore.type=PEM ssl.truststore.location="$ca" \
		key.serializer=org.apache.kafka.common.serialization.StringSerializer
	ok "$mechanism, by variables" says "$expected" "$words" KAFKA_BROKERS="$sasl" \
		KAFKA_SECURITY_PROTOCOL=SASL_SSL KAFKA_SASL_MECHANISM="$mechanism" \
		KAFKA_SASL_USERNAME=alice KAFKA_SASL_PASSWORD=alice-secret KAFKA_CA_FILE="$ca" \
		KAFKA_PORT=tcp://10.0.0.1:9092 --
	conf sasl.password=alice-secret
	ok "$mechanism, by options, the password in a file" says "$expected" "$words" -- -b "$sasl" -F conf \
		-X security.protocol=sasl_ssl -X sasl.mechanism="$mechanism" \
		-X sasl.username=alice -X ssl.ca.location="$ca"
done
expected=0 words=$all10
ok "SSL with a client certificate, by librdkafka's names" written bootstrap.servers="$ssl" \
	security.protocol=ssl ssl.ca.location="$ca" ssl.certificate.location="$cert" \
	ssl.key.location="$key"
cat "$cert" "$encrypted" >both.pem
ok "with an encrypted key, by Java's names" written bootstrap.servers="$ssl" \
	security.protocol=SSL ssl.truststore.type=PEM ssl.truststore.location="$ca" \
	ssl.keystore.type=PEM ssl.keystore.location="$TMP/both.pem" ssl.key.password=client-secret
ok "with a client certificate, by variables" says 0 "$all10" KAFKA_BROKERS="$ssl" \
	KAFKA_SECURITY_PROTOCOL=SSL KAFKA_CA_FILE="$ca" KAFKA_CERT_FILE="$cert" \
	KAFKA_KEY_FILE="$key" --
# tls STATUS PATTERN NAME=VALUE...: by variables; the later ones win.
tls() {
	wanted=$1 pattern=$2
	shift 2
	says "$wanted" "$pattern" KAFKA_BROKERS="$ssl" KAFKA_SECURITY_PROTOCOL=SSL \
		KAFKA_CA_FILE="$ca" "$@"
}
ok "with an encrypted key, by variables" tls 0 "$all10" KAFKA_CERT_FILE="$cert" \
	KAFKA_KEY_FILE="$encrypted" KAFKA_KEY_PASSWORD=client-secret
echo client-secret >password
ok "its password in a file" tls 0 "$all10" KAFKA_CERT_FILE="$cert" KAFKA_KEY_FILE="$encrypted" \
	KAFKA_KEY_PASSWORD_FILE=password
openssl pkcs12 -export -in "$cert" -inkey "$key" -passout pass:client-secret -out own.p12
# librdkafka 2.0.2 leaks what it reads from one.
store() { # STATUS PATTERN PASSWORD
	conf ssl.keystore.location=own.p12 ssl.keystore.password="$3"
	tls "$1" "$2" ASAN_OPTIONS=detect_leaks=0 -- -F conf
}
ok "by a PKCS#12 store" store 0 "$all10" client-secret

# --- barred: certificates -------------------------------------------------------------------------

# An authority of our own, and what it says of others.
authority() (
	mkdir other && cd other || exit
	cat >openssl.cnf <<-'EOF'
	[req]
	distinguished_name = dn
	[dn]
	[ca]
	default_ca = own
	[own]
	database = index
	new_certs_dir = .
	serial = serial
	default_md = sha256
	policy = any
	copy_extensions = copy
	[any]
	commonName = supplied
	EOF
	OPENSSL_CONF=$PWD/openssl.cnf && export OPENSSL_CONF
	: >index && echo 01 >serial
	new_key() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "$@"; }
	new_key -x509 -days 9 -subj "/CN=other CA" -keyout ca.key -out ca.pem \
		-addext basicConstraints=critical,CA:TRUE || exit
	sign() { # NAME COMMON-NAME ALTERNATIVE-NAMES END
		new_key -subj "/CN=$2" -addext "subjectAltName=$3" -keyout "$1.key" -out csr &&
			openssl ca -batch -notext -in csr -cert ca.pem -keyfile ca.key \
				-startdate 20200101000000Z -enddate "$4" -out "$1.pem"
	}
	sign elsewhere broker.example DNS:broker.example,DNS:b.example 20400101000000Z &&
		sign expired localhost DNS:localhost,IP:127.0.0.1 20210101000000Z
)
ok "an authority of our own" authority

# At 'localhost' where a port of our own is due; it speaks TLS and nothing more.
serve() {
	openssl s_server -accept 127.0.0.1:0 -cert "other/$1.pem" -key "other/$1.key" -www \
		>"$1.log" 2>&1 &
	await 10 grep -q '^ACCEPT .*:[0-9]' "$1.log" && port=$(sed -n 's/^ACCEPT .*://p' "$1.log")
}
ok "the wrong authority" tls 2 "cannot use the broker at '$ssl': its certificate, of 'CN=localhost', is \
signed by no authority in 'other/ca.pem' (unable to get local issuer certificate)$" \
	KAFKA_CA_FILE=other/ca.pem
ok "none, but the system's" says 2 "signed by no authority in the system's list" \
	KAFKA_BROKERS="$ssl" KAFKA_SECURITY_PROTOCOL=SSL --
ok "a server elsewhere" serve elsewhere
ok "the wrong host name" tls 2 "'127.0.0.1:$port': its certificate, of 'CN=broker.example', is for \
'broker.example', 'b.example', not for '127.0.0.1'$" \
	KAFKA_CA_FILE=other/ca.pem KAFKA_BROKERS="127.0.0.1:$port"
ok "a server past its time" serve expired
ok "an expired certificate" tls 2 "'127.0.0.1:$port': its certificate, of 'CN=localhost', is not \
trusted: certificate has expired$" KAFKA_CA_FILE=other/ca.pem KAFKA_BROKERS="127.0.0.1:$port"
ok "no client certificate" tls 2 "'$ssl': it wants a client certificate: KAFKA_CERT_FILE and "
ok "a client certificate of others" tls 2 "it does not accept the client certificate in \
'other/elsewhere.pem' (TLS alert \(46\|116\)" KAFKA_CERT_FILE=other/elsewhere.pem \
	KAFKA_KEY_FILE=other/elsewhere.key
ok "a certificate without key" tls 2 "certificate alone: its key (KAFKA_KEY_FILE or .* is missing" \
	KAFKA_CERT_FILE="$cert"
ok "a key without certificate" tls 2 "key alone: the certificate (KAFKA_CERT_FILE or .* is missing" \
	KAFKA_KEY_FILE="$key"
ok "another's key" tls 2 "the key in 'other/ca.key': it does not belong to the certificate in '$cert'" \
	KAFKA_CERT_FILE="$cert" KAFKA_KEY_FILE=other/ca.key
ok "a wrong key password" tls 2 "the key in '$encrypted': its password is another" \
	KAFKA_CERT_FILE="$cert" KAFKA_KEY_FILE="$encrypted" KAFKA_KEY_PASSWORD=wrong-secret
ok "no key password" tls 2 "'$encrypted': it is encrypted, and no password is given (KAFKA_KEY_P" \
	KAFKA_CERT_FILE="$cert" KAFKA_KEY_FILE="$encrypted"
ok "no such file of authorities" tls 2 \
	"cannot read 'nosuch.pem', which is ssl.ca.location: No such file" KAFKA_CA_FILE=nosuch.pem
ok "one without any" tls 2 "cannot use 'in': it holds no certificate in PEM" KAFKA_CA_FILE=in
ok "a certificate that is none" tls 2 "cannot use 'in': it holds no certificate in PEM" \
	KAFKA_CERT_FILE=in KAFKA_KEY_FILE="$key"
ok "a key that is none" tls 2 "cannot use the key in 'in': it is no key in PEM" \
	KAFKA_CERT_FILE="$cert" KAFKA_KEY_FILE=in
ok "a wrong store password" store 2 "cannot use 'own.p12': it is no PKCS#12 store, or " wrong-secret

# --- barred: users --------------------------------------------------------------------------------

# user STATUS PATTERN NAME=VALUE...
user() {
	wanted=$1 pattern=$2
	shift 2
	says "$wanted" "$pattern" KAFKA_BROKERS="$sasl" KAFKA_SECURITY_PROTOCOL=SASL_SSL \
		KAFKA_CA_FILE="$ca" KAFKA_SASL_USERNAME=alice KAFKA_SASL_PASSWORD=wrong-secret "$@"
}
ok "PLAIN: a wrong password" user 2 "'$sasl': it refuses user 'alice' with SASL PLAIN: Authent" \
	KAFKA_SASL_MECHANISM=PLAIN
ok "SCRAM: a wrong password" user 2 "it refuses user 'alice' with SASL SCRAM-SHA-512: Authent" \
	KAFKA_SASL_MECHANISM=SCRAM-SHA-512
# A release that brokers of Kafka 4 refuse says so, one from 2.6.1 on does not.
if repeats_nonces; then
	ok "and a hint at its release" grep -q "$hint" err
else
	ok "and nothing of its release" not grep -q Debian err
fi
ok "an unknown mechanism" user 2 "mechanism 'FOO': PLAIN, SCRAM-" KAFKA_SASL_MECHANISM=FOO
ok "no mechanism" user 2 "no mechanism is named (KAFKA_SASL_MECHANISM"
ok "no user" user 2 "no user is named (KAFKA_SASL_USERNAME" KAFKA_SASL_MECHANISM=PLAIN \
	KAFKA_SASL_USERNAME=
ok "no password" user 2 "no password is given (KAFKA_SASL_PASSWORD" KAFKA_SASL_MECHANISM=PLAIN \
	KAFKA_SASL_PASSWORD=
conf sasl.mechanism=OAUTHBEARER enable.sasl.oauthbearer.unsecure.jwt=true \
	sasl.oauthbearer.config=wrong-secret
ok "an OAuth configuration that cannot be read" says 2 "with SASL OAUTHBEARER: .*oauthbearer.config$" \
	KAFKA_BROKERS="$sasl" KAFKA_SECURITY_PROTOCOL=SASL_SSL KAFKA_CA_FILE="$ca" -- -F conf -vv
ok "SASL where none is taken" user 2 "it takes no SASL at this port: security.protocol is to be PLAINT" \
	KAFKA_SASL_MECHANISM=PLAIN KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT \
	KAFKA_BROKERS="$TEST_BROKERS"
# These may be a broker that is being restarted.
ok "TLS to a port without" says 1 "cannot reach .*: it breaks off the TLS handshake; perhaps it spe" -- \
	-b "$TEST_BROKERS" -X security.protocol=ssl --connect-timeout 4s
ok "no TLS to a port with" says 1 "cannot reach .*: it hangs up; perhaps it wants TLS at this port" -- \
	-b "$sasl" --connect-timeout 4s
ok "no SASL to a port with" says 1 "cannot reach .*: it hangs up; perhaps it wants SASL at this po" -- \
	-b "$sasl" -X security.protocol=ssl -X ssl.ca.location="$ca" --connect-timeout 4s

# --- secrets --------------------------------------------------------------------------------------

ok "librdkafka's log under SASL" user "$scram" "$scram_says" KAFKA_SASL_MECHANISM=SCRAM-SHA-256 \
	KAFKA_SASL_PASSWORD=alice-secret -- -vv -X debug=all
ok "and under TLS" tls 0 "$all10" KAFKA_CERT_FILE="$cert" KAFKA_KEY_FILE="$encrypted" \
	KAFKA_KEY_PASSWORD=client-secret -- -vv -X debug=all
ok "it is there" grep -q "librdkafka: CONF: .*ssl.key.password" shown
conf ssl.keystore.password=store-secret
ok "--print-config" user 0 "^metadata.broker.list=$sasl$" KAFKA_SASL_MECHANISM=PLAIN \
	KAFKA_SASL_PASSWORD=alice-secret KAFKA_KEY_PASSWORD=client-secret -- -F conf --print-config
grep -E '^(sasl|security|ssl)[.]' out >got
printf '%s\n' sasl.mechanisms=PLAIN 'sasl.password=***' sasl.username=alice \
	security.protocol=sasl_ssl ssl.ca.location="$ca" 'ssl.key.password=***' \
	'ssl.keystore.password=***' >wanted
ok "masks secrets and shows the rest" cmp got wanted
mkfifo fifo
KAFKA_BROKERS=$sasl KAFKA_SECURITY_PROTOCOL=SASL_SSL KAFKA_CA_FILE=$ca KAFKA_SASL_USERNAME=alice \
	KAFKA_SASL_PASSWORD=alice-secret KAFKA_SASL_MECHANISM=PLAIN kafka-publish -t "$topic" \
	<fifo 2>err &
pid=$!
exec 3>fifo
ok "a command line that runs" await 10 grep -qa kafka-publish "/proc/$pid/cmdline"
ok "holds no secret" not grep -qa secret "/proc/$pid/cmdline"
exec 3>&-
wait $pid
ok "no secret was ever shown" not grep -qE 'alice-secret|client-secret|store-secret|wrong-secret' shown
ok "nor as SASL PLAIN has it in base64" not grep -q "$(printf alice-secret | base64)" shown

# --- rights ---------------------------------------------------------------------------------------

# A broker that allows only what is granted. Describe goes with Write, and nothing else is needed.
"$ROOT/tests/servers/broker" start --set allow.everyone.if.no.acl.found=false "$TMP/strict" || exit 1
# shellcheck disable=SC1091
. "$TMP/strict/env"
sasl=$TEST_BROKERS_SASL ca=$TEST_BROKER_CA
acl() {
	"$ROOT/tests/servers/broker" tool kafka.admin.AclCommand \
		--bootstrap-server "$TEST_BROKERS" --allow-principal User:alice "$@" 2>&1
}
# alice STATUS PATTERN TOPIC [ARG]...
alice() {
	wanted=$1 pattern=$2 topic=$3
	shift 3
	user "$wanted" "$pattern" KAFKA_SASL_PASSWORD=alice-secret KAFKA_SASL_MECHANISM=PLAIN -- "$@"
}
for name in granted described; do
	"$ROOT/tests/servers/broker-topic" create "$name" 1
done
ok "no right: Describe" alice 2 "topic 'described' at '$sasl': .*uthoriz" described
ok "grant Describe" acl --add --operation Describe --topic described
ok "no right to write anything" alice 2 "no right to publish: it takes Write on the topic" described
ok "grant Write elsewhere" acl --add --operation Write --topic granted
ok "Write alone suffices" alice 0 "$all10" granted
ok "no right to write there" alice 2 "topic 'described' at '$sasl': .*uthoriz" described
ok "no right to create" alice 2 "topic 'new' at '$sasl': .*uthoriz" new --create-topic 1
ok "grant Create and Write" acl --add --operation Create --operation Write --topic new
ok "they suffice to create" alice 0 "$all10" new --create-topic 1
"$ROOT/tests/servers/broker" stop "$TMP/strict"

done_testing
