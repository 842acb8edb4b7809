/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key server's sockets, clock and log around tests/gcks/server.h. */
#include "tests/gcks/serve.h"

#include "tests/gcks/cluster_socket.h"
#include "tests/gcks/command.h"
#include "tests/gcks/config.h"
#include "tests/gcks/control.h"
#include "tests/gcks/server.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DATAGRAMS_PER_WAKE 32 /* a flood of datagrams must not keep timers from running */
#define ROUNDS_PER_WAKE 16    /* of up to IKE_OUT_DATAGRAMS pushes each */

struct program {
	const struct gcks_options *options;
	sd_event *event;
	sd_event_source *timer;
	struct gcks_config *config;
	struct gcks_server *server;
	struct gcks_control *control;
	struct cluster_sockets *cluster;
	struct listener {
		struct program *program;
		size_t index; /* the server's local address */
		int fd;
		sd_event_source *source;
	} listeners[GCKS_LOCALS_MAX];
	size_t n_listeners;
	uint8_t datagram[IKE_DATAGRAM_MAX];
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void log_line(void *ctx, enum ike_note_level level, const char *text)
{
	const struct program *p = ctx;
	struct timespec ts;
	struct tm tm;
	char when[16] = "";

	if (level == IKE_NOTE_DEBUG && !p->options->debug)
		return;
	clock_gettime(CLOCK_REALTIME, &ts);
	if (localtime_r(&ts.tv_sec, &tm) != NULL)
		strftime(when, sizeof(when), "%H:%M:%S", &tm);
	fprintf(stderr, "%s.%03ld gcks: %s%s\n", when, ts.tv_nsec / 1000000,
		level == IKE_NOTE_WARNING ? "warning: " : "", text);
}

static int draw_random(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	return len <= INT32_MAX && RAND_priv_bytes(buf, (int)len) == 1 ? 0 : -EIO;
}

/* Sockets */

static void send_datagrams(struct listener *l, const struct ike_out *out)
{
	for (size_t i = 0; i < out->n_datagrams; i++) {
		const struct ike_datagram *d = &out->datagrams[i];
		struct sockaddr_in to = { .sin_family = AF_INET,
					  .sin_port = htons(d->port),
					  .sin_addr = { htonl(d->addr) } };
		char text[128], addr[INET_ADDRSTRLEN] = "";

		if (sendto(l->fd, d->data, d->len, 0, (struct sockaddr *)&to, sizeof(to)) >= 0)
			continue;
		inet_ntop(AF_INET, &to.sin_addr, addr, sizeof(addr));
		snprintf(text, sizeof(text), "nothing could be sent to %s:%u: %s", addr, d->port, strerror(errno));
		log_line(l->program, IKE_NOTE_WARNING, text);
	}
}

static void arm_timer(struct program *p)
{
	uint64_t d = gcks_server_deadline(p->server);

	if (d > UINT64_MAX / 1000) {
		sd_event_source_set_enabled(p->timer, SD_EVENT_OFF);
		return;
	}
	/* A deadline that lies in the past still after a step must not become a busy loop. */
	if (d <= now_ms())
		d = now_ms() + 1;
	sd_event_source_set_time(p->timer, d * 1000);
	sd_event_source_set_enabled(p->timer, SD_EVENT_ONESHOT);
}

static void on_cluster(void *ctx, uint32_t local, uint32_t from, const uint8_t *data, size_t len)
{
	struct program *p = ctx;

	gcks_server_cluster_input(p->server, now_ms(), local, from, data, len);
	arm_timer(p);
}

static void send_cluster(void *ctx, uint32_t local, uint32_t to, const uint8_t *data, size_t len)
{
	struct program *p = ctx;

	cluster_sockets_send(p->cluster, local, to, data, len);
}

static int on_time(sd_event_source *source, uint64_t usec, void *ctx)
{
	struct program *p = ctx;

	(void)source;
	(void)usec;
	for (size_t i = 0, rounds = 0; i < p->n_listeners; i++) {
		struct ike_out out = { 0 };

		gcks_server_step(p->server, now_ms(), p->listeners[i].index, 0, 0, NULL, 0, &out);
		send_datagrams(&p->listeners[i], &out);
		if (out.n_datagrams == IKE_OUT_DATAGRAMS && ++rounds < ROUNDS_PER_WAKE)
			i--; /* a push to many members */
		else
			rounds = 0;
		ike_out_clear(&out);
	}
	arm_timer(p);
	return 0;
}

static int on_datagram(sd_event_source *source, int fd, uint32_t revents, void *ctx)
{
	struct listener *l = ctx;
	struct program *p = l->program;

	(void)source;
	(void)revents;
	for (int i = 0; i < DATAGRAMS_PER_WAKE; i++) {
		struct sockaddr_in from = { 0 };
		socklen_t from_len = sizeof(from);
		struct ike_out out = { 0 };
		ssize_t n = recvfrom(fd, p->datagram, sizeof(p->datagram), MSG_DONTWAIT, (struct sockaddr *)&from,
				     &from_len);

		if (n < 0) /* nothing left, or the error of an answer nobody took (ECONNREFUSED) */
			break;
		if (n == 0 || from.sin_family != AF_INET)
			continue;
		gcks_server_step(p->server, now_ms(), l->index, ntohl(from.sin_addr.s_addr), ntohs(from.sin_port),
				 p->datagram, (size_t)n, &out);
		send_datagrams(l, &out);
		ike_out_clear(&out);
	}
	arm_timer(p);
	return 0;
}

static int listen_on(struct program *p, size_t index)
{
	struct listener *l = &p->listeners[p->n_listeners];
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_port = htons(p->options->port),
				  .sin_addr = { htonl(gcks_server_local(p->server, index)) } };
	char addr[INET_ADDRSTRLEN] = "", text[128];
	int r, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	inet_ntop(AF_INET, &sa.sin_addr, addr, sizeof(addr));
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		r = -errno;
		fprintf(stderr, "gcks: cannot listen on %s, UDP port %u: %s; %s\n", addr, p->options->port,
			strerror(-r),
			r == -EADDRINUSE ? "stop the program that holds the port, or choose another --port"
			: r == -EADDRNOTAVAIL
				? "give an interface this address, or correct local-address of the ike gateways"
			: r == -EACCES ? "run it as root or with CAP_NET_BIND_SERVICE, or choose a --port above 1023"
				       : "see the system's log");
		if (fd >= 0)
			close(fd);
		return r;
	}
	*l = (struct listener){ .program = p, .index = index, .fd = fd };
	p->n_listeners++;
	r = sd_event_add_io(p->event, &l->source, fd, EPOLLIN, on_datagram, l);
	if (r == 0) {
		snprintf(text, sizeof(text), "listening on %s, UDP port %u", addr, p->options->port);
		log_line(p, IKE_NOTE_INFO, text);
	}
	return r;
}

/* The program */

static int on_command(void *ctx, const char *line, FILE *out, struct gcks_error *err)
{
	struct program *p = ctx;
	int r = gcks_command(p->server, now_ms(), time(NULL), line, out, err);

	arm_timer(p); /* the command may have made pushes */
	return r;
}

/* The configuration and the first keys: everything in which --check can find a fault. */
static int load_server(struct program *p)
{
	const struct gcks_server_ops ops = { .random = draw_random,
					     .log = p->options->check ? NULL : log_line,
					     .cluster_send = send_cluster,
					     .ctx = p };
	struct config_error config_err = { .text = "" };
	struct gcks_error err = { "" };
	int r = gcks_config_load(&p->config, p->options->config_path, &config_err);

	if (r < 0) {
		fprintf(stderr, "gcks: %s\n", config_err.text);
		return r;
	}
	for (size_t i = 0; i < p->config->n_warnings; i++)
		fprintf(stderr, "gcks: warning: %s\n", p->config->warnings[i].text);
	r = gcks_server_new(&p->server, p->config, &ops, now_ms(), &err);
	if (r < 0)
		fprintf(stderr, "gcks: %s: %s\n", p->options->config_path, err.text);
	return r;
}

static int set_up_loop(struct program *p)
{
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	r = sd_event_new(&p->event);
	if (r >= 0)
		r = sd_event_add_signal(p->event, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(p->event, NULL, SIGINT, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_time(p->event, &p->timer, CLOCK_BOOTTIME, UINT64_MAX, 1000, on_time, p);
	if (r < 0)
		fprintf(stderr, "gcks: no event loop could be made: %s\n", strerror(-r));
	return r;
}

static int listen_cluster(struct program *p)
{
	struct gcks_error err = { "no memory" };
	int r = cluster_sockets_new(&p->cluster, p->event, p->options->cluster_port, on_cluster, p);

	for (size_t i = 0; r >= 0 && i < gcks_server_n_cluster_locals(p->server); i++)
		r = cluster_sockets_add(p->cluster, gcks_server_cluster_local(p->server, i), &err);
	if (r < 0)
		fprintf(stderr, "gcks: %s\n", err.text);
	return r;
}

static int run_loop(struct program *p)
{
	struct gcks_error err = { "no memory" };
	int r = set_up_loop(p);

	if (r < 0)
		return r;
	/* The sockets of the members are opened last: somebody who sees them open may ask the server for anything. */
	r = gcks_control_new(&p->control, p->event, p->options->control_path, on_command, p, &err);
	if (r < 0) {
		fprintf(stderr, "gcks: %s\n", err.text);
		return r;
	}
	r = listen_cluster(p);
	for (size_t i = 0; r >= 0 && i < gcks_server_n_locals(p->server); i++)
		r = listen_on(p, i);
	if (r < 0)
		return r;
	arm_timer(p);
	r = sd_event_loop(p->event);
	if (r < 0)
		fprintf(stderr, "gcks: the event loop failed: %s\n", strerror(-r));
	else
		log_line(p, IKE_NOTE_INFO, "stopped");
	return r;
}

static void free_program(struct program *p)
{
	gcks_control_free(p->control);
	for (size_t i = 0; i < p->n_listeners; i++) {
		sd_event_source_disable_unref(p->listeners[i].source);
		close(p->listeners[i].fd);
	}
	cluster_sockets_free(p->cluster);
	sd_event_source_disable_unref(p->timer);
	sd_event_unref(p->event);
	gcks_server_free(p->server);
	gcks_config_free(p->config);
	explicit_bzero(p, sizeof(*p));
}

int gcks_serve(const struct gcks_options *options)
{
	struct program *p = calloc(1, sizeof(*p));
	int r;

	if (p == NULL)
		return -ENOMEM;
	p->options = options;
	r = load_server(p);
	if (r >= 0 && options->check)
		printf("%s: usable\n", options->config_path);
	else if (r >= 0)
		r = run_loop(p);
	free_program(p);
	free(p);
	return r;
}
