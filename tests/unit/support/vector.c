/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/vector.h"

#include <check.h>
#include <ctype.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#define PCAP_MAGIC 0xa1b2c3d4u /* microseconds, in the order of the writer */
#define PCAP_HEADER_LEN 24
#define RECORD_HEADER_LEN 16
#define ETHERNET_LEN 14
#define UDP_LEN 8
#define FILE_MAX (1 << 20)

static uint8_t *read_all(const char *name, const char *suffix, size_t *ret_len)
{
	const char *tests = getenv("GVPN_TESTS");
	uint8_t *data = malloc(FILE_MAX + 1);
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/vectors/%s.%s", tests ? tests : "tests", name, suffix);
	f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "%s: cannot be read (run from the project's root, or set GVPN_TESTS)", path);
	ck_assert_ptr_nonnull(data);
	*ret_len = fread(data, 1, FILE_MAX, f);
	ck_assert_msg(*ret_len < FILE_MAX, "%s: too long", path);
	data[*ret_len] = '\0';
	fclose(f);
	return data;
}

static uint32_t host_u32(const uint8_t *p) /* the recordings are little-endian */
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t net_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void add_frame(struct vector *v, const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + ETHERNET_LEN, *udp;
	size_t header;

	ck_assert_uint_ge(len, ETHERNET_LEN + 20 + UDP_LEN);
	header = (size_t)(ip[0] & 15) * 4;
	udp = ip + header;
	ck_assert_uint_ge(len, ETHERNET_LEN + header + UDP_LEN);
	ck_assert_uint_eq(ip[9], 17);
	ck_assert_uint_lt(v->n, VECTOR_DATAGRAMS_MAX);
	v->datagrams[v->n] = (struct vector_datagram){
		.src = net_u32(ip + 12),
		.dst = net_u32(ip + 16),
		.sport = (uint16_t)(udp[0] << 8 | udp[1]),
		.dport = (uint16_t)(udp[2] << 8 | udp[3]),
		.data = udp + UDP_LEN,
		.len = (size_t)(udp[4] << 8 | udp[5]) - UDP_LEN,
	};
	ck_assert(v->datagrams[v->n].data + v->datagrams[v->n].len <= frame + len);
	v->n++;
}

void vector_load(struct vector *ret, const char *name)
{
	size_t len, at = PCAP_HEADER_LEN, secrets_len;

	memset(ret, 0, sizeof(*ret));
	ret->pcap = read_all(name, "pcap", &len);
	ret->secrets = (char *)read_all(name, "secrets", &secrets_len);
	ck_assert_uint_ge(len, PCAP_HEADER_LEN);
	ck_assert_uint_eq(host_u32(ret->pcap), PCAP_MAGIC);
	while (at < len) {
		uint32_t frame;

		ck_assert_uint_ge(len - at, RECORD_HEADER_LEN);
		frame = host_u32(ret->pcap + at + 8);
		at += RECORD_HEADER_LEN;
		ck_assert_uint_ge(len - at, frame);
		add_frame(ret, ret->pcap + at, frame);
		at += frame;
	}
}

void vector_free(struct vector *v)
{
	free(v->pcap);
	free(v->secrets);
}

static const char *find_label(const struct vector *v, const char *label, unsigned nth)
{
	const char *at = v->secrets;

	while ((at = strstr(at, label))) {
		if ((at == v->secrets || isspace((unsigned char)at[-1])) && nth-- == 0)
			return at + strlen(label);
		at++;
	}
	return NULL;
}

size_t vector_value(const struct vector *v, const char *label, unsigned nth, uint8_t *ret, size_t size)
{
	const char *at = find_label(v, label, nth);
	char *digits;
	size_t n = 0;

	ck_assert_msg(at != NULL, "the secrets have no \"%s\" number %u", label, nth);
	while (*at == ' ')
		at++;
	digits = strndup(at, strspn(at, "0123456789abcdef") & ~(size_t)1);
	ck_assert_int_eq(OPENSSL_hexstr2buf_ex(ret, size, &n, digits, '\0'), 1);
	free(digits);
	ck_assert_uint_gt(n, 0);
	return n;
}

struct secret vector_secret(const struct vector *v, const char *label, unsigned nth)
{
	struct secret s = { 0 };

	s.len = (uint16_t)vector_value(v, label, nth, s.data, sizeof(s.data));
	return s;
}
