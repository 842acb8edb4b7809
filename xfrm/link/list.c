/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/link/list.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>

void link_list_clear(struct link_list *l)
{
	free(l->items);
	*l = (struct link_list){ 0 };
}

static const struct nlattr *part_of(const struct nlmsghdr *nlh, uint16_t type)
{
	return message_find(nlh, sizeof(struct ifinfomsg), type);
}

bool link_parse(const struct nlmsghdr *nlh, struct link_item *ret)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type != RTM_NEWLINK && nlh->nlmsg_type != RTM_DELLINK)
		return false;
	/* A bridge tells of its ports in messages of its own family, which are not about the link as such. */
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifi) || ifi->ifi_family != AF_UNSPEC || ifi->ifi_index <= 0)
		return false;
	*ret = (struct link_item){
		.index = (uint32_t)ifi->ifi_index,
		.type = ifi->ifi_type,
		.up = (ifi->ifi_flags & IFF_UP) != 0,
		.master = message_u32(part_of(nlh, IFLA_MASTER)),
		.mtu = message_u32(part_of(nlh, IFLA_MTU)),
	};
	snprintf(ret->name, sizeof(ret->name), "%s", message_text(part_of(nlh, IFLA_IFNAME)));
	snprintf(ret->kind, sizeof(ret->kind), "%s",
		 message_text(message_find_within(part_of(nlh, IFLA_LINKINFO), IFLA_INFO_SLAVE_KIND)));
	return true;
}

static int take(const struct nlmsghdr *nlh, void *data)
{
	struct link_list *l = data;
	struct link_item item, *items;

	if (!link_parse(nlh, &item))
		return 0;
	items = reallocarray(l->items, l->n + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	l->items = items;
	items[l->n++] = item;
	return 0;
}

static void begin(void *data)
{
	link_list_clear(data);
}

int link_list_read(struct link_list *l, struct netlink *route, char err[static 256])
{
	struct message m;
	int r;

	message_start(&m, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP);
	message_extra(&m, sizeof(struct ifinfomsg));
	r = netlink_dump(route, &m, begin, take, l, err);
	for (size_t i = 0; i < l->n; i++) {
		struct link_item *item = &l->items[i];
		const struct link_item *master = item->master ? link_list_find(l, item->master) : NULL;

		item->master = master ? item->master : 0; /* without: it went just now, and an event follows */
		snprintf(item->master_name, sizeof(item->master_name), "%s", master ? master->name : "");
	}
	return r;
}

const struct link_item *link_list_find(const struct link_list *l, uint32_t index)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i].index == index)
			return &l->items[i];
	return NULL;
}

const struct link_item *link_list_named(const struct link_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->items[i].name, name) == 0)
			return &l->items[i];
	return NULL;
}

uint32_t link_list_index(const struct link_list *l, const char *name)
{
	const struct link_item *i = link_list_named(l, name);

	return i ? i->index : 0;
}

uint32_t link_list_shown(const struct link_list *l, uint32_t index)
{
	const struct link_item *i = link_list_find(l, index);

	return i && i->master != 0 && !link_is_port(i) ? i->master : index;
}

bool link_is_port(const struct link_item *i)
{
	return i->master != 0 && strcmp(i->kind, "vrf") != 0;
}
