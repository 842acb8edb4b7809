/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/netlink/message.h"

void message_start(struct message *m, uint16_t type, uint16_t flags)
{
	explicit_bzero(m, sizeof(*m));
	mnl_nlmsg_put_header(m->octets);
	m->hdr.nlmsg_type = type;
	m->hdr.nlmsg_flags = flags;
}

void *message_extra(struct message *m, size_t len)
{
	/* Headers are small and come first: they always fit. */
	return mnl_nlmsg_put_extra_header(&m->hdr, len);
}

void message_put(struct message *m, uint16_t type, const void *data, size_t len)
{
	if (m->err == 0 && !mnl_attr_put_check(&m->hdr, sizeof(m->octets), type, len, data))
		m->err = -EMSGSIZE;
}

struct nlattr *message_nest(struct message *m, uint16_t type)
{
	struct nlattr *nest = m->err == 0 ? mnl_attr_nest_start_check(&m->hdr, sizeof(m->octets), type) : NULL;

	if (!nest)
		m->err = -EMSGSIZE;
	return nest;
}

void message_nest_end(struct message *m, struct nlattr *nest)
{
	if (nest)
		mnl_attr_nest_end(&m->hdr, nest);
}

void message_wipe(struct message *m)
{
	explicit_bzero(m, sizeof(*m));
}
