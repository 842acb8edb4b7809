/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/link/list.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

void link_list_clear(struct link_list *l)
{
	free(l->items);
	*l = (struct link_list){ 0 };
}

static int take(const struct nlmsghdr *nlh, void *data)
{
	struct link_list *l = data;
	struct link_item item = { 0 }, *items;
	const struct nlattr *attr;

	if (!link_parse(nlh, &item.seen))
		return 0;
	message_for_each(attr, nlh, sizeof(struct ifinfomsg))
	{
		if (mnl_attr_get_type(attr) == IFLA_MTU && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			item.mtu = mnl_attr_get_u32(attr);
	}
	item.type = ((const struct ifinfomsg *)mnl_nlmsg_get_payload(nlh))->ifi_type;
	items = reallocarray(l->items, l->n + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	l->items = items;
	items[l->n++] = item;
	return 0;
}

int link_list_read(struct link_list *l, struct netlink *route, char err[static 256])
{
	int r = -EINTR;

	for (unsigned i = 0; r == -EINTR && i < NETLINK_DUMPS; i++) {
		struct ifinfomsg *ifi;
		struct message m;

		link_list_clear(l);
		message_start(&m, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP);
		ifi = message_extra(&m, sizeof(*ifi));
		ifi->ifi_family = AF_UNSPEC;
		r = netlink_request(route, &m, take, l, err);
	}
	return r;
}

const struct link_item *link_list_find(const struct link_list *l, uint32_t index)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i].seen.index == index)
			return &l->items[i];
	return NULL;
}

uint32_t link_list_index(const struct link_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->items[i].seen.name, name) == 0)
			return l->items[i].seen.index;
	return 0;
}

uint32_t link_list_shown(const struct link_list *l, uint32_t index)
{
	const struct link_item *i = link_list_find(l, index);

	return i && i->seen.master != 0 && !link_is_port(i) ? i->seen.master : index;
}

bool link_is_port(const struct link_item *i)
{
	return i->seen.master != 0 && strcmp(i->seen.kind, "vrf") != 0;
}
