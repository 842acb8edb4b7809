/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inject INTERFACE FILE: sends the frames of a capture (pcap) by an interface, as they are. */
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	struct {
		uint32_t seconds, fraction, len, whole;
	} record;
	unsigned char head[24], frame[65536];
	FILE *f = argc == 3 ? fopen(argv[2], "r") : NULL;
	int s = socket(AF_PACKET, SOCK_RAW, 0), sent = 0;

	if (!f || s < 0 || fread(head, sizeof(head), 1, f) != 1) {
		perror("inject INTERFACE FILE");
		return 1;
	}
	to.sll_ifindex = (int)if_nametoindex(argv[1]);
	while (fread(&record, sizeof(record), 1, f) == 1) {
		if (record.len > sizeof(frame) || fread(frame, record.len, 1, f) != 1)
			return 1;
		if (sendto(s, frame, record.len, 0, (struct sockaddr *)&to, sizeof(to)) != (ssize_t)record.len) {
			perror("sendto");
			return 1;
		}
		sent++;
	}
	printf("%d\n", sent);
	return 0;
}
