/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink messages, built apart from the socket.  They are bounded, every call that adds to one is checked, and they
 * are wiped because they may hold keys.
 */
#ifndef XFRM_NETLINK_MESSAGE_H
#define XFRM_NETLINK_MESSAGE_H

#include "lib/gvpn.h"

#include <libmnl/libmnl.h>

#define MESSAGE_MAX 4096

struct message {
	union {
		struct nlmsghdr hdr;
		uint8_t octets[MESSAGE_MAX];
	};
	int err; /* -EMSGSIZE once something did not fit */
};

void message_start(struct message *m, uint16_t type, uint16_t flags);
void *message_extra(struct message *m, size_t len); /* the family's header, zeroed; never NULL */
void message_put(struct message *m, uint16_t type, const void *data, size_t len);
static inline void message_put_u32(struct message *m, uint16_t type, uint32_t v)
{
	message_put(m, type, &v, sizeof(v));
}
static inline void message_put_text(struct message *m, uint16_t type, const char *text)
{
	message_put(m, type, text, strlen(text) + 1);
}
/* mnl_attr_for_each() without its narrowing conversion. */
#define message_for_each(attr, nlh, header)                                                                            \
	for ((attr) = mnl_nlmsg_get_payload_offset((nlh), (header));                                                   \
	     mnl_attr_ok((attr), (int)((const char *)mnl_nlmsg_get_payload_tail(nlh) - (const char *)(attr)));         \
	     (attr) = mnl_attr_next(attr))
/* The same of mnl_attr_for_each_nested(). */
#define message_for_each_nested(attr, nest)                                                                            \
	for ((attr) = mnl_attr_get_payload(nest);                                                                      \
	     mnl_attr_ok((attr), (int)((const char *)mnl_attr_get_payload(nest) + mnl_attr_get_payload_len(nest) -     \
				       (const char *)(attr)));                                                         \
	     (attr) = mnl_attr_next(attr))
/* The first attribute of a type, behind the family's header, and within another one (NULL: none); NULL: there is none.
 */
const struct nlattr *message_find(const struct nlmsghdr *nlh, size_t header, uint16_t type);
const struct nlattr *message_find_within(const struct nlattr *nest, uint16_t type);
/* Its value, 0 or "" when ATTR is NULL or of another form. */
uint32_t message_u32(const struct nlattr *attr);
const char *message_text(const struct nlattr *attr);

struct nlattr *message_nest(struct message *m, uint16_t type); /* NULL after an error; give it to message_nest_end() */
void message_nest_end(struct message *m, struct nlattr *nest);
void message_wipe(struct message *m);

#endif
