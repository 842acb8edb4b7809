/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All interfaces of the host, as the kernel lists them. */
#ifndef XFRM_LINK_LIST_H
#define XFRM_LINK_LIST_H

#include "xfrm/link/names.h"

struct link_item {
	struct link_seen seen;
	uint16_t type; /* ARPHRD_ */
	uint32_t mtu;
};

struct link_list {
	struct link_item *items;
	size_t n;
};

GVPN_MUST_CHECK int link_list_read(struct link_list *l, struct netlink *route, char err[static 256]);
void link_list_clear(struct link_list *l);

const struct link_item *link_list_find(const struct link_list *l, uint32_t index); /* NULL: not there */
uint32_t link_list_index(const struct link_list *l, const char *name);             /* 0: not there */
/* What packets of INDEX show when they were routed: the VRF that it is in, or itself. */
uint32_t link_list_shown(const struct link_list *l, uint32_t index);
/* A port of a bridge, a bond or the like: its packets are its master's. */
bool link_is_port(const struct link_item *i);

#endif
