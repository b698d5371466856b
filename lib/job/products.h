/*
 * The products of the `trades` service, PRODUCT_IDS: a JSON array of texts, ["BTC/USD","ETH/USD"].
 *
 * Source: the service's config.py (read in 2026).
 */
#ifndef TRADEPIPE_JOB_PRODUCTS_H
#define TRADEPIPE_JOB_PRODUCTS_H

enum { PRODUCTS_REASON_MAX = 256 };

/* Their names in capitals, each of them once, in their order, NULL at the end; products_free()
 * releases them. NULL and `reason`, a phrase such as "'BTC USD' is no product such as BTC/USD",
 * where the text is no such array, or an empty one, or one of its texts does not match
 * ^[A-Z0-9]{2,10}[/-]?[A-Z0-9]{2,10}$ in capitals. */
char **products_parse(const char *text, char reason[PRODUCTS_REASON_MAX]);
void products_free(char **products);

#endif
