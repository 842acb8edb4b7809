/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/searcher.h"

#include "xfrm/late_esp.h"
#include "xfrm/plan/ids.h"
#include "xfrm/probe.h"
#include "xfrm/socket_policy.h"
#include "xfrm/sync.h"

#include <arpa/inet.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BEGIN_AGAIN 500 /* ms: an SA of the same SPI is just ending */
#define BEGIN_AGAIN_MAX 20

struct wanted {
	struct plan_sa sa;
	uint32_t local;
	bool stopped; /* and told */
	unsigned delays;
};

struct searcher {
	struct netlink *xfrm;
	struct wanted *items;
	size_t n;
	/* Of the search that goes on, which is that of items[at] */
	bool on;
	size_t at;
	struct search search;
	int out, back; /* sockets: of probes, and where they come back; -1: closed */
	uint16_t port; /* of BACK */
	uint64_t caught;
	uint8_t last[256]; /* the last one that came back: the candidate's ESP, from its header on */
	size_t last_len;
	uint64_t begin_at;
	uint8_t try[2 * MESSAGE_MAX]; /* the messages of one: away with the last candidate, and another one */
	size_t try_len;
};

int searcher_new(struct searcher **ret, struct netlink *xfrm)
{
	struct searcher *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->xfrm = xfrm;
	s->out = s->back = -1;
	*ret = s;
	return 0;
}

static void close_socket(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The SA that brings probes back stays for the next apply to remove. */
static void end(struct searcher *s)
{
	close_socket(&s->out);
	close_socket(&s->back);
	explicit_bzero(s->try, sizeof(s->try));
	s->on = false;
}

static void clear(struct wanted *items, size_t n)
{
	if (items)
		explicit_bzero(items, n * sizeof(*items));
	free(items);
}

void searcher_free(struct searcher *s)
{
	if (!s)
		return;
	end(s);
	clear(s->items, s->n);
	free(s);
}

/* --- what is wanted --- */

static struct wanted *find(struct searcher *s, const struct plan_sa *sa, uint32_t local)
{
	for (size_t i = 0; i < s->n; i++) {
		struct wanted *w = &s->items[i];

		if (w->local == local && w->sa.tek.spi == sa->tek.spi && w->sa.reqid == sa->reqid &&
		    w->sa.df == sa->df && !w->sa.window_ms == !sa->window_ms && w->sa.sender.bits == sa->sender.bits &&
		    w->sa.sender.id == sa->sender.id && w->sa.tek.cipher == sa->tek.cipher &&
		    secret_equal(&w->sa.tek.key, &sa->tek.key))
			return w;
	}
	return NULL;
}

int searcher_want(struct searcher *s, const struct plan *plan)
{
	struct wanted *items = calloc(plan->n_sas + 1, sizeof(*items)), *going = s->on ? &s->items[s->at] : NULL;
	size_t n = 0, at = plan->n_sas;

	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < plan->n_sas; i++) {
		const struct plan_sa *sa = &plan->sas[i];
		uint32_t local = plan->scopes[sa->scope].local;
		struct wanted *had = find(s, sa, local);

		if (!plan_sa_searched(sa) || plan_sa_kept(sa) || sa->out)
			continue;
		if (had && had == going)
			at = n;
		items[n] = had ? *had : (struct wanted){ .local = local };
		items[n].sa = *sa; /* its lifetime is another one now */
		n++;
	}
	if (going && at == plan->n_sas)
		end(s);
	clear(s->items, s->n);
	s->items = items;
	s->n = n;
	s->at = at;
	return 0;
}

uint32_t searcher_spi(const struct searcher *s)
{
	return s->on ? s->items[s->at].sa.tek.spi : 0;
}

bool searcher_found(const struct searcher *s, uint32_t *ret_prefix)
{
	*ret_prefix = s->search.prefix;
	return s->on && s->search.state == SEARCH_FOUND;
}

/* --- what a search does with the kernel --- */

static int make(void *ctx, char err[static 256])
{
	struct searcher *s = ctx;
	char words[256] = "";
	int r = netlink_tell(s->xfrm, s->try, s->try_len, XFRM_MSG_DELSA, words);

	if (r < 0)
		snprintf(err, 256, "cannot make an SA of AES-GCM with SPI %08x: %.180s", s->items[s->at].sa.tek.spi,
			 words);
	return r;
}

static int send_probe(void *ctx, uint32_t number)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
					.sin_port = htons(PROBE_PORT),
					.sin_addr.s_addr = htonl(KERNEL_DUMMY) };
	const struct searcher *s = ctx;
	uint32_t says = htonl(number);

	return sendto(s->out, &says, sizeof(says), MSG_DONTWAIT, (const struct sockaddr *)&to, sizeof(to)) < 0 ? -errno
													       : 0;
}

/*
 * UDP with ESP that encrypts nothing, in which there is the packet of the candidate's: IP and ESP.  Others' octets
 * would not be opened by the key, and cannot come: the socket is connected to itself.
 */
static bool take_back(struct searcher *s, const uint8_t *data, size_t len)
{
	const size_t ip = SA_RETURN_HEADER, esp = ip + sizeof(struct iphdr);
	struct iphdr h;
	size_t end;

	if (len < esp)
		return false;
	memcpy(&h, data + ip, sizeof(h));
	end = ip + ntohs(h.tot_len);
	if (h.ihl != 5 || h.protocol != IPPROTO_ESP || end > len || end < esp || end - esp > sizeof(s->last) ||
	    end - esp < PROBE_IV_AT + sizeof(uint32_t))
		return false;
	s->last_len = end - esp;
	memcpy(s->last, data + esp, s->last_len);
	return true;
}

static uint64_t caught(void *ctx)
{
	struct searcher *s = ctx;
	uint8_t data[512];
	ssize_t n;

	while ((n = recv(s->back, data, sizeof(data), MSG_DONTWAIT)) >= 0)
		s->caught += take_back(s, data, (size_t)n);
	return s->caught;
}

static uint32_t prefix(void *ctx)
{
	const struct searcher *s = ctx;
	uint32_t word;

	memcpy(&word, s->last + PROBE_IV_AT, sizeof(word));
	return ntohl(word);
}

/* One for each try; it needs no name in XFRM but among others of ours. */
static uint32_t return_spi(const struct wanted *w)
{
	return w->sa.tek.spi;
}

/*
 * The probe is in two SAs, of which the kernel encrypts the inner one at once in any case.  With one, as later packets
 * are, it may do so late.  An SA keeps what it was made with, so what is asked now holds for the candidate.
 */
static int open_probe(void *ctx, struct search_probe *ret, char err[static 256])
{
	const struct searcher *s = ctx;
	const struct wanted *w = &s->items[s->at];
	int r = probe_open(&w->sa, w->local, s->last, s->last_len, ret);

	return r ? r : late_esp_check(s->xfrm, return_spi(w), err);
}

static uint64_t now_us(void *ctx)
{
	struct timespec t;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* The candidate, and around it the SA that brings its packet back. */
static int set_policy(int fd, const struct wanted *w)
{
	const struct socket_policy_sa sas[] = {
		{ sa_id_of(&w->sa, w->local, true), w->sa.window_ms > 0 ? XFRM_MODE_BEET : XFRM_MODE_TUNNEL },
		{ sa_return_id(return_spi(w)), XFRM_MODE_TUNNEL },
	};

	return socket_policy_set(fd, sas, ARRAY_SIZE(sas));
}

static int open_back(struct searcher *s)
{
	struct sockaddr_in self = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(SA_RETURN_ADDRESS) };
	socklen_t len = sizeof(self);

	s->back = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s->back < 0 || bind(s->back, (const struct sockaddr *)&self, sizeof(self)) < 0 ||
	    getsockname(s->back, (struct sockaddr *)&self, &len) < 0 ||
	    connect(s->back, (const struct sockaddr *)&self, sizeof(self)) < 0)
		return -errno;
	s->port = ntohs(self.sin_port);
	return 0;
}

static int open_out(struct searcher *s, const struct wanted *w)
{
	const struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(w->local) };
	int r;

	s->out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	r = s->out < 0 ? -errno : socket_policy_loopback(s->out);
	if (r == 0)
		r = set_policy(s->out, w);
	if (r == 0 && bind(s->out, (const struct sockaddr *)&from, sizeof(from)) < 0)
		r = -errno;
	return r;
}

static int open_sockets(struct searcher *s, const struct wanted *w, char err[static 256])
{
	int r = s->back < 0 ? open_back(s) : 0;

	if (r == 0 && s->out < 0)
		r = open_out(s, w);
	if (r < 0)
		snprintf(err, 256, "cannot open the sockets of probes of AES-GCM: %s", strerror(-r));
	return r;
}

static int take_return(const struct nlmsghdr *nlh, void *data)
{
	struct sa_seen s;

	*(bool *)data |= sa_parse(nlh, &s) && !s.larval;
	explicit_bzero(&s, sizeof(s));
	return 0;
}

static void remove_return(struct searcher *s)
{
	struct sa_id id = sa_return_id(return_spi(&s->items[s->at]));

	sync_drop_sa(s->xfrm, &id);
}

static int mend(void *ctx, char err[static 256])
{
	struct searcher *s = ctx;
	const struct wanted *w = &s->items[s->at];
	struct sa_id id = sa_return_id(return_spi(w));
	bool there = false;
	struct message m;
	int r = open_sockets(s, w, err);

	if (r < 0)
		return r;
	r = sa_build_id(&m, XFRM_MSG_GETSA, &id);
	if (r == 0 && netlink_request(s->xfrm, &m, take_return, &there, err) == 0 && there)
		return 0;
	remove_return(s);
	r = sa_build_return(&m, id.spi, s->port);
	if (r < 0)
		snprintf(err, 256, "cannot make the SA that brings probes of AES-GCM back: %s", strerror(-r));
	else
		r = netlink_request(s->xfrm, &m, NULL, NULL, err);
	message_wipe(&m);
	return r < 0 ? r : 1;
}

static const struct search_ops ops = { .make = make,
				       .send = send_probe,
				       .caught = caught,
				       .prefix = prefix,
				       .open = open_probe,
				       .mend = mend,
				       .now_us = now_us };

/* --- beginning and ending --- */

/* 0: the SPI is free, or has a candidate of an earlier search; -EAGAIN: not yet. */
static int may_begin(struct searcher *s, const struct wanted *w, char err[static 256])
{
	struct installed have = { 0 };
	int r = sync_read(&have, s->xfrm, err);

	for (size_t i = 0; r == 0 && i < have.sas.n; i++) {
		const struct sa_seen *sa = &have.sas.items[i];

		if (sa->id.dst != KERNEL_DUMMY || sa->id.spi != w->sa.tek.spi || sa_is_candidate(sa) || sa->larval)
			continue;
		snprintf(err, 256, "an SA with SPI %08x sends already", sa->id.spi);
		r = -EAGAIN;
	}
	for (size_t i = 0; r == 0 && i < have.policies.n; i++) {
		const struct spd_policy *p = &have.policies.items[i];

		if (p->dir != XFRM_POLICY_OUT || p->spi || p->n_reqids == 0 || p->reqids[0] != w->sa.reqid ||
		    p->tmpl_dst != KERNEL_DUMMY) /* to its carrier */
			continue;
		snprintf(err, 256, "a policy of the SA with SPI %08x does not name it", w->sa.tek.spi);
		r = -EAGAIN;
	}
	sync_clear(&have);
	return r;
}

/* What Linux cannot be told yet: an IV.  Where it can be, this is the place, and the search goes. */
static int build_try(struct searcher *s, const struct wanted *w)
{
	struct sa_id id = sa_id_of(&w->sa, w->local, true);
	struct message m;
	int r = sa_build_id(&m, XFRM_MSG_DELSA, &id);

	m.hdr.nlmsg_flags = NLM_F_REQUEST;
	m.hdr.nlmsg_pid = netlink_port(s->xfrm); /* by which its event is known to be ours (foreign.h) */
	s->try_len = NLMSG_ALIGN(m.hdr.nlmsg_len);
	memcpy(s->try, m.octets, s->try_len);
	r = r ? r : sa_build_candidate(&m, &w->sa, w->local);
	m.hdr.nlmsg_pid = netlink_port(s->xfrm);
	memcpy(s->try + s->try_len, m.octets, m.hdr.nlmsg_len);
	s->try_len += m.hdr.nlmsg_len;
	message_wipe(&m);
	return r;
}

static int begin(struct searcher *s, char err[static 256])
{
	const struct wanted *w = &s->items[s->at];
	int r = may_begin(s, w, err);

	if (r < 0)
		return r;
	r = build_try(s, w);
	if (r < 0) {
		snprintf(err, 256, "SA with SPI %08x: %s", w->sa.tek.spi, strerror(-r));
		return r;
	}
	remove_return(s); /* an earlier one's goes to another port */
	r = mend(s, err);
	if (r < 0)
		return r;
	search_start(&s->search, &ops, s, w->sa.sender.bits, w->sa.sender.id);
	s->on = true;
	return 0;
}

static void remove_candidate(struct searcher *s)
{
	struct sa_id id = sa_id_of(&s->items[s->at].sa, s->items[s->at].local, true);

	sync_drop_sa(s->xfrm, &id);
	remove_return(s);
}

static bool next(struct searcher *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->items[i].stopped) {
			s->at = i;
			return true;
		}
	return false;
}

static enum kernel_search stopped(struct searcher *s, struct kernel_found *ret)
{
	struct wanted *w = &s->items[s->at];

	if (s->on)
		remove_candidate(s);
	end(s);
	w->stopped = true;
	*ret = (struct kernel_found){ .local = w->local, .spi = w->sa.tek.spi, .tries = s->search.tries };
	return KERNEL_SEARCH_STOPPED;
}

enum kernel_search searcher_slice(struct searcher *s, uint64_t now, struct kernel_found *ret, uint32_t *ret_wait,
				  char err[static 256])
{
	*ret_wait = 0;
	if (!s->on) {
		int r;

		if (!next(s))
			return KERNEL_SEARCH_NONE;
		s->search.tries = 0;
		r = now < s->begin_at ? -EAGAIN : begin(s, err);
		if (r == -EAGAIN && (now < s->begin_at || s->items[s->at].delays++ < BEGIN_AGAIN_MAX)) {
			if (now >= s->begin_at)
				s->begin_at = now + BEGIN_AGAIN;
			*ret_wait = (uint32_t)(s->begin_at - now);
			return KERNEL_SEARCH_ON;
		}
		if (r < 0)
			return stopped(s, ret);
	}
	switch (search_slice(&s->search, now, ret_wait, err)) {
	case SEARCH_ON:
		return KERNEL_SEARCH_ON;
	case SEARCH_FOUND:
		*ret = (struct kernel_found){ .local = s->items[s->at].local,
					      .spi = s->items[s->at].sa.tek.spi,
					      .prefix = s->search.prefix,
					      .tries = s->search.tries };
		return KERNEL_SEARCH_FOUND;
	case SEARCH_STOPPED:
		break;
	}
	return stopped(s, ret);
}

void searcher_pass(struct searcher *s)
{
	if (s->on)
		search_pass(&s->search);
}
