/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The voice of the daemon.  Every line is a record (member/log/record.h), whose words go to the log.  A record that is
 * an event also goes to the listeners on the bus.
 *
 * Lines whose rate others decide are limited (lib/rate_limit.h).  There is one limiter for the peers, one for the
 * clients, and so on, so that none uses up the allowance of another.
 */
#ifndef MEMBER_DAEMON_JOURNAL_H
#define MEMBER_DAEMON_JOURNAL_H

#include "lib/rate_limit.h"
#include "member/config/config.h"
#include "member/daemon/bus/bus.h"
#include "member/group/group.h"
#include "member/log/record.h"
#include "xfrm/kernel.h"

enum limited_by {
	LIMITED_BY_CLIENTS,  /* of the bus */
	LIMITED_BY_KERNEL,   /* its events, that cannot be read */
	LIMITED_BY_PROGRAMS, /* that change what is ours in the kernel: the key is the kind of change */
	LIMITED_BY_PEERS,    /* that send to UDP port 848: the key is the sender */
	LIMITED_BY_,         /* how many there are */
};

struct journal {
	struct log *log; /* borrowed */
	struct bus *bus; /* borrowed; NULL: nobody can listen */
	struct rate_limit limits[LIMITED_BY_];
};

/* VPN: what the record is about; NULL: no VPN in particular. */
void journal_tell(struct journal *j, const struct config_vpn *vpn, const struct record *r);
/* A record with its arguments, about no VPN in particular. */
#define journal_say(j, id, ...)                                                                                        \
	do {                                                                                                           \
		struct record say_;                                                                                    \
		record_set(&say_, (id), __VA_ARGS__);                                                                  \
		journal_tell((j), NULL, &say_);                                                                        \
	} while (0)

/* Limited lines. */
void journal_client_refused(struct journal *j, uint64_t now, const char *why);
void journal_kernel_changed(struct journal *j, uint64_t now, enum log_level level, enum kernel_news news,
			    const char *text);
void journal_kernel_unreadable(struct journal *j, uint64_t now, int r);
void journal_datagram_dropped(struct journal *j, uint64_t now, const struct udp_ends *ends, bool from_server);
/* Tells how many lines were not logged, when its time has come; and when that is, UINT64_MAX: never. */
void journal_tick(struct journal *j, uint64_t now);
uint64_t journal_deadline(const struct journal *j);

#endif
