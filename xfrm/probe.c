/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/probe.h"

#include "xfrm/esp_open.h"
#include "xfrm/plan/ids.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>

struct datagram {
	struct udphdr udp;
	uint32_t number;
} __attribute__((packed));

static bool is_from(const uint8_t *packet, uint32_t local)
{
	struct iphdr ip;

	memcpy(&ip, packet, sizeof(ip));
	return ip.protocol == IPPROTO_UDP && ntohl(ip.saddr) == local && ntohl(ip.daddr) == KERNEL_DUMMY &&
	       ntohs(ip.tot_len) == sizeof(ip) + sizeof(struct datagram);
}

int probe_open(const struct plan_sa *sa, uint32_t local, const uint8_t *esp, size_t len, struct search_probe *ret)
{
	bool beet = sa->window_ms > 0; /* it encrypts what is behind the IP header */
	size_t header = beet ? 0 : sizeof(struct iphdr);
	uint8_t plain[256];
	struct esp_opened o;
	struct datagram d;
	int r = esp_open(&sa->tek, esp, len, plain, sizeof(plain), &o);

	if (r < 0)
		return r;
	if (o.spi != sa->tek.spi || o.next_header != (beet ? IPPROTO_UDP : IPPROTO_IPIP) ||
	    o.inner_len != header + sizeof(d) || (!beet && !is_from(plain, local)))
		return -EBADMSG;
	/* The packet inside is the one that was sent: whatever its ICV says, another one proves nothing of the probe.
	 */
	memcpy(&d, plain + header, sizeof(d));
	*ret = (struct search_probe){ .number = ntohl(d.number), .sequence = o.sequence, .prefix = seqiv_prefix(o.iv) };
	return ntohs(d.udp.dest) == PROBE_PORT && ntohs(d.udp.len) == sizeof(d) ? 0 : -EBADMSG;
}
