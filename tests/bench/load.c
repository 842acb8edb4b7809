/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * load: traffic between two network namespaces from one process, for measuring what a packet costs on its way.
 *
 * The process has a socket in each namespace, so no scheduler stands between the sender and the receiver, and a run
 * repeats.  A round ends when all that was sent has arrived; a packet that does not arrive ends the program with
 * status 1. Around every round stand the marks of count_plugin.c, so that the emulator counts the round's instructions
 * by address.
 *
 *   load udp FROM TO ADDRESS OCTETS PACKETS ROUNDS   prints for each round the nanoseconds that a packet took
 *   load tcp FROM TO ADDRESS OCTETS ROUNDS           prints for each round the nanoseconds that 1000 octets took
 *   load pairs FROM TO SOURCE DESTINATION FIRST LAST  one packet for each of the pairs FIRST to LAST - 1; pair i is
 *                                                    SOURCE + i % 256 and DESTINATION + i / 256
 *   load maps                                        prints how many BPF maps the machine has, and their entries
 *
 * One more round comes before the first, unmarked and unprinted, which fills caches.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LARGEST 2048u
#define PORT 5400
#define PATIENCE_MS 10000

static char content[65536];

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *format, ...)
{
	va_list values;

	fputs("load: ", stderr);
	va_start(values, format);
	vfprintf(stderr, format, values);
	va_end(values);
	fputc('\n', stderr);
	exit(1);
}

/* nopl DISPLACEMENT(%rax): an instruction without effect, by which count_plugin.c knows where a round begins and ends
 */
static void mark_start(void)
{
	__asm__ volatile(".byte 0x0f, 0x1f, 0x80, 'g', 'v', 'p', '0'" ::: "memory");
}

static void mark_end(void)
{
	__asm__ volatile(".byte 0x0f, 0x1f, 0x80, 'g', 'v', 'p', '1'" ::: "memory");
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static unsigned long number(const char *text, unsigned long least, unsigned long most)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || value < least || value > most)
		die("\"%s\": expected a number from %lu to %lu", text, least, most);
	return value;
}

static struct sockaddr_in address_of(const char *text, uint32_t plus)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT) };

	if (inet_pton(AF_INET, text, &a.sin_addr) != 1)
		die("\"%s\" is no IPv4 address", text);
	a.sin_addr.s_addr = htonl(ntohl(a.sin_addr.s_addr) + plus);
	return a;
}

/* A socket that belongs to the namespace /run/netns/NAME for as long as it is open */
static int socket_in(const char *name, int type)
{
	char path[256];
	int netns, fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	netns = open(path, O_RDONLY | O_CLOEXEC);
	if (netns < 0 || setns(netns, CLONE_NEWNET))
		die("namespace %s: %s", name, strerror(errno));
	close(netns);
	fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket in %s: %s", name, strerror(errno));
	return fd;
}

static void await(int fd, short events, const char *what)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (poll(&p, 1, PATIENCE_MS) != 1)
		die("%s within %d s", what, PATIENCE_MS / 1000);
}

/* receive: takes a datagram of OCTETS, which has been sent */
static void receive(int fd, size_t octets)
{
	static char place[LARGEST];
	ssize_t n;

	while ((n = recv(fd, place, sizeof(place), MSG_DONTWAIT)) < 0 && errno == EAGAIN)
		await(fd, POLLIN, "a packet did not arrive");
	if (n < 0)
		die("receive: %s", strerror(errno));
	if ((size_t)n != octets)
		die("a packet of %zd octets arrived, not of %zu", n, octets);
}

static double round_udp(int from, int to, size_t octets, unsigned long packets)
{
	double began = now_ns();

	for (unsigned long i = 0; i < packets; i++) {
		if (send(from, content, octets, 0) != (ssize_t)octets)
			die("send: %s", strerror(errno));
		receive(to, octets);
	}
	return (now_ns() - began) / (double)packets;
}

static double round_tcp(int from, int to, unsigned long octets)
{
	struct pollfd both[] = { { .fd = from, .events = POLLOUT }, { .fd = to, .events = POLLIN } };
	unsigned long sent = 0, got = 0;
	double began = now_ns();

	while (got < octets) {
		size_t left = octets - sent < sizeof(content) ? octets - sent : sizeof(content);
		ssize_t out = left ? send(from, content, left, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
		ssize_t in;

		if (out < 0 && errno != EAGAIN)
			die("send: %s", strerror(errno));
		in = recv(to, content, sizeof(content), MSG_DONTWAIT);
		if (in == 0 || (in < 0 && errno != EAGAIN))
			die("receive: %s", in ? strerror(errno) : "the connection was closed");
		sent += out > 0 ? (unsigned long)out : 0;
		got += in > 0 ? (unsigned long)in : 0;
		both[0].fd = sent < octets ? from : -1;
		if (out <= 0 && in < 0 && poll(both, 2, PATIENCE_MS) < 1)
			die("the connection stood still for %d s", PATIENCE_MS / 1000);
	}
	return (now_ns() - began) * 1000 / (double)octets;
}

/* A size that stays, where the kernel would let a connection's buffers grow from round to round */
static void buffers(int fd, int option)
{
	int octets = 1 << 20;

	if (setsockopt(fd, SOL_SOCKET, option, &octets, sizeof(octets)))
		die("a buffer of %d octets: %s", octets, strerror(errno));
}

static void load_udp(char **words)
{
	int from = socket_in(words[0], SOCK_DGRAM), to = socket_in(words[1], SOCK_DGRAM);
	struct sockaddr_in address = address_of(words[2], 0);
	size_t octets = number(words[3], 1, LARGEST);
	unsigned long packets = number(words[4], 1, 100000000), rounds = number(words[5], 1, 1000);

	if (bind(to, (struct sockaddr *)&address, sizeof(address)))
		die("bind to %s: %s", words[2], strerror(errno));
	if (connect(from, (struct sockaddr *)&address, sizeof(address)))
		die("connect to %s: %s", words[2], strerror(errno));
	round_udp(from, to, octets, packets);
	for (unsigned long i = 0; i < rounds; i++) {
		double ns;

		mark_start();
		ns = round_udp(from, to, octets, packets);
		mark_end();
		printf("%.1f\n", ns);
	}
}

static void load_tcp(char **words)
{
	int from = socket_in(words[0], SOCK_STREAM), listener = socket_in(words[1], SOCK_STREAM), to;
	struct sockaddr_in address = address_of(words[2], 0);
	unsigned long octets = number(words[3], 1000, 100000000000), rounds = number(words[4], 1, 1000);
	int on = 1;

	buffers(from, SO_SNDBUFFORCE);
	buffers(listener, SO_RCVBUFFORCE);
	if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 1))
		die("listen at %s: %s", words[2], strerror(errno));
	if (connect(from, (struct sockaddr *)&address, sizeof(address)))
		die("connect to %s: %s", words[2], strerror(errno));
	to = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (to < 0)
		die("accept: %s", strerror(errno));
	round_tcp(from, to, octets);
	for (unsigned long i = 0; i < rounds; i++) {
		double ns;

		mark_start();
		ns = round_tcp(from, to, octets);
		mark_end();
		printf("%.3f\n", ns);
	}
}

/* One socket for each source; the receiver's takes what comes to any of the destinations. */
static void load_pairs(char **words)
{
	int to = socket_in(words[1], SOCK_DGRAM), from[256];
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	unsigned first = (unsigned)number(words[4], 0, 65535), last = (unsigned)number(words[5], 1, 65536);

	if (bind(to, (struct sockaddr *)&any, sizeof(any)))
		die("bind: %s", strerror(errno));
	for (unsigned i = 0; i < 256; i++) {
		struct sockaddr_in source = address_of(words[2], i);

		from[i] = socket_in(words[0], SOCK_DGRAM);
		if (bind(from[i], (struct sockaddr *)&source, sizeof(source)))
			die("bind to %s + %u: %s", words[2], i, strerror(errno));
	}
	for (unsigned i = first; i < last; i++) {
		struct sockaddr_in destination = address_of(words[3], i / 256);

		if (sendto(from[i % 256], content, 64, 0, (struct sockaddr *)&destination, sizeof(destination)) != 64)
			die("send: %s", strerror(errno));
		receive(to, 64);
	}
}

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* entries_of: how many entries a map has; one that cannot be walked has the room that was made for it */
static unsigned long entries_of(int fd)
{
	static unsigned char keys[2][65536];
	struct bpf_map_info info = { 0 };
	union bpf_attr attr = { .info = {
					.bpf_fd = (uint32_t)fd, .info_len = sizeof(info), .info = (uintptr_t)&info } };
	unsigned long entries = 0;

	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr))
		die("a BPF map: %s", strerror(errno));
	if (info.key_size == 0 || info.key_size > sizeof(keys[0]))
		return info.max_entries;
	for (;; entries++) {
		attr = (union bpf_attr){ .map_fd = (uint32_t)fd,
					 .key = entries ? (uintptr_t)keys[entries & 1] : 0,
					 .next_key = (uintptr_t)keys[~entries & 1] };
		if (bpf(BPF_MAP_GET_NEXT_KEY, &attr))
			return errno == ENOENT ? entries : info.max_entries;
		if (entries > info.max_entries)
			die("a BPF map has more entries than room: it was changed while it was counted");
	}
}

static void count_maps(void)
{
	unsigned long maps = 0, entries = 0;
	union bpf_attr attr = { 0 };

	while (!bpf(BPF_MAP_GET_NEXT_ID, &attr)) {
		uint32_t id = attr.next_id;
		int fd;

		attr = (union bpf_attr){ .map_id = id };
		fd = bpf(BPF_MAP_GET_FD_BY_ID, &attr);
		if (fd >= 0) {
			maps++;
			entries += entries_of(fd);
			close(fd);
		} else if (errno != ENOENT) {
			die("BPF map %u: %s", id, strerror(errno));
		}
		attr = (union bpf_attr){ .start_id = id };
	}
	if (errno != ENOENT)
		die("BPF maps: %s", strerror(errno));
	printf("%lu %lu\n", maps, entries);
}

int main(int argc, char **argv)
{
	memset(content, 'x', sizeof(content));
	if (argc == 8 && !strcmp(argv[1], "udp"))
		load_udp(argv + 2);
	else if (argc == 7 && !strcmp(argv[1], "tcp"))
		load_tcp(argv + 2);
	else if (argc == 8 && !strcmp(argv[1], "pairs"))
		load_pairs(argv + 2);
	else if (argc == 2 && !strcmp(argv[1], "maps"))
		count_maps();
	else
		die("usage: see the top of tests/bench/load.c");
	return fflush(stdout) ? 1 : 0;
}
