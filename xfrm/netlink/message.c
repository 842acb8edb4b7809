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

const struct nlattr *message_find(const struct nlmsghdr *nlh, size_t header, uint16_t type)
{
	const struct nlattr *attr;

	message_for_each(attr, nlh, header)
	{
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

const struct nlattr *message_find_within(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr;

	if (!nest)
		return NULL;
	message_for_each_nested(attr, nest)
	{
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

uint32_t message_u32(const struct nlattr *attr)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0 ? mnl_attr_get_u32(attr) : 0;
}

const char *message_text(const struct nlattr *attr)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0 ? mnl_attr_get_str(attr) : "";
}
