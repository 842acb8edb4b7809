/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * member: the kernel side of a group member without the daemon.  It reads orders from standard input, one a line, and
 * answers each with one line.
 *
 *   member LOCAL EXTERNAL INSIDE GROUP/LEN FOLDER
 *
 *   sa SPI CIPHER [BITS ID]   one SA more, which receives; with an id it is to be searched for.  Its key is made of SPI
 *   searched SPI BITS ID      the SA is searched for, again
 *   drop SPI                  the SA is no more
 *   window MS                 the anti-replay window (D3P) of all SAs, and of those to come; 0: none
 *   send SPI                  of all SAs this one sends
 *   as SPI PREFIX             the prefix is another one than was found
 *   apply                     the plan into the kernel: "applied RESULT, lost SPI..."
 *   search [SLICES]           until something is found, or so many slices: "found SPI PREFIX, TRIES tries, N slices,
 * the longest US us (number N), wall US us, processor US us" pass                      what was found is of no use
 *   counters                  "wrong_iv N, esp_out N"
 *   packets SPI               that the SA has sent
 *   crypto NAME               makes the kernel have an algorithm, pcrypt(...) for example, by AF_ALG
 *   flush                     everything of ours goes
 *   quit
 */
#include "lib/plan.h"
#include "lib/selector.h"
#include "xfrm/kernel.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/if_alg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SAS_MAX 16

static struct plan_scope scope;
static struct plan_rule rules[2];
static struct plan_sa sas[SAS_MAX];
static struct plan_fit fit;
static struct plan plan = { .scopes = &scope, .n_scopes = 1, .sas = sas, .fits = &fit, .n_fits = 1 };
static struct kernel *kernel;
static const char *folder;
static unsigned window_ms;

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static uint64_t processor_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000u +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void log_line(void *ctx, int level, enum kernel_news news, const char *text)
{
	(void)ctx;
	(void)news;
	fprintf(stderr, "<%d>%s\n", level, text);
}

static uint32_t address(const char *text)
{
	struct in_addr a;

	if (inet_pton(AF_INET, text, &a) != 1) {
		fprintf(stderr, "member: %s is no address\n", text);
		exit(2);
	}
	return ntohl(a.s_addr);
}

static void make_plan(char **argv)
{
	struct selector group = selector_any;
	char *slash = strchr(argv[4], '/');

	if (!slash)
		exit(2);
	*slash = '\0';
	group.src = group.dst = (struct ip_prefix){ address(argv[4]), (uint8_t)atoi(slash + 1) };
	scope = (struct plan_scope){ .vpn = "group", .from_zone = "LAN", .to_zone = "WAN", .n_from = 1, .n_to = 1 };
	scope.reqids = KERNEL_REQID_MIN;
	scope.local = address(argv[1]);
	snprintf(scope.external, sizeof(scope.external), "%s", argv[2]);
	snprintf(scope.to[0], sizeof(scope.to[0]), "%s", argv[2]);
	snprintf(scope.from[0], sizeof(scope.from[0]), "%s", argv[3]);
	scope.rules = rules;
	scope.n_rules = 2;
	rules[0] = (struct plan_rule){ .verdict = PLAN_ENCRYPT, .reason = PLAN_GROUP_POLICY, .sel = group };
	rules[0].reqid = KERNEL_REQID_MIN;
	rules[1] = (struct plan_rule){ .verdict = PLAN_BLOCK, .reason = PLAN_FAIL_CLOSE, .sel = selector_any };
	fit = (struct plan_fit){ .reqid = KERNEL_REQID_MIN, .sel = group };
}

/* --- orders --- */

static struct plan_sa *find(uint32_t spi)
{
	for (size_t i = 0; i < plan.n_sas; i++)
		if (sas[i].tek.spi == spi)
			return &sas[i];
	fprintf(stderr, "member: there is no SA %08x\n", spi);
	exit(2);
}

static void take(uint32_t spi, const char *cipher, unsigned bits, unsigned id)
{
	struct plan_sa *sa = &sas[plan.n_sas++];

	*sa = (struct plan_sa){ .reqid = KERNEL_REQID_MIN, .in = true, .df = PLAN_DF_CLEAR, .hard_seconds = 3600 };
	sa->tek = (struct tek){ .spi = spi, .cipher = cipher_of_junos(cipher), .tunnel = true };
	sa->tek.key.len = (uint16_t)cipher_esp_key_len(sa->tek.cipher);
	for (uint8_t i = 0; i < sa->tek.key.len; i++)
		sa->tek.key.data[i] = (uint8_t)(i * 7 + spi + (spi >> 8));
	if (cipher_is_cbc(sa->tek.cipher)) {
		sa->tek.auth = AUTH_HMAC_SHA256_128;
		sa->tek.auth_key.len = 32;
		memset(sa->tek.auth_key.data, (int)(spi & 0xff), 32);
	}
	sa->sender = (struct sender){ .bits = (uint8_t)bits, .id = id };
	sa->window_ms = window_ms;
	if (sa->tek.cipher == CIPHER_NONE) {
		fprintf(stderr, "member: no cipher %s\n", cipher);
		exit(2);
	}
	printf("ok\n");
}

static void apply(void)
{
	const struct kernel_lost *lost;
	char err[256] = "";
	int r = kernel_apply(kernel, &plan, err);
	size_t n;

	lost = kernel_lost(kernel, &n);
	printf("applied %d%s%s", r, err[0] ? " " : "", err);
	for (size_t i = 0; i < n; i++)
		printf(", lost %08x", lost[i].spi);
	printf("\n");
}

static void search(unsigned long slices)
{
	uint64_t longest = 0, cpu = processor_us(), wall = now_us();
	unsigned long which = 0;
	enum kernel_search is = KERNEL_SEARCH_ON;
	struct kernel_found found = { 0 };
	unsigned long n = 0;
	char err[256] = "";

	while (is == KERNEL_SEARCH_ON && n < slices) {
		uint64_t from = now_us(), took;
		uint32_t wait;

		is = kernel_search(kernel, from / 1000, &found, &wait, err);
		took = now_us() - from;
		n++;
		if (took > longest) {
			longest = took;
			which = n;
		}
		if (wait)
			usleep(wait * 1000);
	}
	cpu = processor_us() - cpu;
	wall = now_us() - wall;
	switch (is) {
	case KERNEL_SEARCH_NONE:
		printf("nothing to search for\n");
		return;
	case KERNEL_SEARCH_ON:
		printf("on, %lu slices\n", n);
		return;
	case KERNEL_SEARCH_FOUND:
		find(found.spi)->sender.prefix = found.prefix;
		find(found.spi)->sender.has_prefix = true;
		printf("found %08x %08x, %u tries, %lu slices, the longest %" PRIu64 " us (number %lu), wall %" PRIu64
		       " us, processor %" PRIu64 " us\n",
		       found.spi, found.prefix, found.tries, n, longest, which, wall, cpu);
		return;
	case KERNEL_SEARCH_STOPPED:
		printf("stopped %08x, %u tries: %s\n", found.spi, found.tries, err);
		return;
	}
}

static void say_counters(void)
{
	struct kernel_counters c;

	if (kernel_counters(kernel, &c) < 0)
		printf("no counters\n");
	else
		printf("wrong_iv %" PRIu64 ", esp_out %" PRIu64 ", unprotected_out %" PRIu64 "\n", c.wrong_iv,
		       c.esp_out, c.unprotected_out);
}

static void say_packets(uint32_t spi)
{
	struct kernel_sa_counters c = { 0 };

	printf("%d %" PRIu64 "\n", kernel_sa_counters(kernel, scope.local, spi, true, &c), c.packets);
}

static void make_algorithm(const char *name)
{
	struct sockaddr_alg a = { .salg_family = AF_ALG, .salg_type = "aead" };
	int fd = socket(AF_ALG, SOCK_SEQPACKET, 0), r;

	snprintf((char *)a.salg_name, sizeof(a.salg_name), "%s", name);
	r = fd < 0 || bind(fd, (const struct sockaddr *)&a, sizeof(a)) < 0 ? errno : 0;
	printf("%s\n", r ? strerror(r) : "ok");
	if (fd >= 0)
		close(fd);
}

static void only_sends(uint32_t spi)
{
	for (size_t i = 0; i < plan.n_sas; i++)
		sas[i].out = sas[i].tek.spi == spi;
	printf("ok\n");
}

static void drop(uint32_t spi)
{
	*find(spi) = sas[plan.n_sas - 1];
	plan.n_sas--;
	printf("ok\n");
}

static void set_window(unsigned ms)
{
	window_ms = ms;
	for (size_t i = 0; i < plan.n_sas; i++)
		sas[i].window_ms = ms;
	printf("ok\n");
}

static void set_sender(uint32_t spi, const struct sender *is)
{
	find(spi)->sender = *is;
	find(spi)->out &= is->has_prefix;
	printf("ok\n");
}

static bool obey(const char *line)
{
	uint32_t spi = 0, prefix;
	unsigned bits = 0, id = 0;
	unsigned long slices = ~0ul;
	char word[32] = "", cipher[32], name[64], err[256] = "";

	sscanf(line, "%31s %" SCNx32, word, &spi);
	if (strcmp(word, "sa") == 0 && sscanf(line, "%*s %*s %31s %u %u", cipher, &bits, &id) >= 1)
		take(spi, cipher, bits, id);
	else if (strcmp(word, "searched") == 0 && sscanf(line, "%*s %*s %u %u", &bits, &id) == 2)
		set_sender(spi, &(struct sender){ .bits = (uint8_t)bits, .id = id });
	else if (strcmp(word, "as") == 0 && sscanf(line, "%*s %*s %" SCNx32, &prefix) == 1)
		set_sender(spi,
			   &(struct sender){ .bits = 8, .id = prefix >> 24, .has_prefix = true, .prefix = prefix });
	else if (strcmp(word, "drop") == 0)
		drop(spi);
	else if (strcmp(word, "window") == 0 && sscanf(line, "%*s %u", &bits) == 1)
		set_window(bits);
	else if (strcmp(word, "send") == 0)
		only_sends(spi);
	else if (strcmp(word, "apply") == 0)
		apply();
	else if (strcmp(word, "search") == 0)
		search(sscanf(line, "%*s %lu", &slices) == 1 ? slices : ~0ul);
	else if (strcmp(word, "pass") == 0) {
		kernel_search_pass(kernel);
		printf("ok\n");
	} else if (strcmp(word, "counters") == 0)
		say_counters();
	else if (strcmp(word, "crypto") == 0 && sscanf(line, "%*s %63s", name) == 1)
		make_algorithm(name);
	else if (strcmp(word, "packets") == 0)
		say_packets(spi);
	else if (strcmp(word, "flush") == 0)
		printf("flushed %d %s\n", kernel_flush(kernel, folder, err), err);
	else if (strcmp(word, "quit") == 0)
		return false;
	else
		printf("what is %s?\n", word);
	fflush(stdout);
	return true;
}

int main(int argc, char **argv)
{
	char line[256], err[256];

	if (argc != 6) {
		fprintf(stderr, "usage: member LOCAL EXTERNAL INSIDE GROUP/LEN FOLDER\n");
		return 2;
	}
	make_plan(argv);
	folder = argv[5];
	if (kernel_open(&kernel, folder, log_line, NULL, err) < 0) {
		fprintf(stderr, "member: %s\n", err);
		return 1;
	}
	while (fgets(line, sizeof(line), stdin) && obey(line))
		;
	kernel_close(kernel);
	return 0;
}
