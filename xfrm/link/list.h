/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All interfaces of the host, as the kernel lists them. */
#ifndef XFRM_LINK_LIST_H
#define XFRM_LINK_LIST_H

#include "lib/plan.h"
#include "xfrm/netlink/socket.h"

struct link_item {
	uint32_t index, master; /* 0: none */
	uint32_t mtu;
	uint16_t type; /* ARPHRD_ */
	bool up;
	char name[GVPN_IFNAME_MAX], master_name[GVPN_IFNAME_MAX], kind[GVPN_IFNAME_MAX]; /* of the master */
};

struct link_list {
	struct link_item *items;
	size_t n;
};

GVPN_MUST_CHECK int link_list_read(struct link_list *l, struct netlink *route, char err[static 256]);
void link_list_clear(struct link_list *l);

/* NULL: not there. */
const struct link_item *link_list_find(const struct link_list *l, uint32_t index);
const struct link_item *link_list_named(const struct link_list *l, const char *name);
uint32_t link_list_index(const struct link_list *l, const char *name); /* 0: not there */
/* What packets of INDEX show when they were routed: the VRF that it is in, or itself. */
uint32_t link_list_shown(const struct link_list *l, uint32_t index);
/* A port of a bridge, a bond or the like: its packets are its master's. */
bool link_is_port(const struct link_item *i);

/* A link as the kernel tells it, without the master's name.  False when NLH does not tell of a link. */
bool link_parse(const struct nlmsghdr *nlh, struct link_item *ret);

#endif
