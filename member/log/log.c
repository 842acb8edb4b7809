/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/log/log.h"

#include "lib/printable.h"

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

#define TEXT_MAX 1024
#define FIELDS_MAX 9

struct log {
	enum log_level max;
	log_sendv sendv; /* NULL: lines to fd */
	int fd;
};

static const struct {
	const char *name;
	int priority; /* syslog(3) */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", LOG_ERR },      [LOG_LEVEL_WARNING] = { "warning", LOG_WARNING },
	[LOG_LEVEL_NOTICE] = { "notice", LOG_NOTICE }, [LOG_LEVEL_INFO] = { "info", LOG_INFO },
	[LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
};

static int open_common(struct log **ret, log_sendv sendv, int fd, enum log_level max)
{
	struct log *l = malloc(sizeof(*l));

	if (!l)
		return -ENOMEM;
	*l = (struct log){ .max = max, .sendv = sendv, .fd = fd };
	*ret = l;
	return 0;
}

bool log_stream_is(const char *journal_stream, int fd)
{
	uintmax_t dev, ino;
	struct stat st;
	int end = -1;

	if (!journal_stream || sscanf(journal_stream, "%" SCNuMAX ":%" SCNuMAX "%n", &dev, &ino, &end) != 2 ||
	    journal_stream[end] != '\0')
		return false;
	return fstat(fd, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

int log_open(struct log **ret, enum log_level max)
{
	signal(SIGPIPE, SIG_IGN); /* a reader of stderr may be gone; write() then says so, and that is no error */
	if (log_stream_is(getenv("JOURNAL_STREAM"), STDERR_FILENO))
		return log_open_journal(ret, sd_journal_sendv, max);
	return log_open_fd(ret, STDERR_FILENO, max);
}

int log_open_fd(struct log **ret, int fd, enum log_level max)
{
	return open_common(ret, NULL, fd, max);
}

int log_open_journal(struct log **ret, log_sendv sendv, enum log_level max)
{
	return open_common(ret, sendv, STDERR_FILENO, max);
}

void log_close(struct log *l)
{
	free(l);
}

static void make_printable(char *out, size_t size, const char *text)
{
	size_t at = 0, next;

	for (; *text; text += next) {
		bool escape = printable_bad(text, &next) > 0;
		size_t need = escape ? 4 * next : next;

		if (at + need + 3 >= size) {
			memcpy(out + at, "...", 4);
			return;
		}
		for (size_t i = 0; i < next && escape; i++)
			snprintf(out + at + 4 * i, 5, "\\x%02x", (unsigned char)text[i]);
		if (!escape)
			memcpy(out + at, text, next);
		at += need;
	}
	out[at] = '\0';
}

struct field {
	char text[TEXT_MAX + 32];
};

static void address_text(char out[static 16], uint32_t a)
{
	snprintf(out, 16, "%u.%u.%u.%u", a >> 24, (a >> 16) & 255, (a >> 8) & 255, a & 255);
}

/* At most FIELDS_MAX of them. */
static int journal_fields(struct field *f, enum log_level level, const struct log_fields *about, const char *text)
{
	char server[16];
	int n = 0;

	snprintf(f[n++].text, sizeof(f->text), "MESSAGE=%s", text);
	snprintf(f[n++].text, sizeof(f->text), "PRIORITY=%d", levels[level].priority);
	snprintf(f[n++].text, sizeof(f->text), "SYSLOG_IDENTIFIER=gvpnd");
	if (about->vpn)
		snprintf(f[n++].text, sizeof(f->text), "GVPN_VPN=%s", about->vpn);
	if (about->group)
		snprintf(f[n++].text, sizeof(f->text), "GVPN_GROUP=%" PRIu32, about->group);
	if (about->server) {
		address_text(server, about->server);
		snprintf(f[n++].text, sizeof(f->text), "GVPN_SERVER=%s", server);
	}
	if (about->spi)
		snprintf(f[n++].text, sizeof(f->text), "GVPN_SPI=%08" PRIx32, about->spi);
	if (event_message_id(about->event)) {
		snprintf(f[n++].text, sizeof(f->text), "MESSAGE_ID=%s", event_message_id(about->event));
		snprintf(f[n++].text, sizeof(f->text), "GVPN_EVENT=%s", event_name(about->event));
	}
	return n;
}

static int to_journal(log_sendv sendv, enum log_level level, const struct log_fields *about, const char *text)
{
	struct field fields[FIELDS_MAX];
	struct iovec iov[FIELDS_MAX];
	int n = journal_fields(fields, level, about, text);

	for (int i = 0; i < n; i++)
		iov[i] = (struct iovec){ fields[i].text, strlen(fields[i].text) };
	return sendv(iov, n);
}

static void to_fd(int fd, enum log_level level, const struct log_fields *about, const char *text)
{
	char line[TEXT_MAX + 256], when[40] = "", server[16];
	struct timespec now;
	struct tm tm;
	size_t at;

	clock_gettime(CLOCK_REALTIME, &now);
	if (localtime_r(&now.tv_sec, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	at = (size_t)snprintf(line, sizeof(line), "%s.%03ld %s: ", when, now.tv_nsec / 1000000, levels[level].name);
	at += (size_t)snprintf(line + at, sizeof(line) - at, "%s", text);
	if (about->vpn)
		at += (size_t)snprintf(line + at, sizeof(line) - at, " vpn=%.63s", about->vpn);
	if (about->group)
		at += (size_t)snprintf(line + at, sizeof(line) - at, " group=%" PRIu32, about->group);
	if (about->server) {
		address_text(server, about->server);
		at += (size_t)snprintf(line + at, sizeof(line) - at, " server=%s", server);
	}
	if (about->spi)
		at += (size_t)snprintf(line + at, sizeof(line) - at, " spi=%08" PRIx32, about->spi);
	line[at++] = '\n';

	/* One write for one line, so that lines of several processes do not mix.  A log that cannot be written is no
	 * error. */
	while (write(fd, line, at) < 0 && errno == EINTR)
		;
}

void log_write(struct log *l, enum log_level level, const struct log_fields *about, const char *format, ...)
{
	static const struct log_fields nothing;
	char raw[TEXT_MAX * 2], text[TEXT_MAX];
	int saved = errno;
	va_list ap;

	if (!l || level > l->max)
		return;
	va_start(ap, format);
	int n = vsnprintf(raw, sizeof(raw), format, ap);
	va_end(ap);
	make_printable(text, sizeof(text), n < 0 ? format : raw);

	if (!about)
		about = &nothing;
	if (!l->sendv || to_journal(l->sendv, level, about, text) < 0)
		to_fd(l->fd, level, about, text);
	errno = saved;
}
