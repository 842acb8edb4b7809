/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spoof udp|tcp SOURCE PORT DESTINATION PORT TEXT COUNT MS: sends COUNT packets, one each MS milliseconds, with
 * addresses and ports of somebody else, and TEXT as payload.  With TCP these are segments of an established connection.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 1400

static uint32_t add(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

/* RFC 9293 3.1: over a pseudo header, too. */
static uint16_t checksum(const struct iphdr *ip, const void *data, size_t len)
{
	uint32_t sum = add(0, &ip->saddr, 4);

	sum = add(sum, &ip->daddr, 4) + ip->protocol + (uint32_t)len;
	sum = add(sum, data, len);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* Puts the header before the text, and both behind the IP header. */
static size_t build(uint8_t *packet, const struct iphdr *ip, uint16_t from, uint16_t to, const char *text)
{
	struct udphdr udp = { .source = htons(from), .dest = htons(to) };
	struct tcphdr tcp = { .source = htons(from),
			      .dest = htons(to),
			      .seq = htonl(1),
			      .ack_seq = htonl(1),
			      .doff = 5,
			      .ack = 1,
			      .psh = 1,
			      .window = htons(1000) };
	int is_tcp = ip->protocol == IPPROTO_TCP;
	size_t head = is_tcp ? sizeof(tcp) : sizeof(udp), len = head + strlen(text);
	uint8_t *at = packet + sizeof(*ip);

	memcpy(at + head, text, strlen(text));
	udp.len = htons((uint16_t)len);
	memcpy(at, is_tcp ? (const void *)&tcp : &udp, head);
	tcp.check = udp.check = checksum(ip, at, len);
	memcpy(at, is_tcp ? (const void *)&tcp : &udp, head);
	memcpy(packet, ip, sizeof(*ip));
	return sizeof(*ip) + len;
}

int main(int argc, char **argv)
{
	struct iphdr ip = { .version = 4, .ihl = 5, .ttl = 64 };
	struct sockaddr_in to = { .sin_family = AF_INET };
	uint8_t packet[MOST] = { 0 };
	int out = socket(AF_INET, SOCK_RAW, IPPROTO_RAW), count;
	size_t len;

	if (argc != 9 || inet_pton(AF_INET, argv[2], &ip.saddr) != 1 || inet_pton(AF_INET, argv[4], &ip.daddr) != 1 ||
	    strlen(argv[6]) > MOST - 100) {
		fprintf(stderr, "usage: spoof udp|tcp SOURCE PORT DESTINATION PORT TEXT COUNT MS\n");
		return 2;
	}
	ip.protocol = strcmp(argv[1], "tcp") == 0 ? IPPROTO_TCP : IPPROTO_UDP;
	to.sin_addr.s_addr = ip.daddr;
	len = build(packet, &ip, (uint16_t)atoi(argv[3]), (uint16_t)atoi(argv[5]), argv[6]);
	count = atoi(argv[7]);
	for (int i = 0; i < count; i++) {
		if (sendto(out, packet, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0) {
			fprintf(stderr, "spoof: %s\n", strerror(errno));
			return 1;
		}
		usleep((useconds_t)atoi(argv[8]) * 1000);
	}
	printf("%d\n", count);
	return 0;
}
