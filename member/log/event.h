/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The events that an operator acts on: each has a name, as the D-Bus signal and "gvpnctl monitor" give it, and a
 * message id, under which journalctl finds it and shows its entry of the catalog (systemd/gvpnd.catalog).
 */
#ifndef MEMBER_LOG_EVENT_H
#define MEMBER_LOG_EVENT_H

enum event {
	EVENT_NONE, /* a line that is no event: it has neither name nor id */
	EVENT_STARTED,
	EVENT_STOPPED,
	EVENT_CONFIG_LOADED,
	EVENT_CONFIG_REFUSED, /* at the start, or by a reload, after which everything stays as it was */
	EVENT_REGISTERED,     /* a pull has succeeded */
	EVENT_SERVER_FAILED,  /* one server did not answer, refused, or sent nothing usable: the next one is tried */
	EVENT_SERVERS_FAILED, /* all servers failed: tried again after a delay */
	EVENT_REKEYED,        /* a push was accepted */
	EVENT_PUSH_REFUSED,
	EVENT_KEYS_DELETED,   /* by the server's order */
	EVENT_KEYS_EXPIRED,   /* the last key of a policy has ended: fail-open or fail-close holds */
	EVENT_KEYS_CLEARED,   /* by the operator */
	EVENT_POLICY_REFUSED, /* a policy or key of the server is not used: algorithm, limit, attribute */
	EVENT_PEER_TOLERATED, /* a peer differs from the standard, at no cost in security; told once for each */
	EVENT_PROBE_STARTED,
	EVENT_PROBE_ENDED,
	EVENT_KERNEL_FAILED,     /* the kernel does not hold the plan: tried again */
	EVENT_KERNEL_CONFLICT,   /* others have the place of something of ours */
	EVENT_KERNEL_CHANGED,    /* another program changed what is ours, and it was made anew */
	EVENT_CLIENT_REFUSED,    /* a control client was refused or disconnected */
	EVENT_INTERFACE_MISSING, /* an interface that the configuration names */
	EVENT_INTERFACE_PRESENT, /* such an interface has come */
	EVENT_ANTI_REPLAY_DROPS, /* anti-replay by time drops packets */
	EVENT_CLOCK_UNSYNCHRONISED,
	EVENT_MAX_
};

/* Words with hyphens, such as "server-failed"; NULL for EVENT_NONE. */
const char *event_name(enum event e);
/* 32 hex digits, sd_journal_send(3), MESSAGE_ID=; NULL for EVENT_NONE. */
const char *event_message_id(enum event e);

#endif
