/*
 * OpenSSL's TLS, as two files share it. Private to lib/net: this is the one file that includes its
 * headers, and its users are
 *
 *   trust.c  whom TLS trusts, and why it does not
 *   wire.c   a connection that TLS protects
 */
#ifndef TRADEPIPE_NET_TRUST_PRIV_H
#define TRADEPIPE_NET_TRUST_PRIV_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#endif
