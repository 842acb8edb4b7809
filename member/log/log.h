/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's log.  Where stderr is the journal (JOURNAL_STREAM names the device and inode of file descriptor 2,
 * systemd.exec(5)), entries go there with structured fields; elsewhere each is one readable line with time and level,
 * without colour.  Octets that lib/printable.h does not print are shown as \xNN, so that text of a peer cannot forge a
 * line.
 * Never pass a secret.
 */
#ifndef MEMBER_LOG_LOG_H
#define MEMBER_LOG_LOG_H

#include "lib/gvpn.h"
#include "member/log/event.h"

#include <sys/uio.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* The subject of an entry; fields that are 0 or NULL are left out.  NULL in place of the struct: no subject. */
struct log_fields {
	const char *vpn; /* GVPN_VPN: the configured name */
	uint32_t group;  /* GVPN_GROUP: the group's number */
	uint32_t server; /* GVPN_SERVER: the key server's address */
	uint32_t spi;    /* GVPN_SPI: of an IPsec SA, 8 hex digits */
	/* MESSAGE_ID and GVPN_EVENT; a line on stderr does not show it. */
	enum event event;
};

struct log;

/*
 * Decides between the journal and stderr.  Entries above MAX are dropped.  From here on the process ignores SIGPIPE.
 * -ENOMEM.
 */
GVPN_MUST_CHECK int log_open(struct log **ret, enum log_level max);
/* Lines to FD, which stays the caller's. */
GVPN_MUST_CHECK int log_open_fd(struct log **ret, int fd, enum log_level max);
/* Entries to SENDV, which is called as sd_journal_sendv(3); when it fails they go to stderr as lines. */
typedef int (*log_sendv)(const struct iovec *iov, int n);
GVPN_MUST_CHECK int log_open_journal(struct log **ret, log_sendv sendv, enum log_level max);
/* Whether JOURNAL_STREAM, as the environment has it (NULL: has not), names FD. */
bool log_stream_is(const char *journal_stream, int fd);
void log_close(struct log *l); /* NULL is fine */
static inline void log_closep(struct log **l)
{
	log_close(*l);
}

/* With a NULL log nothing is written.  A text longer than 1023 octets is cut and ends in "...".  errno stays. */
void log_write(struct log *l, enum log_level level, const struct log_fields *about, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
