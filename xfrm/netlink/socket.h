/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to the kernel and their answers.  Every error carries the kernel's own words where it has any (extended
 * ACK).
 */
#ifndef XFRM_NETLINK_SOCKET_H
#define XFRM_NETLINK_SOCKET_H

#include "xfrm/netlink/message.h"

struct netlink;

GVPN_MUST_CHECK int netlink_open(struct netlink **ret, int family); /* -EPROTONOSUPPORT: the kernel lacks it */
void netlink_close(struct netlink *n);                              /* NULL is fine */
uint32_t netlink_port(const struct netlink *n);
/* A dump of routes has only those for which its header and attributes ask.  Linux before 4.20 shows all of them. */
void netlink_filter_dumps(struct netlink *n);

/*
 * Sends M and reads its answers to the end.  TAKE, if given, sees each message of the answer; a negative value from it
 * is the result, after the rest was read.  The kernel's refusal is its negative errno, with its words in ERR.  -EINTR:
 * a dump that may have gaps, because what it shows changed meanwhile; ask again, up to NETLINK_DUMPS times, as
 * netlink_dump() does.
 */
#define NETLINK_DUMPS 10
GVPN_MUST_CHECK int netlink_request(struct netlink *n, struct message *m, int (*take)(const struct nlmsghdr *, void *),
				    void *data, char err[static 256]);

/* The same for a dump, asked for again where it may have gaps.  BEGIN sets DATA back before each. */
GVPN_MUST_CHECK int netlink_dump(struct netlink *n, struct message *m, void (*begin)(void *data),
				 int (*take)(const struct nlmsghdr *, void *), void *data, char err[static 256]);

/*
 * Sends messages that ask for no acknowledgement, and reads what the kernel refuses of them: the first error, but that
 * of a message of type QUIET, which may have nothing to do.
 */
GVPN_MUST_CHECK int netlink_tell(struct netlink *n, const void *data, size_t len, uint16_t quiet, char err[static 256]);

/* Sends an nf_tables transaction whose last message, LAST_SEQ, asks for an acknowledgement. */
GVPN_MUST_CHECK int netlink_batch(struct netlink *n, const void *data, size_t len, uint32_t last_seq,
				  char err[static 256]);

#endif
