/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/kernel_private.h"

#include <stdio.h>
#include <syslog.h>

#define ROUTE_MADE                                                                                                     \
	", without which nothing is sent in ESP; it is made anew (systemd-networkd does so when it starts: "           \
	"ManageForeignRoutes=no, and with D3P ManageForeignRoutingPolicyRules=no, in networkd.conf)"

bool kernel_next_expiry(struct kernel *k, struct kernel_expiry *ret)
{
	struct expiry e;

	if (!links_next_expiry(k->links, &e))
		return false;
	*ret = (struct kernel_expiry){ .local = e.local, .spi = e.spi, .hard = e.hard, .sequence = e.sequence };
	return true;
}

int kernel_event_fd(const struct kernel *k)
{
	return links_fd(k->links);
}

/* An interface that no plan names gets its programs, and nothing else changes. */
static void follow(struct kernel *k)
{
	struct link_list links = { 0 };
	char err[256], text[384];

	if (link_list_read(&links, k->route, err) < 0 || datapath_follow(k->datapath, &links, err) < 0) {
		snprintf(text, sizeof(text), "an interface that came has not got gvpnd's programs: %s", err);
		kernel_say(k, LOG_WARNING, KERNEL_NEWS_NONE, text);
	} else {
		kernel_say_programs(k);
	}
	link_list_clear(&links);
}

/* Whether packets have to take another way now. */
static bool look_at_rules(struct kernel *k)
{
	bool saw = k->rules.see_forwarded;

	host_rules_look(&k->rules, k->nft);
	kernel_say_closed_output(k);
	return k->rules.see_forwarded != saw;
}

int kernel_event(struct kernel *k, enum kernel_reapply *ret)
{
	struct links_news news = { 0 };
	int r = links_read(k->links, &news);

	news.stamper = news.stamper && stamps_concern(&k->stamps);
	if (news.clock)
		stamps_tell_clock(k->datapath);
	if (news.route || news.lost || news.stamper)
		stamps_forget(&k->stamps);
	if (news.links && k->datapath && !news.interfaces && !news.lost)
		follow(k);
	if (news.table)
		kernel_say(k, LOG_WARNING, KERNEL_NEWS_TABLE,
			   "another program changed or removed our nf_tables table '" KERNEL_TABLE
			   "'; it is made anew");
	if (news.xfrm)
		kernel_say(k, LOG_WARNING, KERNEL_NEWS_XFRM,
			   "another program flushed this host's XFRM policies or SAs, or removed some of ours; what is "
			   "missing is made anew");
	if (news.route)
		kernel_say(k, LOG_WARNING, KERNEL_NEWS_ROUTE,
			   k->stamps.wanted
				   ? "another program removed or changed the route to 192.0.0.8, or one of those to "
				     "247.118.0.0/15 or the rule for these (D3P)" ROUTE_MADE
				   : "another program removed or changed the route to 192.0.0.8" ROUTE_MADE);
	if (news.stamper && k->stamps.wanted)
		kernel_say(k, LOG_WARNING, KERNEL_NEWS_ROUTE,
			   "another program removed the interface " KERNEL_STAMPER
			   " or set it down, without which nothing is sent with a time stamp (D3P); it is made anew");
	if (news.lost)
		kernel_say(k, LOG_INFO, KERNEL_NEWS_LOST,
			   "more changed in the kernel at once than it could tell; what is ours is looked at again");
	if (news.table || news.lost)
		k->have_table = false;
	if (news.clock)
		kernel_say(k, LOG_INFO, KERNEL_NEWS_NONE,
			   "the wall clock was set; the ends of SAs, which the kernel counts by it, are given anew");
	if (news.chains)
		news.programs |= look_at_rules(k);
	*ret = news.rules ? KERNEL_RULES_CHANGED : KERNEL_KEEP;
	if ((news.rules && k->have_table && kernel_tracks() != k->tracked) || news.table || news.xfrm || news.route ||
	    news.programs || news.lost || news.stamper || (news.rule && k->stamps.wanted && !k->stamps.stamper.ruled))
		*ret = KERNEL_REPAIR;
	if (news.interfaces || news.clock)
		*ret = KERNEL_REAPPLY;
	return r;
}
