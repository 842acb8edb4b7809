/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a recorded exchange of tests/vectors: the UDP datagrams of NAME.pcap and the values of NAME.secrets.  The
 * folder "tests" may be elsewhere: environment variable GVPN_TESTS.  What is missing or malformed fails the test.
 */
#ifndef TESTS_UNIT_SUPPORT_VECTOR_H
#define TESTS_UNIT_SUPPORT_VECTOR_H

#include "lib/gvpn.h"

#define VECTOR_DATAGRAMS_MAX 32

struct vector_datagram {
	uint32_t src, dst;
	uint16_t sport, dport;
	const uint8_t *data;
	size_t len;
};

struct vector {
	struct vector_datagram datagrams[VECTOR_DATAGRAMS_MAX];
	size_t n;
	uint8_t *pcap;
	char *secrets; /* the text */
};

void vector_load(struct vector *ret, const char *name);
void vector_free(struct vector *v);

/*
 * The hex digits after the NTH (from 0) place where LABEL stands at the beginning of a word; RET has SIZE octets.
 * Returns their number.
 */
size_t vector_value(const struct vector *v, const char *label, unsigned nth, uint8_t *ret, size_t size);
struct secret vector_secret(const struct vector *v, const char *label, unsigned nth);

#endif
