/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/selector.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

const struct selector selector_any = {
	.sport = { 0, UINT16_MAX },
	.dport = { 0, UINT16_MAX },
};

uint32_t prefix_mask(uint8_t len)
{
	return len == 0 ? 0 : UINT32_MAX << (32 - len);
}

int prefix_mask_len(uint32_t mask)
{
	uint8_t len = 0;

	while (len < 32 && mask & (UINT32_C(0x80000000) >> len))
		len++;
	return mask == prefix_mask(len) ? len : -EINVAL;
}

uint32_t prefix_last(struct ip_prefix p)
{
	return p.addr | ~prefix_mask(p.len);
}

static bool prefix_equal(struct ip_prefix a, struct ip_prefix b)
{
	return a.addr == b.addr && a.len == b.len;
}

bool prefix_valid(struct ip_prefix p)
{
	return p.len <= 32 && (p.addr & ~prefix_mask(p.len)) == 0;
}

struct ip_prefix prefix_join(struct ip_prefix a, struct ip_prefix b)
{
	uint8_t len = a.len < b.len ? a.len : b.len;

	while (((a.addr ^ b.addr) & prefix_mask(len)) != 0)
		len--;
	return (struct ip_prefix){ a.addr & prefix_mask(len), len };
}

bool prefix_covers(struct ip_prefix a, uint32_t addr)
{
	return (addr & prefix_mask(a.len)) == a.addr;
}

int prefix_parse(struct ip_prefix *ret, const char *text)
{
	char addr[ADDRESS_TEXT_MAX];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	unsigned len = 32;
	struct in_addr in;

	if (n == 0 || n >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, text, n);
	addr[n] = '\0';
	if (inet_pton(AF_INET, addr, &in) != 1)
		return -EINVAL;
	if (slash) {
		const char *p = slash + 1;

		if (*p == '\0' || strlen(p) > 2 || strspn(p, "0123456789") != strlen(p))
			return -EINVAL;
		len = (unsigned)strtoul(p, NULL, 10);
		if (len > 32)
			return -EINVAL;
	}
	if (ntohl(in.s_addr) & ~prefix_mask((uint8_t)len))
		return -EINVAL;
	*ret = (struct ip_prefix){ .addr = ntohl(in.s_addr), .len = (uint8_t)len };
	return 0;
}

static bool range_equal(struct port_range a, struct port_range b)
{
	return a.min == b.min && a.max == b.max;
}

bool selector_equal(const struct selector *a, const struct selector *b)
{
	return prefix_equal(a->src, b->src) && prefix_equal(a->dst, b->dst) && a->protocol == b->protocol &&
	       range_equal(a->sport, b->sport) && range_equal(a->dport, b->dport);
}

bool selector_valid(const struct selector *s)
{
	return prefix_valid(s->src) && prefix_valid(s->dst) && s->sport.min <= s->sport.max &&
	       s->dport.min <= s->dport.max;
}

bool protocol_has_ports(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return true;
	default:
		return false;
	}
}

static bool range_covers(struct port_range r, uint16_t port)
{
	return port >= r.min && port <= r.max;
}

bool selector_matches(const struct selector *s, const struct packet_key *p)
{
	if (!prefix_covers(s->src, p->src) || !prefix_covers(s->dst, p->dst))
		return false;
	if (s->protocol != 0 && s->protocol != p->protocol)
		return false;
	if (port_any(s->sport) && port_any(s->dport))
		return true;
	return protocol_has_ports(p->protocol) && range_covers(s->sport, p->sport) && range_covers(s->dport, p->dport);
}

/* Two prefixes overlap only when one contains the other. */
static bool prefix_intersect(struct ip_prefix *ret, struct ip_prefix a, struct ip_prefix b)
{
	struct ip_prefix wide = a.len <= b.len ? a : b, narrow = a.len <= b.len ? b : a;

	if (!prefix_covers(wide, narrow.addr))
		return false;
	*ret = narrow;
	return true;
}

static bool range_intersect(struct port_range *ret, struct port_range a, struct port_range b)
{
	struct port_range r = { a.min > b.min ? a.min : b.min, a.max < b.max ? a.max : b.max };

	if (r.min > r.max)
		return false;
	*ret = r;
	return true;
}

bool selector_intersect(struct selector *ret, const struct selector *a, const struct selector *b)
{
	struct selector s;

	if (!prefix_intersect(&s.src, a->src, b->src) || !prefix_intersect(&s.dst, a->dst, b->dst))
		return false;
	if (a->protocol != 0 && b->protocol != 0 && a->protocol != b->protocol)
		return false;
	s.protocol = a->protocol != 0 ? a->protocol : b->protocol;
	if (!range_intersect(&s.sport, a->sport, b->sport) || !range_intersect(&s.dport, a->dport, b->dport))
		return false;
	if (s.protocol != 0 && !protocol_has_ports(s.protocol) && (!port_any(s.sport) || !port_any(s.dport)))
		return false;
	*ret = s;
	return true;
}

bool selector_overlaps(const struct selector *a, const struct selector *b)
{
	struct selector common;

	return selector_intersect(&common, a, b);
}

static bool prefix_within(struct ip_prefix in, struct ip_prefix out)
{
	return in.len >= out.len && prefix_covers(out, in.addr);
}

static bool range_within(struct port_range in, struct port_range out)
{
	return in.min >= out.min && in.max <= out.max;
}

bool selector_within(const struct selector *in, const struct selector *out)
{
	return prefix_within(in->src, out->src) && prefix_within(in->dst, out->dst) &&
	       (out->protocol == 0 || out->protocol == in->protocol) && range_within(in->sport, out->sport) &&
	       range_within(in->dport, out->dport);
}

const char *address_format(uint32_t addr, char buf[static ADDRESS_TEXT_MAX])
{
	struct in_addr in = { .s_addr = htonl(addr) };

	return inet_ntop(AF_INET, &in, buf, ADDRESS_TEXT_MAX);
}

const char *prefix_format(struct ip_prefix p, char buf[static PREFIX_TEXT_MAX])
{
	char addr[ADDRESS_TEXT_MAX];

	snprintf(buf, PREFIX_TEXT_MAX, "%s/%u", address_format(p.addr, addr), (unsigned)p.len);
	return buf;
}

static void range_format(struct port_range r, char *buf, size_t size)
{
	if (port_any(r))
		buf[0] = '\0';
	else if (r.min == r.max)
		snprintf(buf, size, ":%u", r.min);
	else
		snprintf(buf, size, ":%u-%u", r.min, r.max);
}

const char *selector_format(const struct selector *s, char buf[static SELECTOR_TEXT_MAX])
{
	char src[PREFIX_TEXT_MAX], dst[PREFIX_TEXT_MAX], sport[16], dport[16], protocol[20] = "";

	range_format(s->sport, sport, sizeof(sport));
	range_format(s->dport, dport, sizeof(dport));
	if (s->protocol != 0)
		snprintf(protocol, sizeof(protocol), " protocol %u", s->protocol);
	snprintf(buf, SELECTOR_TEXT_MAX, "%s%s -> %s%s%s", prefix_format(s->src, src), sport,
		 prefix_format(s->dst, dst), dport, protocol);
	return buf;
}
