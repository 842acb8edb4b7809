/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/control.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct client {
	struct gcks_control *control;
	sd_event_source *source;
	int fd; /* -1: a free place */
	uint64_t since;
	char line[GCKS_CONTROL_LINE_MAX];
	size_t line_len;
	char *answer;
	size_t answer_len, sent;
};

struct gcks_control {
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int fd;
	sd_event *event;
	sd_event_source *source;
	gcks_control_fn run;
	void *ctx;
	uint64_t accepted; /* counts connections, to know the oldest */
	struct client clients[GCKS_CONTROL_CLIENTS];
};

static void close_client(struct client *c)
{
	if (c->fd < 0)
		return;
	c->source = sd_event_source_disable_unref(c->source);
	close(c->fd);
	c->fd = -1;
	free(c->answer);
	c->answer = NULL;
	c->answer_len = c->sent = c->line_len = 0;
}

/* An answer is "ok" or "error", the length, and the text that RUN wrote. */
static int make_answer(struct client *c)
{
	char *body = NULL, *answer = NULL;
	struct gcks_error err = { "" };
	size_t len = 0, answer_len = 0;
	FILE *out = open_memstream(&body, &len), *framed;
	int r;

	if (out == NULL)
		return -ENOMEM;
	r = c->control->run(c->control->ctx, c->line, out, &err);
	if (fclose(out) != 0) {
		free(body);
		return -ENOMEM;
	}
	framed = open_memstream(&answer, &answer_len);
	if (framed == NULL) {
		free(body);
		return -ENOMEM;
	}
	if (r == 0) {
		fprintf(framed, "ok %zu\n", len);
		fwrite(body, 1, len, framed);
	} else {
		fprintf(framed, "error %zu\n%s", strlen(err.text), err.text);
	}
	free(body);
	if (fclose(framed) != 0) {
		free(answer);
		return -ENOMEM;
	}
	c->answer = answer;
	c->answer_len = answer_len;
	return 0;
}

/* 0 while there is more to send, 1 at the end, or a negative errno. */
static int send_answer(struct client *c)
{
	while (c->sent < c->answer_len) {
		ssize_t n = send(c->fd, c->answer + c->sent, c->answer_len - c->sent, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		c->sent += (size_t)n;
	}
	return 1;
}

/* 0 while the line is not whole, 1 when it is, or a negative errno. */
static int receive_line(struct client *c)
{
	char *end;
	ssize_t n = recv(c->fd, c->line + c->line_len, sizeof(c->line) - c->line_len, 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -ECONNRESET;
	c->line_len += (size_t)n;
	end = memchr(c->line, '\n', c->line_len);
	if (end == NULL)
		return c->line_len == sizeof(c->line) ? -EMSGSIZE : 0;
	*end = '\0';
	return 1;
}

static int on_client(sd_event_source *source, int fd, uint32_t revents, void *ctx)
{
	struct client *c = ctx;
	int r = 0;

	(void)source;
	(void)fd;
	(void)revents;
	if (c->answer == NULL) {
		r = receive_line(c);
		if (r == 0)
			return 0;
		if (r > 0)
			r = make_answer(c);
		if (r == 0)
			r = sd_event_source_set_io_events(c->source, EPOLLOUT);
	}
	if (r >= 0)
		r = send_answer(c);
	if (r != 0)
		close_client(c);
	return 0;
}

/* A free place; if there is none, the oldest connection is closed. */
static struct client *find_client_place(struct gcks_control *c)
{
	struct client *oldest = &c->clients[0];

	for (size_t i = 0; i < ARRAY_SIZE(c->clients); i++) {
		if (c->clients[i].fd < 0)
			return &c->clients[i];
		if (c->clients[i].since < oldest->since)
			oldest = &c->clients[i];
	}
	close_client(oldest);
	return oldest;
}

static int on_connection(sd_event_source *source, int fd, uint32_t revents, void *ctx)
{
	struct gcks_control *c = ctx;
	int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *client;

	(void)source;
	(void)revents;
	if (connection < 0)
		return 0;
	client = find_client_place(c);
	client->control = c;
	client->fd = connection;
	client->since = c->accepted++;
	if (sd_event_add_io(c->event, &client->source, connection, EPOLLIN, on_client, client) < 0)
		close_client(client);
	return 0;
}

static int make_address(const char *path, struct sockaddr_un *ret, struct gcks_error *err)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (path[0] == '\0' || strlen(path) >= sizeof(ret->sun_path)) {
		return gcks_fail(err, -ENAMETOOLONG, "control socket '%.80s': the path must have 1 to %zu characters",
				 path, sizeof(ret->sun_path) - 1);
	}
	memcpy(ret->sun_path, path, strlen(path) + 1);
	return 0;
}

static int connect_to(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

/* Removes a socket at the path on which nobody listens; anything else there is an error. */
static int clear_path(const struct sockaddr_un *sa, struct gcks_error *err)
{
	struct stat st;
	int fd;

	if (lstat(sa->sun_path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode)) {
		return gcks_fail(err, -EEXIST,
				 "control socket %s: something else is there; remove it or choose another --control",
				 sa->sun_path);
	}
	fd = connect_to(sa);
	if (fd >= 0) {
		close(fd);
		return gcks_fail(
			err, -EADDRINUSE,
			"control socket %s: a running gcks answers there; stop it or choose another --control path",
			sa->sun_path);
	}
	if (fd == -ECONNREFUSED)
		unlink(sa->sun_path);
	return 0;
}

static int listen_at(const struct sockaddr_un *sa, struct gcks_error *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask;
	int r;

	if (fd < 0)
		return -errno;
	mask = umask(0177);
	r = bind(fd, (const struct sockaddr *)sa, sizeof(*sa));
	if (r < 0)
		r = -errno;
	umask(mask);
	if (r == 0 && listen(fd, GCKS_CONTROL_CLIENTS) < 0)
		r = -errno;
	if (r < 0) {
		gcks_error_set(err, "control socket %s: %s; choose another --control path", sa->sun_path, strerror(-r));
		close(fd);
		return r;
	}
	return fd;
}

int gcks_control_new(struct gcks_control **ret, sd_event *event, const char *path, gcks_control_fn run, void *ctx,
		     struct gcks_error *err)
{
	struct gcks_control *c;
	struct sockaddr_un sa;
	int r = make_address(path, &sa, err);

	if (r == 0)
		r = clear_path(&sa, err);
	if (r < 0)
		return r;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(c->clients); i++)
		c->clients[i].fd = -1;
	c->event = event;
	c->run = run;
	c->ctx = ctx;
	c->fd = listen_at(&sa, err);
	if (c->fd < 0) {
		r = c->fd;
		free(c);
		return r;
	}
	memcpy(c->path, path, strlen(path) + 1);
	r = sd_event_add_io(event, &c->source, c->fd, EPOLLIN, on_connection, c);
	if (r < 0) {
		gcks_control_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

void gcks_control_free(struct gcks_control *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(c->clients); i++)
		close_client(&c->clients[i]);
	sd_event_source_disable_unref(c->source);
	close(c->fd);
	unlink(c->path);
	free(c);
}

/* The client */

static int send_line(int fd, const char *line)
{
	char text[GCKS_CONTROL_LINE_MAX + 2];
	size_t len = strlen(line), sent = 0;

	if (len >= GCKS_CONTROL_LINE_MAX)
		return -EMSGSIZE;
	snprintf(text, sizeof(text), "%s\n", line);
	while (sent < len + 1) {
		ssize_t n = send(fd, text + sent, len + 1 - sent, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return -errno;
		sent += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* The whole answer without its first line, in RET (the caller frees it); an answer that was cut short is -EPIPE. */
static int read_answer(FILE *in, char **ret, bool *ret_ok)
{
	char verdict[8], *text;
	size_t len;

	if (fscanf(in, "%7s %zu", verdict, &len) != 2 || fgetc(in) != '\n' || len > GCKS_CONTROL_ANSWER_MAX)
		return -EPIPE;
	text = calloc(1, len + 1);
	if (text == NULL)
		return -ENOMEM;
	if (fread(text, 1, len, in) != len) {
		free(text);
		return -EPIPE;
	}
	*ret = text;
	*ret_ok = strcmp(verdict, "ok") == 0;
	return 0;
}

int gcks_control_ask(const char *path, const char *line, FILE *out, struct gcks_error *err)
{
	const struct timeval patience = { .tv_sec = 10 };
	struct sockaddr_un sa;
	char *answer = NULL;
	bool ok = false;
	FILE *in;
	int fd, r = make_address(path, &sa, err);

	if (r < 0)
		return r;
	fd = connect_to(&sa);
	if (fd < 0) {
		return gcks_fail(err, fd,
				 "no key server answers at %s: %s; start gcks, or name its socket with --control", path,
				 strerror(-fd));
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	in = fdopen(fd, "r");
	if (in == NULL) {
		close(fd);
		return -ENOMEM;
	}
	r = send_line(fd, line);
	if (r == 0)
		r = read_answer(in, &answer, &ok);
	fclose(in);
	if (r < 0)
		gcks_error_set(err, "the key server at %s gave no whole answer: %s", path, strerror(-r));
	else if (ok)
		fputs(answer, out);
	else {
		gcks_error_set(err, "%s", answer);
		r = -EREMOTEIO;
	}
	free(answer);
	return r;
}
